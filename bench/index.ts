import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildArchive } from "../infra/google/archive.ts";
import { CONTENDERS, type ContenderName } from "./speed/contenders.ts";
import { pinSelf } from "./speed/machine.ts";
import { readResults } from "./speed/results.ts";
import { measureAll } from "./speed/run.ts";
import { scenarios } from "./speed/scenarios/all.ts";
import { comparisonTable, terminalTable } from "./speed/terminal.ts";

const HELP = `Measures the deployed functions beside what one would write instead, all in turn, round by round.

  npm run bench -- [--quick] [--json] [--compare] [--only ID]... [--contender NAME]... [--archive [NAME=]PATH]...

  --quick            fewer rounds and contenders, under two minutes
  --json             the results as JSON on standard output
  --compare          also print how the results differ from those of the last landing, bench/results.json
  --only ID          only scenarios whose id begins so: ${scenarios.map(({ id }) => id).join(", ")}
  --contender NAME   only these besides ours: ${Object.keys(CONTENDERS).join(", ")}, none
  --archive PATH     another archive in place of this checkout's; with NAME= one more besides, in the same run
                     (npm run --silent build prints the path of a checkout's archive)
  --help             this text
`;

const quickContenders: readonly ContenderName[] = ["hello", "bare", "express"];

const options = readOptions();
if (options !== undefined) {
  const { archives, others, chosen, isQuick, json, compare } = options;
  const ours = archives["ours"] ?? (await buildArchive()).path;
  const { results, faults } = await measureAll({
    archives: { ours, ...archives },
    others,
    scenarios: chosen,
    isQuick,
    pinning: pinSelf(),
    command: commandOf(process.argv.slice(2)),
    progress: (text) => process.stderr.write(`${text}\n`),
  });
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  if (faults.length > 0) process.exitCode = 1;
  if (compare) process.stderr.write(comparisonTable(results, await readResults()));
  process.stdout.write(json ? `${JSON.stringify(results, undefined, 2)}\n` : terminalTable(results));
}

/** As it was typed, without where an archive lay. */
function commandOf(words: readonly string[]): string {
  const shown = words.map((word) => word.replace(/^((?:[a-z-]+=)?).*\//, "$1"));
  return ["npm run bench", ...(shown.length > 0 ? ["--", ...shown] : [])].join(" ");
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        quick: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        compare: { type: "boolean", default: false },
        only: { type: "string", multiple: true, default: [] },
        contender: { type: "string", multiple: true, default: [] },
        archive: { type: "string", multiple: true, default: [] },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      process.stdout.write(HELP);
      return undefined;
    }
    const { only, quick: isQuick, json, compare } = values;
    const chosen = scenarios.filter(
      ({ id }) => only.length === 0 || only.some((begin) => id.startsWith(begin)),
    );
    if (chosen.length === 0) throw new Error(`No scenario begins with ${only.join(", ")}.`);
    const archives = Object.fromEntries(
      values.archive.map((text) => {
        const [, name = "ours", path = ""] = /^(?:([a-z-]+)=)?(.+)$/.exec(text) ?? [];
        return [name, resolve(path)];
      }),
    );
    return { archives, others: readContenders(values.contender, isQuick), chosen, isQuick, json, compare };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\nTry --help.\n`);
    process.exitCode = 2;
    return undefined;
  }
}

function readContenders(names: readonly string[], isQuick: boolean): readonly ContenderName[] {
  if (names.length === 0) return isQuick ? quickContenders : allContenders();
  const unknown = names.find((name) => name !== "none" && !allContenders().some((each) => each === name));
  if (unknown !== undefined) throw new Error(`There is no contender "${unknown}".`);
  return allContenders().filter((name) => names.includes(name));
}

function allContenders(): ContenderName[] {
  // The keys of a constant are known.
  return Object.keys(CONTENDERS) as ContenderName[];
}
