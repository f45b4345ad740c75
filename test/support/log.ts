import { createLog, type Log } from "../../function/shared/log.ts";

/** A log whose entries a test can look at. */
export function createTestLog(): {
  readonly log: Log;
  readonly entries: Readonly<Record<string, unknown>>[];
} {
  const entries: Record<string, unknown>[] = [];
  return { entries, log: createLog("acme", (line) => entries.push(JSON.parse(line))) };
}
