import { type ParseArgsOptionsConfig, parseArgs } from "node:util";

/** How a command ends. */
export const exitCodes = {
  well: 0,
  /** What it did failed, or what it looked at is not in order. */
  failed: 1,
  /** The command line has a mistake. */
  usage: 2,
  /** It could not look: no stack, no credentials, no right, no answer. */
  noAccess: 3,
  /** The code of shells for a command that Ctrl-C ended. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What `npm run NAME` does. */
export interface Command {
  /** What `--help` prints. */
  readonly usage: string;
  /**
   * @param words of the command line
   * @param signal aborted by Ctrl-C, and when the reader of the output has gone
   * @throws UsageError; AccessError; the signal's reason as long as nothing has begun
   */
  run(words: readonly string[], signal: AbortSignal): Promise<ExitCode>;
}

/** The command line has a mistake. The message says which. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The command needs something that does not answer, or refuses. The message says what, and what to do. */
export class AccessError extends Error {
  override readonly name = "AccessError";
}

export const flag = { type: "boolean", default: false } as const;
export const text = { type: "string" } as const;

/** Reads the options of a command line. @throws UsageError */
export function parseOptions<const Options extends ParseArgsOptionsConfig>(
  words: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...words], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** Prints the message of what ended a command. @returns the exit code that it stands for */
export function reportError(error: unknown): ExitCode {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  if (error instanceof AccessError) return exitCodes.noAccess;
  return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
}

/**
 * Runs a command that is a file of its own, with its usage for `--help`, and exit code 2 and the usage after a mistake on the
 * command line.
 *
 * @param run what it does with its words; it ends with exit code 0 unless it gives another one
 * @param words of the command line
 */
export async function runCommand(
  usage: string,
  run: (words: readonly string[]) => Promise<number | undefined>,
  words: readonly string[] = process.argv.slice(2),
): Promise<void> {
  if (words.includes("--help")) {
    process.stdout.write(usage);
    return;
  }
  try {
    process.exitCode = (await run(words)) ?? exitCodes.well;
  } catch (error) {
    process.exitCode = reportError(error);
    if (error instanceof UsageError) process.stderr.write(`\n${usage}`);
  }
}
