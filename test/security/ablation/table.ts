import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Ablation } from "./ablate.ts";

/** The document that has the table. */
export const DOCUMENT = join(import.meta.dirname, "../../../docs/security.md");

const BEGIN = "<!-- grants: begin -->\n";
const END = "\n<!-- grants: end -->";

/** The document as it is to be: with this table between the marks. @throws Error when it has no marks */
export async function documentWith(rows: readonly Ablation[]): Promise<string> {
  const document = await readFile(DOCUMENT, "utf8");
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${DOCUMENT} has no place for the table of grants.`);
  return document.slice(0, begin + BEGIN.length) + tableOf(rows) + document.slice(end);
}

function tableOf(rows: readonly Ablation[]): string {
  const lines = rows.map(
    ({ grant: { holder, right, on }, closed }) => `| ${holder} | ${right} | ${on} | ${closed.join("; ")} |`,
  );
  return ["| who | right | on | stops without it |", "|---|---|---|---|", ...lines].join("\n");
}
