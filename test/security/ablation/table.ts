import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Hosting } from "../../../sandbox/environment.ts";
import type { Ablation } from "./ablate.ts";
import { describeGrant } from "./grants.ts";

/** The document that has the table. */
export const DOCUMENT = join(import.meta.dirname, "../../../docs/security.md");

const BEGIN = "<!-- grants: begin -->\n";
const END = "\n<!-- grants: end -->";

/** What came of the grants with each hosting. */
type Found = Readonly<Record<Hosting, readonly Ablation[]>>;

/** The document as it is to be: with this table between the marks. @throws Error when it has no marks */
export async function documentWith(found: Found): Promise<string> {
  const document = await readFile(DOCUMENT, "utf8");
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${DOCUMENT} has no place for the table of grants.`);
  return document.slice(0, begin + BEGIN.length) + tableOf(found) + document.slice(end);
}

/** One row for a grant and what stops without it, with the hostings for which both hold. */
function tableOf(found: Found): string {
  const rows = { functions: rowsOf(found.functions), service: rowsOf(found.service) };
  const all = [...new Map([...rows.functions, ...rows.service])];
  const lines = all
    .sort(([, one], [, other]) => describeGrant(one.grant).localeCompare(describeGrant(other.grant), "en"))
    .map(([row]) => {
      const [functions, service] = [rows.functions.has(row), rows.service.has(row)];
      return `${row} | ${functions && service ? "both" : functions ? "`functions`" : "`service`"} |`;
    });
  return ["| who | right | on | stops without it | `hosting` |", "|---|---|---|---|---|", ...lines].join(
    "\n",
  );
}

function rowsOf(ablations: readonly Ablation[]): ReadonlyMap<string, Ablation> {
  return new Map(
    ablations.map((ablation) => {
      const { holder, right, on } = ablation.grant;
      return [`| ${holder} | ${right} | ${on} | ${ablation.closed.join("; ")}`, ablation];
    }),
  );
}
