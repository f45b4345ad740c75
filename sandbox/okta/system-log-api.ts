import { requireLogRole, requireScope } from "./access-control.ts";
import { invalidField, OktaError } from "./errors.ts";
import type { LogEvent } from "./events.ts";
import type { Routes } from "./routes.ts";
import type { Org } from "./state.ts";

/** How many events a page shows unless told otherwise, and at most (Okta, "System Log API"). */
const PAGE = 100;
const MAXIMUM_PAGE = 1000;

/** How far back a request looks that does not say, in milliseconds. */
const DEFAULT_REACH = 7 * 24 * 3600_000;

/** What can stand in a filter here, with what it is compared with. */
const FILTER_FIELDS: Readonly<Record<string, (event: LogEvent) => string>> = {
  eventType: (event) => event.eventType,
  uuid: (event) => event.uuid,
  "actor.id": (event) => event.actor.id,
  "outcome.result": (event) => event.outcome.result,
};

/**
 * System Log API, ascending only. Without `until` it is a polling request: there is always a next link, also behind an
 * empty page, and following it later brings what came meanwhile. Filters are `field eq "value"`, joined by `and`.
 */
export function addSystemLogRoute(routes: Routes, org: Org): void {
  routes.get("/api/v1/logs", (context) => {
    const principal = context.get("principal");
    requireScope(principal, "okta.logs.read");
    requireLogRole(org, principal);

    const query = context.req.query();
    if (query["sortOrder"] === "DESCENDING") throw invalidField("sortOrder", "This org only reads ascending");
    if (query["since"] !== undefined && query["after"] !== undefined) {
      throw invalidField("after", "It cannot be combined with since");
    }
    const limit = Math.min(readNumber("limit", query["limit"], PAGE), MAXIMUM_PAGE);
    const after = readNumber("after", query["after"], 0);
    const until = readTime("until", query["until"], Number.POSITIVE_INFINITY);
    const since =
      query["after"] === undefined
        ? readTime("since", query["since"], Math.min(until, org.now()) - DEFAULT_REACH)
        : Number.NEGATIVE_INFINITY;
    const matches = readFilter(query["filter"]);
    const isWanted = (event: LogEvent): boolean => {
      const published = Date.parse(event.published);
      return since <= published && published < until && matches(event);
    };

    const events: LogEvent[] = [];
    let position = after;
    for (; position < org.log.length && events.length < limit; position += 1) {
      const event = org.log[position];
      if (event !== undefined && isWanted(event)) events.push(event);
    }
    const response = Response.json(events);
    response.headers.append("link", `<${context.req.url}>; rel="self"`);
    if (query["until"] === undefined || position < org.log.length) {
      response.headers.append("link", `<${nextUrl(org, query, position)}>; rel="next"`);
    }
    return response;
  });
}

function nextUrl(org: Org, query: Readonly<Record<string, string>>, position: number): string {
  const { since: _, ...kept } = query;
  return `${org.url}/api/v1/logs?${new URLSearchParams({ ...kept, after: String(position) })}`;
}

function readNumber(name: string, value: string | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw invalidField(name, "The value must be a whole number");
}

function readTime(name: string, value: string | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  const time = Date.parse(value);
  if (Number.isNaN(time))
    throw invalidField(name, "The value must be a time such as 2026-01-05T10:00:00.000Z");
  return time;
}

function readFilter(filter: string | undefined): (event: LogEvent) => boolean {
  if (filter === undefined) return () => true;
  const conditions = filter.split(/\s+and\s+/i).map((condition) => {
    const [, field = "", value = ""] = /^\s*([\w.]+)\s+eq\s+"([^"]*)"\s*$/i.exec(condition) ?? [];
    const read = Object.hasOwn(FILTER_FIELDS, field) ? FILTER_FIELDS[field] : undefined;
    if (read === undefined) throw new OktaError(400, "E0000053", "Invalid SCIM filter.");
    return (event: LogEvent) => read(event) === value;
  });
  return (event) => conditions.every((condition) => condition(event));
}
