import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Handler } from "../../function/shared/http.ts";
import { createLog, type Log } from "../../function/shared/log.ts";
import { takeOverServer } from "../../function/shared/server.ts";
import { collectEntries, type Entries } from "./entries.ts";

/** A function that serves HTTP in the test's own process. */
export interface FunctionHere extends Entries {
  readonly url: string;
  readonly port: number;
  stop(): void;
}

/**
 * Starts a function in the test's process, without functions-framework, for tests of what it answers.
 * `test/support/function-process.ts` starts it as it is deployed.
 *
 * @param load makes the handler, as an entry point does
 */
export async function startFunctionHere(load: (log: Log) => Promise<Handler>): Promise<FunctionHere> {
  const { take, ...entries } = collectEntries();
  const log = createLog("acme", take);
  const handler = await load(log);
  // The function takes over the next server that listens, which is this one.
  const server = createServer(takeOverServer(handler, log));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A server that listens on a port has an address of this form.
  const { port } = server.address() as AddressInfo;
  return {
    ...entries,
    url: `http://127.0.0.1:${port}`,
    port,
    stop() {
      // At SIGTERM, the function would end the process.
      process.removeAllListeners("SIGTERM");
      server.close();
      server.closeAllConnections();
    },
  };
}
