import { requireLogRole, requireScope } from "../auth/access-control.ts";
import { invalidField } from "../http/errors.ts";
import type { Routes } from "../http/routes.ts";
import { parseLogFilter } from "../log/filter.ts";
import {
  boundedPage,
  type LogCursor,
  type LogPage,
  pollingPage,
  readCursor,
  refusedCursor,
  writeCursor,
} from "../log/pages.ts";
import { entriesOf } from "../log/system-log.ts";
import type { LogEntry } from "../model/log-event.ts";
import type { Org } from "../model/org.ts";

/** How many events a page shows by default, and at most (Okta, "System Log API"). */
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
  /**
   * @decision The System Log is answered as a list of events, with the links `self` and `next` in headers.
   * @evidence documentation: okta/okta-developer-docs 468de9c, docs/reference/system-log-query, "Next Link Response
   *   Header".
   * @matters sign-in lost: `reconcile` keeps the next link as its cursor.
   *
   * @decision A next link is on the org's own address.
   * @evidence documentation: okta/okta-developer-docs 468de9c, docs/reference/system-log-query, the samples.
   * @matters wrong access: `reconcile` follows no link to another host, so as not to give its token away.
   */
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

/**
 * The page that the query asks for, and what the next one's link keeps of the query.
 *
 * @decision A request without `until`, in ascending order, is a polling one: there is always a next link.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/reference/system-log-query, "Polling Requests";
 *   okta/okta-sdk-dotnet issue 337 (a maintainer's word).
 * @matters sign-in lost: `reconcile` polls so.
 *
 * @decision `since` is 7 days before `until` unless given, and `until` is now; both go by arrival in a polling request,
 *   by `published` in a bounded one.
 * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, listLogEvents, since, until.
 * @matters sign-in lost: `reconcile` names `since` in its first poll.
 *
 * @decision A page has 100 events unless `limit` says otherwise, and at most 1,000; a larger limit counts as 1,000.
 * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, listLogEvents, limit. What a larger one does is
 *   not said.
 * @matters late: `reconcile` asks for 1,000.
 *
 * @decision Events older than 90 days are left out.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/reference/system-log-query, data retention.
 * @matters sign-in lost: `backfill` and replays reach back 90 days.
 *
 * @decision A next link may be asked for with another `limit`: the place is in `after` only.
 * @evidence vendor-code: okta-sdk-nodejs 8.1.0, src/generated/apis/SystemLogApi.js, listLogEvents: `after` ("Opaque token")
 *   and `limit` ("Integer between 0 and 1000") are parameters of their own.
 * @matters late: where a page is too large, `reconcile` asks for fewer events at the same place. If Okta refused that, it
 *   would begin again from an earlier moment, by a query of its own with the smaller limit.
 */
function readPage(org: Org, query: Query): { readonly page: LogPage; readonly kept: Query } {
  const { since: sinceText, until: untilText, after, ...kept } = query;
  /**
   * @own The sandbox does not search by keywords, and says so; Okta does.
   */
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

/**
 * @decision `since` and `after` exclude each other: 400 E0000001.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/reference/system-log-query, "Date and time filter".
 *   The code is that of other invalid parameters there.
 * @matters sandbox only: `reconcile` follows the next link as it is.
 *
 * @decision A next link can be followed however old it is, as long as Okta keeps the events.
 * @evidence assumed: Okta does not say how long a cursor is good.
 * @show that a next link of some weeks ago is still answered with the events since.
 * @matters sign-in lost: `reconcile` begins anew from a time when its link is refused, so that a gap is read again.
 */
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

/**
 * @decision A next link keeps filter, limit and order of the request, and `until` of a bounded one.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/reference/system-log-query, "Next Link Response
 *   Header", the sample.
 * @matters sign-in lost: `reconcile` would read other events without the filter, not fewer.
 */
function nextUrl(org: Org, kept: Query, next: LogCursor): string {
  const origin = org.faults.log.nextLinkOrigin ?? org.url;
  return `${origin}/api/v1/logs?${new URLSearchParams({ ...kept, after: writeCursor(org, next) })}`;
}

/**
 * @decision Another sortOrder than ASCENDING or DESCENDING is refused with 400 E0000001.
 * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, listLogEvents, sortOrder.
 * @matters sandbox only: `reconcile` names ASCENDING.
 */
function readOrder(value = "ASCENDING"): boolean {
  if (value === "ASCENDING" || value === "DESCENDING") return value === "DESCENDING";
  throw invalidField("sortOrder", "The value must be ASCENDING or DESCENDING");
}

/**
 * @decision A limit that is not a number is refused with 400.
 * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, listLogEvents, limit, 400.
 * @matters sandbox only: `reconcile` names a number.
 */
function readNumber(name: string, value: string | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw invalidField(name, "The value must be a whole number");
}

/**
 * @decision A time that can't be read is refused with 400; the sandbox has the documented E0000001.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/reference/system-log-query, "Errors". An org answered
 *   E0000030 in 2018 (oktadeveloper/okta-blog-archive issue 2499).
 * @matters late: `reconcile` takes any 400 as refused.
 */
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
