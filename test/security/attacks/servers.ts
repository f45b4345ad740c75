import { it } from "vitest";
import type { Server } from "../../support/function-process.ts";
import { isLong } from "../../support/long.ts";

/** What serves `receive`: with Cloud Functions, and with Cloud Run. */
export const servers = ["functions-framework", "node"] as const satisfies readonly Server[];

/**
 * Gives what declares the tests with a server, one of those that a describe block is repeated for.
 *
 * @returns declares a test with each server in the long run, and with only the named one in `npm test`
 */
export function testsWith(server: Server) {
  return (inShortRun: (typeof servers)[number], title: string, run: () => Promise<void>): void => {
    if (isLong || inShortRun === server) it(title, run);
  };
}
