import { type Deadline, isoTime } from "../shared/clock.ts";
import { ForeignLinkError, SystemLogError } from "../shared/errors.ts";
import {
  isOktaError,
  type OktaAnswer,
  type OktaTransport,
  objectOf,
  requestIdOf,
} from "../shared/okta/client.ts";
import { limitOf, nextPage, type PagedList, pathWithin, withLimit } from "../shared/okta/paging.ts";

/** A page of the System Log. */
export interface LogPage {
  /** Unparsed. */
  readonly events: readonly unknown[];
  /** Path and query of the next page, relative to the org. */
  readonly next: string | undefined;
  /** Why a next link is not followed; undefined when there is none, or when it is. */
  readonly linkFault: string | undefined;
  /** How many events were requested. A page with fewer is the last one. */
  readonly limit: number;
  /** Whether its only event is too large to read, and so missing from `events`. */
  readonly isTooLarge: boolean;
}

/**
 * Reads a page. If it is too large to read, requests a shorter one, down to a single event.
 *
 * @param path and query, made by `pollingPath` or `windowPath`, or the `next` of a page
 * @throws SystemLogError when Okta gives no page, and what the sender throws when Okta was not reached
 */
export type ReadLog = (path: string, deadline: Deadline) => Promise<LogPage>;

/** The error for an answer that holds no page. */
export function systemLogError(kind: SystemLogError["kind"], answer: OktaAnswer): SystemLogError {
  const { errorCode, error } = objectOf(answer);
  const oktaCode = String(errorCode ?? error ?? "");
  return new SystemLogError(kind, { status: answer.status, oktaCode, requestId: requestIdOf(answer) });
}

/** The most events that a page may hold (Okta, "System Log API": limit). */
export const EVENTS_PER_PAGE = 1000;

const LOG: PagedList = { path: "/api/v1/logs", name: "the System Log" };

/** @param orgUrl such as `https://acme.okta.com` */
export function createLogReader(send: OktaTransport, orgUrl: string): ReadLog {
  /** The last page that was too large, and the limit to try next. A run may end before it finds a page that is small enough. */
  let shorter: { readonly path: string; readonly limit: number } | undefined;
  return async (path, deadline) => {
    const given = limitOf(path, EVENTS_PER_PAGE);
    // A link keeps the limit of its request, so after a shorter page the limit has to grow again.
    let limit = shorter?.path === path ? shorter.limit : Math.min(2 * given, EVENTS_PER_PAGE);
    for (;;) {
      const asked = limit === given ? path : withLimit(path, limit);
      const answer = await send({ method: "GET", path: asked, headers: {}, deadline });
      if (answer.status !== 200) {
        const kind = kindOf(answer);
        // If Okta accepts its links only unchanged, reading still continues.
        if (kind !== "refused" || limit <= given) throw systemLogError(kind, answer);
        limit = given;
      } else if (answer.isTooLarge && limit > 1) {
        limit = Math.floor(limit / 2);
        shorter = { path, limit };
      } else {
        return readPage(answer, asked, limit, orgUrl);
      }
    }
  };
}

function readPage(answer: OktaAnswer, path: string, limit: number, orgUrl: string): LogPage {
  const isTooLarge = answer.isTooLarge === true;
  const events: unknown = isTooLarge ? [] : answer.body;
  // Half an answer, or a page of something in between, must never count as an empty page.
  if (!Array.isArray(events)) throw systemLogError("unavailable", answer);
  const page = { events, limit, isTooLarge, linkFault: undefined };
  try {
    const next = nextPage(answer, orgUrl, LOG);
    if (next === path && (events.length > 0 || isTooLarge)) {
      return {
        ...page,
        next: undefined,
        linkFault: "Okta's next link leads to the page that it is on.",
      };
    }
    return { ...page, next };
  } catch (error) {
    if (!(error instanceof ForeignLinkError)) throw error;
    return { ...page, next: undefined, linkFault: error.message };
  }
}

/**
 * Path and query of a stored link.
 *
 * @throws ForeignLinkError when it leads out of the org or away from its System Log
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
  return logQuery(eventTypes, { since: isoTime(since) });
}

/** The bounded form: a finite window, in the order of `published`. Times in milliseconds since the epoch. */
export function windowPath(eventTypes: readonly string[], since: number, until: number): string {
  return logQuery(eventTypes, { since: isoTime(since), until: isoTime(until) });
}

function logQuery(eventTypes: readonly string[], window: Readonly<Record<string, string>>): string {
  const anyType = eventTypes.map((type) => `eventType eq ${JSON.stringify(type)}`).join(" or ");
  return queryPath(`(${anyType}) and outcome.result eq "SUCCESS"`, window);
}

/** The bounded form with any filter. Times in milliseconds since the epoch. */
export function filteredPath(
  filter: string,
  { since, until }: { readonly since: number; readonly until: number },
): string {
  return queryPath(filter, { since: isoTime(since), until: isoTime(until) });
}

function queryPath(filter: string, window: Readonly<Record<string, string>>): string {
  const query = {
    ...window,
    filter,
    limit: String(EVENTS_PER_PAGE),
    sortOrder: "ASCENDING",
  };
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `${LOG.path}?${pairs.join("&")}`;
}

/** Only Okta itself can refuse a query or a link for good; a proxy's 4xx says nothing about it. */
function kindOf(answer: OktaAnswer): SystemLogError["kind"] {
  const { status } = answer;
  if (status < 400 || status >= 500 || status === 408 || status === 429) return "unavailable";
  if (!isOktaError(answer)) return "foreign";
  return status === 401 || status === 403 ? "not-permitted" : "refused";
}
