// What `node --require` loads before a command, which may be written in TypeScript.
const { nodeFault, packagesFault } = require("./node-version.cjs");
const { keepCompiled } = require("./quick-start.cjs");

const fault = nodeFault() ?? packagesFault();
if (fault !== undefined) {
  process.stderr.write(`${fault}\n`);
  process.exit(1);
}
keepCompiled();
