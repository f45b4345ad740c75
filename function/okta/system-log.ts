import type { Deadline } from "../clock.ts";
import { type OktaAnswer, type OktaSend, objectOf, requestIdOf } from "./client.ts";
import { ForeignLinkError, nextPage, type PagedList, pathWithin } from "./pages.ts";

/** A page of the System Log. */
export interface LogPage {
  /** As they came. */
  readonly events: readonly unknown[];
  /** Path and query of the next page, relative to the org. */
  readonly next: string | undefined;
  /** Why a next link that there was is not followed. */
  readonly linkFault: string | undefined;
}

/**
 * Reads a page.
 *
 * @param path and query, made by `pollingPath` or `windowPath`, or the `next` of a page
 * @throws SystemLogError when Okta gives no page, and what the sender throws when Okta was not reached
 */
export type ReadLog = (path: string, deadline: Deadline) => Promise<LogPage>;

/** Okta gave no page. The message holds status and error code, nothing that was sent or read. */
export class SystemLogError extends Error {
  override readonly name = "SystemLogError";
  /**
   * `refused`: this query or link will never do. `not-permitted`: the service app lacks scope or role. `unavailable`:
   * later it may.
   */
  readonly kind: "refused" | "not-permitted" | "unavailable";
  readonly status: number;
  readonly code: string;
  readonly requestId: string;

  constructor(kind: SystemLogError["kind"], answer: OktaAnswer) {
    const { errorCode, error } = objectOf(answer);
    const code = String(errorCode ?? error ?? "");
    super(`Okta's System Log: ${answer.status} ${code}`.trimEnd());
    this.kind = kind;
    this.status = answer.status;
    this.code = code;
    this.requestId = requestIdOf(answer);
  }
}

/** As many events as a page may hold (Okta, "System Log API": limit). */
export const LOG_PAGE = 1000;

const LOG: PagedList = { path: "/api/v1/logs", name: "the System Log" };

/** @param orgUrl such as `https://acme.okta.com` */
export function createLogReader(send: OktaSend, orgUrl: string): ReadLog {
  return async (path, deadline) => {
    const answer = await send({ method: "GET", path, headers: {}, deadline });
    if (answer.status !== 200) throw new SystemLogError(kindOf(answer.status), answer);
    // Half an answer, or a page of somebody in between, must never be taken for an empty page.
    if (!Array.isArray(answer.body)) throw new SystemLogError("unavailable", answer);
    const events: readonly unknown[] = answer.body;
    try {
      const next = nextPage(answer, orgUrl, LOG);
      if (next === path && events.length > 0) {
        return { events, next: undefined, linkFault: "Okta's next link leads to the page that it is on." };
      }
      return { events, next, linkFault: undefined };
    } catch (error) {
      if (!(error instanceof ForeignLinkError)) throw error;
      return { events, next: undefined, linkFault: error.message };
    }
  };
}

/**
 * Path and query of a link that was kept.
 *
 * @throws ForeignLinkError when it leads out of the org or to something else than its System Log
 */
export function logPath(link: string, orgUrl: string): string {
  return pathWithin(link, orgUrl, LOG);
}

/**
 * The polling form (Okta, "System Log API": polling requests): without `until`, ascending. Events come in the order in
 * which Okta stored them, and each page has a next link, also an empty one.
 *
 * @param since in milliseconds since the epoch
 */
export function pollingPath(eventTypes: readonly string[], since: number): string {
  return logQuery(eventTypes, { since: new Date(since).toISOString() });
}

/** The bounded form: a finite window, in the order of `published`. Times in milliseconds since the epoch. */
export function windowPath(eventTypes: readonly string[], since: number, until: number): string {
  return logQuery(eventTypes, { since: new Date(since).toISOString(), until: new Date(until).toISOString() });
}

function logQuery(eventTypes: readonly string[], window: Readonly<Record<string, string>>): string {
  const anyType = eventTypes.map((type) => `eventType eq ${JSON.stringify(type)}`).join(" or ");
  const query = {
    ...window,
    filter: `(${anyType}) and outcome.result eq "SUCCESS"`,
    limit: String(LOG_PAGE),
    sortOrder: "ASCENDING",
  };
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `${LOG.path}?${pairs.join("&")}`;
}

function kindOf(status: number): SystemLogError["kind"] {
  if (status === 401 || status === 403) return "not-permitted";
  const mayPass = status === 408 || status === 429;
  return status >= 400 && status < 500 && !mayPass ? "refused" : "unavailable";
}
