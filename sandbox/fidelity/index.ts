// index.ts: writes docs/fidelity.md, and the README's sentences about it, from the decision blocks in sandbox/.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ExitCode, exitCodes, flag, parseOptions, runCommand } from "../../cli/command.ts";
import { readDecisions, readSources } from "./decisions.ts";
import { countByEvidence, readmeSentences, renderDocument } from "./document.ts";
import { findPlaces } from "./places.ts";

const HELP = `Collects what the sandbox decides in place of the real clouds, and on which evidence, in docs/fidelity.md.

  npm run fidelity -- [--check] [--uncovered] [--json]

  --check       write nothing; end with 1 when docs/fidelity.md or README.md is out of date
  --uncovered   write nothing; list the routes and refusals that no decision covers
  --json        one JSON object for a program: counts, decisions, uncovered places, problems
  --help        print this

Ends with 1, and leaves the block out, when a decision block is not in the form that docs/fidelity.md describes.
`;

const MARKS = /(?<=<!-- fidelity: begin -->\n)[\s\S]*(?=\n<!-- fidelity: end -->)/;

const root = join(import.meta.dirname, "../..");
await runCommand(HELP, run);

async function run(words: readonly string[]): Promise<ExitCode> {
  const {
    check,
    json,
    uncovered: listing,
  } = parseOptions(words, { check: flag, uncovered: flag, json: flag });
  const sources = await readSources(root);
  const { decisions, problems } = readDecisions(sources);
  const places = findPlaces(sources);
  const uncovered = places.filter(({ covered }) => !covered);
  const counts = countByEvidence(decisions);
  const writes = !check && !json && !listing;
  const outdated: string[] = [];
  for (const [path, render] of [
    ["docs/fidelity.md", () => renderDocument(decisions)],
    ["README.md", (text: string) => text.replace(MARKS, () => readmeSentences(decisions))],
  ] as const) {
    const before = await readFile(join(root, path), "utf8").catch(() => "");
    const after = render(before);
    if (after === before) continue;
    if (writes) await writeFile(join(root, path), after);
    else outdated.push(`${path} is out of date: run \`npm run fidelity\`.`);
  }
  if (json) {
    process.stdout.write(`${JSON.stringify({ counts, decisions, uncovered, problems })}\n`);
  } else {
    if (listing)
      for (const { file, line, kind, code } of uncovered) print(`${file}:${line}: ${kind}: ${code}`);
    print(
      `${decisions.length} decisions: ${Object.entries(counts)
        .map((pair) => pair.reverse().join(" "))
        .join(", ")}`,
    );
    print(
      `${uncovered.length} of ${places.length} routes, refusals and handlers are not covered by a decision`,
    );
  }
  const failures = [...problems, ...(check ? outdated : [])];
  for (const failure of failures) process.stderr.write(`${failure}\n`);
  return failures.length > 0 ? exitCodes.failed : exitCodes.well;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
