import type { ReplayProgress } from "../contract.ts";
import { isObject } from "../json.ts";
import { ForeignLinkError } from "../okta/pages.ts";
import { logPath } from "../okta/system-log.ts";

/** A replay's object in the state bucket: how far it is, and where it goes on. */
export interface ReplayPlace extends ReplayProgress {
  /** How many chunks have ended. */
  readonly chunk: number;
  /** Where the next chunk begins: path and query, relative to the org. Absent when there is none. */
  readonly next?: string;
}

/**
 * Reads what an earlier chunk of a replay has written into the state bucket.
 *
 * @param orgUrl such as `https://acme.okta.com`
 * @returns undefined when it is not a place of this version, or one that leads out of the org's System Log
 */
export function parsePlace(content: string, orgUrl: string): ReplayPlace | undefined {
  try {
    const value: unknown = JSON.parse(content);
    if (!isObject(value) || !isObject(value["counts"])) return undefined;
    const { state, since, until, dryRun, reached, chunk, next } = value;
    const { events, wanted, queued } = value["counts"];
    if (state !== "running" && state !== "done" && state !== "failed") return undefined;
    if (!isTime(since) || !isTime(until) || !isTime(reached) || typeof dryRun !== "boolean") return undefined;
    if (!isCount(events) || !isCount(wanted) || !isCount(queued) || !isCount(chunk)) return undefined;
    const place = { since, until, dryRun, reached, counts: { events, wanted, queued }, chunk };
    if (state !== "running") return { ...place, state };
    return typeof next === "string" ? { ...place, state, next: logPath(next, orgUrl) } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof ForeignLinkError) return undefined;
    throw error;
  }
}

function isTime(value: unknown): value is string {
  return typeof value === "string" && !Number.isNaN(Date.parse(value));
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
