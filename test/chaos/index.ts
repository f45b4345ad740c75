import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { explore } from "./explore.ts";

const HELP = `Lets random worlds happen to the real functions, in simulated time, and checks what is promised in each.

  npm run test:chaos -- [--worlds N] [--seed S] [--path P]

  --worlds N   how many worlds, 10000 by default
  --seed S     which worlds: the same seed gives the same ones; a new one by default
  --path P     the one world that a failure named, with its --seed
  --help       this text

Exit code 0 when every promise was kept, 1 when one was broken, 2 for a wrong option.
`;

const options = readOptions();
if (options !== undefined) {
  const began = performance.now();
  const failure = await explore({
    ...options,
    processes: options.path === undefined ? availableParallelism() : 1,
    report: (worlds) => process.stderr.write(`  ${worlds.toLocaleString("en")} worlds\n`),
  });
  if (failure === undefined) {
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const { worlds, seed } = options;
    process.stdout.write(
      `${worlds.toLocaleString("en")} worlds, seed ${seed}, in ${seconds} s: every promise kept.\n`,
    );
  } else {
    process.stdout.write(`${failure.text}\n`);
    process.exitCode = 1;
  }
}

function readOptions(): { worlds: number; seed: number; path?: string } | undefined {
  try {
    const { values } = parseArgs({
      options: {
        worlds: { type: "string", default: "10000" },
        seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
        path: { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      process.stdout.write(HELP);
      return undefined;
    }
    const number = (name: "worlds" | "seed") => {
      if (!/^-?\d{1,10}$/.test(values[name])) throw new Error(`--${name} must be a whole number.`);
      return Number(values[name]);
    };
    const worlds = values.path === undefined ? number("worlds") : 1;
    if (worlds < 1) throw new Error("--worlds must be 1 or more.");
    return { worlds, seed: number("seed"), ...(values.path === undefined ? {} : { path: values.path }) };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\nTry --help.\n`);
    process.exitCode = 2;
    return undefined;
  }
}
