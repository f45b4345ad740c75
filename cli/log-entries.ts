import type { Clock } from "../function/shared/clock.ts";
import { isObject, type JsonObject } from "../function/shared/json.ts";
import { explainRefusal, type GoogleApi } from "./google-api.ts";

/** Entries on a page, the most that Cloud Logging gives (Google Cloud, "Cloud Logging API": entries.list). */
const PAGE = 1_000;

/** Cloud Logging takes 60 such calls a minute for a project (Google Cloud, "Cloud Logging: quotas and limits"): how long to wait after a refusal. */
const PAUSE_MS = 10_000;

/** An entry of Cloud Logging. */
export interface LogEntry {
  /** ISO 8601. */
  readonly timestamp: string;
  readonly jsonPayload: JsonObject;
}

/** Where entries are read. */
export interface LogPlace {
  readonly project: string;
  readonly api: GoogleApi;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Entries could not be read; the message says why. */
export class NoEntriesError extends Error {
  override readonly name = "NoEntriesError";
}

/**
 * Reads entries page by page, the oldest first.
 *
 * @param filter in the language of Cloud Logging
 * @throws NoEntriesError; what an aborted signal throws
 */
export async function* readEntries(
  filter: string,
  { project, api, clock, signal }: LogPlace,
): AsyncGenerator<LogEntry, void> {
  let pageToken: string | undefined;
  while (true) {
    const answer = await api.call("logging", "entries:list", {
      signal,
      body: {
        resourceNames: [`projects/${project}`],
        filter,
        orderBy: "timestamp asc",
        pageSize: PAGE,
        ...(pageToken === undefined ? {} : { pageToken }),
      },
    });
    signal.throwIfAborted();
    if (answer.kind === "refused" && answer.status === 429) {
      await clock.sleep(PAUSE_MS, signal);
      signal.throwIfAborted();
      continue;
    }
    if (answer.kind !== "found") {
      const needed = { project, service: "logging.googleapis.com", permission: "logging.logEntries.list" };
      throw new NoEntriesError(explainRefusal(answer, needed).reason);
    }
    const { entries, nextPageToken } = answer.body;
    for (const entry of Array.isArray(entries) ? entries : []) {
      const { timestamp, jsonPayload } = isObject(entry) ? entry : {};
      if (typeof timestamp === "string" && isObject(jsonPayload)) yield { timestamp, jsonPayload };
    }
    if (typeof nextPageToken !== "string" || nextPageToken === "") return;
    pageToken = nextPageToken;
  }
}
