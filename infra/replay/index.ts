/** `npm run replay`: puts a past window of Okta's System Log through the rules once more. */
import { randomUUID } from "node:crypto";
import { systemClock } from "../../function/clock.ts";
import { createCredentials } from "./credentials.ts";
import { UsageError } from "./errors.ts";
import { createReplays } from "./google.ts";
import { readOptions, usage } from "./options.ts";
import { beginReplay, type Outside, watchReplay } from "./replay.ts";
import { createScreen } from "./screen.ts";
import { readStack } from "./stack.ts";

/** As a shell has it for a command that Ctrl-C ended. */
const INTERRUPTED = 130;

/** @returns the exit code */
async function main(signal: AbortSignal): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options.kind === "help") {
    process.stdout.write(usage);
    return 0;
  }
  const printsId = options.kind === "begin" && !options.wait;
  const outside: Outside = {
    clock: systemClock,
    newId: randomUUID,
    readStack,
    connect: (stack) =>
      createReplays(stack, {
        environment: process.env,
        credentials: createCredentials(process.env, stack.project),
        clock: systemClock,
      }),
    screen: createScreen(options.json || printsId ? process.stderr : process.stdout, systemClock.now),
    signal,
  };
  const report =
    options.kind === "begin" ? await beginReplay(options, outside) : await watchReplay(options, outside);
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else if (printsId) process.stdout.write(`${report.id}\n`);
  if (report.state === "failed") {
    process.stderr.write(`The replay failed. ${report.fault ?? "The log of reconcile tells why."}\n`);
    return 1;
  }
  return report.state === "done" || printsId ? 0 : INTERRUPTED;
}

/** The first Ctrl-C ends the command in an orderly way, as a closed pipe does; a second one at once. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  process.on("SIGINT", () => {
    if (controller.signal.aborted) process.exit(INTERRUPTED);
    controller.abort();
  });
  // Whoever read the output has gone, as `| head` does.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => controller.abort());
  return controller.signal;
}

const signal = interruption();
try {
  process.exitCode = await main(signal);
} catch (error) {
  // A failure that came before it is told as such.
  const isInterruption = signal.aborted && error instanceof Error && error.name === "AbortError";
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(isInterruption ? "Interrupted; nothing has begun.\n" : `${message}\n`);
  if (error instanceof UsageError) process.stderr.write("\nnpm run replay -- --help says more.\n");
  process.exitCode = isInterruption ? INTERRUPTED : error instanceof UsageError ? 2 : 1;
}
