// What `node --require` loads before a command, which may be written in TypeScript.
const { packagesFault } = require("./installed-packages.cjs");
const { nodeFault } = require("./node-version.cjs");

const fault = nodeFault() ?? packagesFault();
if (fault !== undefined) {
  process.stderr.write(`${fault}\n`);
  process.exit(1);
}
