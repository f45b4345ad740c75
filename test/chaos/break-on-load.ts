import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { breaks } from "./breaks.ts";

// Loaded before everything else: gives one file's text another form, only in this process.
const name = process.env["CHAOS_BREAK"] ?? "";
const broken = breaks[name];
if (broken === undefined) throw new Error(`There is no break "${name}".`);

const path = join(import.meta.dirname, "../..", broken.file);
const url = pathToFileURL(path).href;
let source = readFileSync(path, "utf8");
for (const [from, to] of broken.edits) {
  if (source.split(from).length !== 2) {
    throw new Error(`${broken.file} does not hold this text exactly once any more: ${from}`);
  }
  source = source.replace(from, () => to);
}
registerHooks({
  load: (loaded, context, next) =>
    loaded === url ? { format: "module-typescript", source, shortCircuit: true } : next(loaded, context),
});
