/** The command of `package.json`'s scripts. */
import { exitCodes } from "./command.ts";
import { runNamed } from "./run.ts";

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

process.exitCode = await runNamed(process.argv.slice(2), interruption());
