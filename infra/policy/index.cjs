// Plain JavaScript, so that a Node.js without TypeScript gets as far as to say so.
require("../node-version.cjs").requireNode();
// The policy runner compiles by rules of its own the TypeScript that is required; what an ES module imports it leaves alone.
require("./start.mjs");
