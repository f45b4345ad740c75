/** Runs a command: what its first word names, with the others. `package.json` has a script for each. */
import { type Command, type ExitCode, exitCodes, reportError, UsageError } from "./command.ts";

/** Each is loaded only when it is run: some need much. */
const commands: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ["doctor", async () => (await import("./doctor/index.ts")).doctor],
  ["smoke", async () => (await import("./smoke/index.ts")).smoke],
  ["acceptance", async () => (await import("./acceptance/index.ts")).acceptance],
  ["explain", async () => (await import("./explain/index.ts")).explain],
  ["report", async () => (await import("./report/index.ts")).report],
  ["replay", async () => (await import("./replay/index.ts")).replay],
]);

async function main([name = "", ...words]: readonly string[]): Promise<ExitCode> {
  const load = commands.get(name);
  if (load === undefined) {
    process.stderr.write(`"${name}" is not a command: ${[...commands.keys()].join(", ")}\n`);
    return exitCodes.usage;
  }
  const command = await load();
  if (words.includes("--help")) {
    process.stdout.write(command.usage);
    return exitCodes.well;
  }
  const signal = interruption();
  try {
    return await command.run(words, signal);
  } catch (error) {
    // A failure that came before the interruption is reported as such.
    if (signal.aborted && error instanceof Error && error.name === "AbortError") {
      process.stderr.write("Interrupted; nothing has begun.\n");
      return exitCodes.interrupted;
    }
    const code = reportError(error);
    if (error instanceof UsageError) process.stderr.write(`\nnpm run ${name} -- --help says more.\n`);
    return code;
  }
}

/** The first Ctrl-C ends the command in an orderly way, as a closed pipe does; a second one at once. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  process.on("SIGINT", () => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    controller.abort();
  });
  // The reader of the output has gone, as `| head` does.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => controller.abort());
  return controller.signal;
}

process.exitCode = await main(process.argv.slice(2));
