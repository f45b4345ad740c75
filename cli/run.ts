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

/**
 * Runs a command: what its first word names, with the others.
 *
 * @param signal ends it in an orderly way
 */
export async function runNamed(
  [name = "", ...words]: readonly string[],
  signal: AbortSignal,
): Promise<ExitCode> {
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
