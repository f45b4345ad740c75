// Plain JavaScript, and CommonJS: what starts the program, its plugin and the commands loads it. It loads no package.
const { enableCompileCache } = require("node:module");
const { join } = require("node:path");

/** In the project's own folder, since other users of the machine can write into the system's temporary folder. */
const FOLDER = join(__dirname, "../.cache/compiled");

/** Has Node.js keep what it compiles from here on, packages included, and take it from there the next time. */
exports.keepCompiled = () => {
  // An older Node.js has no such function; where it cannot write, it goes on without.
  enableCompileCache?.(FOLDER);
};

/**
 * Has Node.js write stacks itself. Pulumi maps them by source maps and takes one for each output, which is a fifth of the time of a
 * preview; what runs here is the source itself, so that there is nothing to map (@pulumi/pulumi, cmd/run/index.ts, runtime/debuggable.ts).
 */
exports.writePlainStacks = () => {
  Error.prepareStackTrace = undefined;
};
