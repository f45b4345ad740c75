// Plain JavaScript, so that a Node.js without TypeScript can report that.
require("../node-version.cjs").requireNode();
// The policy runner compiles required TypeScript with its own rules, but not what an ES module imports.
require("./start.mjs");
