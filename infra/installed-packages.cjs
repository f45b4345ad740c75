// Plain JavaScript, and CommonJS: it is loaded before anything that could fail for want of the packages.
const { dirname } = require("node:path");

/**
 * What is wrong with the installed packages, in one sentence; undefined if nothing is. The bundler's program comes in a package
 * for each system, which an installation without optional packages, or one copied from another system, lacks.
 */
exports.packagesFault = () => {
  const name = `@esbuild/${process.platform}-${process.arch}`;
  try {
    const bundler = require.resolve("esbuild/package.json");
    // Next to the bundler, where every package manager puts it.
    require.resolve(`${name}/package.json`, { paths: [dirname(bundler)] });
    return undefined;
  } catch {
    return `The package ${name} is not installed: run "npm ci" on this machine, with optional packages (without --omit=optional or omit=optional in npm's configuration).`;
  }
};
