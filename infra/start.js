// Where Pulumi starts the program: plain JavaScript, so that a Node.js without TypeScript can report that.
import { requireNode } from "./node-version.cjs";
import { keepCompiled, writePlainStacks } from "./quick-start.cjs";

requireNode();
keepCompiled();
writePlainStacks();
// biome-ignore lint/style/noDefaultExport: the stack's outputs; named ones could not be awaited all together.
export default await import("./index.ts");
