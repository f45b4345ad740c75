import { resolve } from "node:path";
import { exitCodes, flag, parseOptions, runCommand, UsageError } from "../cli/command.ts";
import { buildArchive } from "../infra/google/archive.ts";
import { CONTENDERS, type ContenderName } from "./speed/contenders.ts";
import { pinSelf } from "./speed/machine.ts";
import { readResults } from "./speed/results.ts";
import { measureAll } from "./speed/run.ts";
import { scenarios } from "./speed/scenarios/all.ts";
import { comparisonTable, terminalTable } from "./speed/terminal.ts";

const HELP = `Measures the deployed functions next to what one would write instead, all in turn, round by round.

  npm run bench -- [--quick] [--json] [--compare] [--only ID]... [--contender NAME]... [--archive [NAME=]PATH]...

  --quick            fewer rounds and contenders, under two minutes
  --json             the results as JSON on standard output
  --compare          also print how the results differ from those of the last landing, bench/results.json
  --only ID          only scenarios whose id begins so: ${scenarios.map(({ id }) => id).join(", ")}
  --contender NAME   only these besides ours: ${Object.keys(CONTENDERS).join(", ")}, none
  --archive PATH     another archive in place of this checkout's; with NAME= one more besides, in the same run
                     (npm run --silent build prints the paths of a checkout's archives; that of Cloud Run services is .tar.gz)
  --help             print this
`;

const quickContenders: readonly ContenderName[] = ["hello", "bare", "express"];

await runCommand(HELP, async (words) => {
  const { archives, others, chosen, isQuick, json, compare } = readOptions(words);
  const ours = archives["ours"] ?? (await buildArchive()).path;
  const { results, faults } = await measureAll({
    archives: { ours, ...archives },
    others,
    scenarios: chosen,
    isQuick,
    pinning: pinSelf(),
    command: commandOf(words),
    progress: (text) => process.stderr.write(`${text}\n`),
  });
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  if (compare) process.stderr.write(comparisonTable(results, await readResults()));
  process.stdout.write(json ? `${JSON.stringify(results, undefined, 2)}\n` : terminalTable(results));
  return faults.length > 0 ? exitCodes.failed : exitCodes.well;
});

/** As it was typed, without where an archive lay. */
function commandOf(words: readonly string[]): string {
  const shown = words.map((word) => word.replace(/^((?:[a-z-]+=)?).*\//, "$1"));
  return ["npm run bench", ...(shown.length > 0 ? ["--", ...shown] : [])].join(" ");
}

function readOptions(words: readonly string[]) {
  const none: string[] = [];
  const list = { type: "string", multiple: true, default: none } as const;
  const values = parseOptions(words, {
    quick: flag,
    json: flag,
    compare: flag,
    only: list,
    contender: list,
    archive: list,
  });
  const { only, quick: isQuick, json, compare } = values;
  const chosen = scenarios.filter(
    ({ id }) => only.length === 0 || only.some((begin) => id.startsWith(begin)),
  );
  if (chosen.length === 0) throw new UsageError(`No scenario begins with ${only.join(", ")}.`);
  const archives = Object.fromEntries(
    values.archive.map((text) => {
      const [, name = "ours", path = ""] = /^(?:([a-z-]+)=)?(.+)$/.exec(text) ?? [];
      return [name, resolve(path)];
    }),
  );
  return { archives, others: readContenders(values.contender, isQuick), chosen, isQuick, json, compare };
}

function readContenders(names: readonly string[], isQuick: boolean): readonly ContenderName[] {
  if (names.length === 0) return isQuick ? quickContenders : allContenders();
  const unknown = names.find((name) => name !== "none" && !allContenders().some((each) => each === name));
  if (unknown !== undefined) throw new UsageError(`There is no contender "${unknown}".`);
  return allContenders().filter((name) => names.includes(name));
}

function allContenders(): ContenderName[] {
  // The keys of a constant are known.
  return Object.keys(CONTENDERS) as ContenderName[];
}
