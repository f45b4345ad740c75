// The policy runner compiles TypeScript by rules of its own; a module that it need not compile leads around them.
import "./pack.ts";
