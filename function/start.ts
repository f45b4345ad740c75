import { type Listener, takeOverServer } from "./framework.ts";
import type { Handler } from "./http.ts";
import { createLog, type Log } from "./log.ts";

/**
 * Starts a function: it loads at start, not at the first request, and a wrong setting stops the deployment.
 *
 * @param load makes the function's handler
 * @returns what functions-framework calls by the name of the entry point
 */
export function start(load: (log: Log) => Promise<Handler>): Listener {
  const log = createLog(process.env["PROJECT"] ?? "", (line) => process.stdout.write(`${line}\n`));
  const loading = load(log);
  loading.catch((error: unknown) => {
    log.critical("The function cannot start.", {
      reason: error instanceof Error ? error.message : "unknown",
    });
    process.exit(1);
  });
  return takeOverServer(async (request, response) => {
    await (await loading)(request, response);
  }, log);
}
