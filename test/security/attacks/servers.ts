import { it } from "vitest";
import type { Server } from "../../support/function-process.ts";
import { isLong } from "../../support/long.ts";
import { type Receiver, startReceiver } from "./receiver.ts";

/** What serves `receive`: with Cloud Functions, and with Cloud Run. */
export const servers = ["functions-framework", "node"] as const satisfies readonly Server[];

/** Gives a test a process of its own, which ends with it: what that needs at the most is the test's. */
function withReceiver(server: Server, run: (receiver: Receiver) => Promise<void>): () => Promise<void> {
  return async () => {
    const receiver = await startReceiver(server);
    try {
      await run(receiver);
    } finally {
      await receiver.stop();
    }
  };
}

/**
 * Gives what declares the tests with a server, one of those that a describe block is repeated for.
 *
 * @returns declares a test with each server in the long run, and with only the named one in `npm test`
 */
export function testsWith(server: Server) {
  return (
    inShortRun: (typeof servers)[number],
    title: string,
    run: (receiver: Receiver) => Promise<void>,
  ): void => {
    if (isLong || inShortRun === server) it(title, withReceiver(server, run));
  };
}
