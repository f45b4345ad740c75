import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { exitCodes, flag, parseOptions, runCommand } from "../cli/command.ts";
import { insertSection, writeDocument, writeHostings } from "./speed/document.ts";
import { readHostingResults } from "./speed/hostings.ts";
import { readResults } from "./speed/results.ts";

const HELP = `Writes the measured parts of docs/benchmarks.md, and its charts in docs/benchmarks, from bench/results.json and bench/hostings.json.

  npm run --silent bench -- --json > results.json && mv results.json bench/results.json
  npm run --silent bench:hostings -- --json > hostings.json && mv hostings.json bench/hostings.json
  npm run bench:document -- --write

  --write   write them; without it the command fails when they are not as the results make them
  --help    print this
`;

const root = join(import.meta.dirname, "..");
const document = join(root, "docs/benchmarks.md");
const folder = join(root, "docs/benchmarks");

await runCommand(HELP, async (words) => {
  const options = parseOptions(words, { write: flag });
  const { section, charts } = writeDocument(await readResults());
  const hostings = writeHostings(await readHostingResults());
  const text = await readFile(document, "utf8");
  const files: readonly (readonly [path: string, content: string])[] = [
    [document, insertSection(insertSection(text, "results.json", section), "hostings.json", hostings)],
    ...Object.entries(charts).map(([name, chart]) => [join(folder, name), chart] as const),
  ];
  await mkdir(folder, { recursive: true });
  const needless = (await readdir(folder)).filter((name) => !Object.hasOwn(charts, name));
  if (options.write) {
    for (const [path, content] of files) await writeFile(path, content);
    for (const name of needless) await rm(join(folder, name));
    return exitCodes.well;
  }
  const stale = [];
  for (const [path, content] of files) {
    if ((await readFile(path, "utf8").catch(() => "")) !== content) stale.push(path);
  }
  stale.push(...needless);
  if (stale.length === 0) return exitCodes.well;
  process.stderr.write(
    `Not as bench/results.json and bench/hostings.json make them: ${stale.join(", ")}\nRun npm run bench:document -- --write.\n`,
  );
  return exitCodes.failed;
});
