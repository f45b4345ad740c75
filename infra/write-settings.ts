/** `npm run settings`: writes what comes from the table of settings (infra/settings.ts). */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { settingsDocuments } from "./settings-documents.ts";

for (const [name, render] of Object.entries(settingsDocuments)) {
  const path = join(import.meta.dirname, "..", name);
  const before = await readFile(path, "utf8").catch(() => "");
  const after = render(before);
  if (after === before) continue;
  await writeFile(path, after);
  process.stdout.write(`wrote ${name}\n`);
}
