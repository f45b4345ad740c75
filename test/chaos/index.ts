import { availableParallelism } from "node:os";
import { exitCodes, parseOptions, runCommand, text, UsageError } from "../../cli/command.ts";
import { explore } from "./explore.ts";

const HELP = `Lets random worlds happen to the real functions, in simulated time, and checks what is promised in each.

  npm run test:chaos -- [--worlds N] [--seed S] [--path P]

  --worlds N   how many worlds, 10000 by default
  --seed S     which worlds: the same seed gives the same ones; a new one by default
  --path P     the one world that a failure named, with its --seed
  --help       print this

Exit code 0 when every promise was kept, 1 when one was broken, 2 for a wrong option.
`;

await runCommand(HELP, async (words) => {
  const options = readOptions(words);
  const began = performance.now();
  const failure = await explore({
    ...options,
    processes: options.path === undefined ? availableParallelism() : 1,
    report: (worlds) => process.stderr.write(`  ${worlds.toLocaleString("en")} worlds\n`),
  });
  if (failure !== undefined) {
    process.stdout.write(`${failure.text}\n`);
    return exitCodes.failed;
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const { worlds, seed } = options;
  process.stdout.write(
    `${worlds.toLocaleString("en")} worlds, seed ${seed}, in ${seconds} s: every promise kept.\n`,
  );
  return exitCodes.well;
});

function readOptions(words: readonly string[]): { worlds: number; seed: number; path?: string } {
  const values = parseOptions(words, {
    worlds: { type: "string", default: "10000" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    path: text,
  });
  const number = (name: "worlds" | "seed") => {
    if (!/^-?\d{1,10}$/.test(values[name])) throw new UsageError(`--${name} must be a whole number.`);
    return Number(values[name]);
  };
  const worlds = values.path === undefined ? number("worlds") : 1;
  if (worlds < 1) throw new UsageError("--worlds must be 1 or more.");
  return { worlds, seed: number("seed"), ...(values.path === undefined ? {} : { path: values.path }) };
}
