import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Handler } from "../../function/shared/http.ts";
import { createLog, type Log } from "../../function/shared/log.ts";
import { collectEntries, type Entries } from "./entries.ts";

/** A function that serves HTTP in the test's own process. */
export interface FunctionHere extends Entries {
  readonly url: string;
  stop(): void;
}

/**
 * Starts a function without a process and a framework of its own, for tests of what it answers.
 * `test/support/function-process.ts` starts it as it is deployed.
 *
 * @param load makes the handler, as an entry point does
 */
export async function startFunctionHere(load: (log: Log) => Promise<Handler>): Promise<FunctionHere> {
  const { take, ...entries } = collectEntries();
  const handler = await load(createLog("acme", take));
  // What a handler does not expect is the test's failure.
  const server = createServer((request, response) => void handler(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A server that listens on a port has an address of this form.
  const { port } = server.address() as AddressInfo;
  return {
    ...entries,
    url: `http://127.0.0.1:${port}`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
