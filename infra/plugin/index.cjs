// Where Pulumi starts the component's plugin: plain JavaScript, so that a Node.js without TypeScript can report that.
const { requireNode } = require("../node-version.cjs");
const { keepCompiled, writePlainStacks } = require("../quick-start.cjs");

// Pulumi calls what a plugin exports (@pulumi/pulumi, cmd/run-plugin/run.ts).
module.exports = async () => {
  requireNode();
  keepCompiled();
  writePlainStacks();
  const { servePlugin } = await import("./serve.ts");
  await servePlugin();
};
