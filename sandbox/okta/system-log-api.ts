import { requireLogRole, requireScope } from "./access-control.ts";
import { invalidField } from "./errors.ts";
import { type LogCursor, readCursor, refusedCursor, writeCursor } from "./log-cursor.ts";
import { parseLogFilter } from "./log-filter.ts";
import { boundedPage, type LogPage, pollingPage } from "./log-pages.ts";
import type { Routes } from "./routes.ts";
import type { Org } from "./state.ts";
import { entriesOf, type LogEntry } from "./system-log.ts";

/** How many events a page shows unless told otherwise, and at most (Okta, "System Log API"). */
const PAGE = 100;
const MAXIMUM_PAGE = 1000;

const DAY_MILLISECONDS = 24 * 3600_000;

/** How far back a request looks that does not say. */
const DEFAULT_REACH = 7 * DAY_MILLISECONDS;

/** Older events are left out, silently (Okta, "System Log query": data retention). */
const RETENTION = 90 * DAY_MILLISECONDS;

type Query = Readonly<Record<string, string>>;

/**
 * System Log API. Without `until` and in ascending order a request is a polling one: there is always a next link, also
 * behind an empty page, and following it later brings what came meanwhile. All others are bounded, and end.
 */
export function addSystemLogRoute(routes: Routes, org: Org): void {
  routes.get("/api/v1/logs", (context) => {
    const principal = context.get("principal");
    requireScope(org, principal, "okta.logs.read");
    requireLogRole(org, principal);

    const query = context.req.query();
    const { page, kept } = readPage(org, query);
    const response = Response.json(page.entries.map(({ event }) => event));
    response.headers.append("link", `<${context.req.url}>; rel="self"`);
    if (page.next !== undefined) {
      response.headers.append("link", `<${nextUrl(org, kept, page.next)}>; rel="next"`);
    }
    return response;
  });
}

/** The page that the query asks for, and what the next one's link keeps of the query. */
function readPage(org: Org, query: Query): { readonly page: LogPage; readonly kept: Query } {
  const { since: sinceText, until: untilText, after, ...kept } = query;
  if (query["q"] !== undefined) throw invalidField("q", "This org does not search by keywords; use filter");
  const descending = readOrder(query["sortOrder"]);
  const limit = Math.min(readNumber("limit", query["limit"], PAGE), MAXIMUM_PAGE);
  const matches = readFilter(org, query["filter"]);
  const form = untilText === undefined && !descending ? "polling" : "bounded";
  const until = readTime("until", untilText) ?? org.now();
  const since = readTime("since", sinceText) ?? until - DEFAULT_REACH;
  const cursor = readAfter(org, after, sinceText, form);

  if (form === "polling") {
    const start = cursor === undefined ? { since } : { position: cursor.position };
    return { page: pollingPage(entriesOf(org), start, limit, matches), kept };
  }
  const shown = cursor?.form === "bounded" ? cursor : undefined;
  const window = { since: shown?.since ?? since, until, descending };
  const page = boundedPage(entriesOf(org), window, shown, limit, matches);
  return { page, kept: { ...kept, until: new Date(until).toISOString() } };
}

function readAfter(
  org: Org,
  after: string | undefined,
  since: string | undefined,
  form: LogCursor["form"],
): LogCursor | undefined {
  if (after === undefined) return undefined;
  if (since !== undefined) throw invalidField("after", "It cannot be combined with since");
  const { log } = org.faults;
  if (log.refuseCursors > 0) {
    log.refuseCursors -= 1;
    throw refusedCursor();
  }
  return readCursor(org, after, form);
}

function nextUrl(org: Org, kept: Query, next: LogCursor): string {
  const origin = org.faults.log.nextLinkOrigin ?? org.url;
  return `${origin}/api/v1/logs?${new URLSearchParams({ ...kept, after: writeCursor(org, next) })}`;
}

function readOrder(value = "ASCENDING"): boolean {
  if (value === "ASCENDING" || value === "DESCENDING") return value === "DESCENDING";
  throw invalidField("sortOrder", "The value must be ASCENDING or DESCENDING");
}

function readNumber(name: string, value: string | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw invalidField(name, "The value must be a whole number");
}

function readTime(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const time = Date.parse(value);
  if (Number.isNaN(time))
    throw invalidField(name, "The value must be a time such as 2026-01-05T10:00:00.000Z");
  return time;
}

function readFilter(org: Org, filter: string | undefined): (entry: LogEntry) => boolean {
  const matches = filter === undefined ? () => true : parseLogFilter(filter);
  const oldest = org.now() - RETENTION;
  return ({ event, published }) => published >= oldest && matches(event);
}
