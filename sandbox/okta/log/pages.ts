import { hash } from "node:crypto";
import { invalidField, type OktaError } from "../http/errors.ts";
import type { LogEntry } from "../model/log-event.ts";
import type { Org } from "../model/org.ts";

/** A page of the System Log. */
export interface LogPage {
  readonly entries: readonly LogEntry[];
  /** Where the next page begins; undefined when this is the last. */
  readonly next: LogCursor | undefined;
}

/**
 * Polling (Okta, "System Log query": polling requests): in the order in which events came into the log, whenever they
 * were published, and without end.
 *
 * @decision Polling brings every event once, in the order of arrival.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/reference/system-log-query, "Polling Requests".
 * @matters sign-in lost: nothing that `reconcile` has passed comes again.
 *
 * @param start a place in that order, or the time since when events have come into the log
 */
export function pollingPage(
  entries: readonly LogEntry[],
  start: { readonly position: number } | { readonly since: number },
  limit: number,
  matches: (entry: LogEntry) => boolean,
): LogPage {
  const found: LogEntry[] = [];
  let position = "position" in start ? start.position : firstSince(entries, start.since);
  for (; position < entries.length && found.length < limit; position += 1) {
    const entry = entries[position];
    if (entry !== undefined && matches(entry)) found.push(entry);
  }
  return { entries: found, next: { form: "polling", position } };
}

/**
 * A window (Okta, "System Log query": bounded requests): in the order in which events were published, or the other way
 * round, to an end. What comes late into a part that was read already is missing.
 *
 * @decision A bounded request brings events in the order of `published`; what comes late into a part that was read is
 *   missing.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/reference/system-log-query, "Bounded Requests".
 * @matters sign-in lost: a replay reads windows that ended long ago.
 *
 * @param after the event that was shown last
 */
export function boundedPage(
  entries: readonly LogEntry[],
  window: { readonly since: number; readonly until: number; readonly descending: boolean },
  after: { readonly published: number; readonly position: number } | undefined,
  limit: number,
  matches: (entry: LogEntry) => boolean,
): LogPage {
  const { since, until } = window;
  const direction = window.descending ? -1 : 1;
  const ahead = entries
    .map((entry, position) => ({ entry, published: entry.published, position }))
    .filter(({ entry, published }) => since <= published && published < until && matches(entry))
    .filter((one) => after === undefined || direction * compare(one, after) > 0)
    .sort((one, other) => direction * compare(one, other));
  const shown = ahead.slice(0, limit);
  const last = shown.at(-1);
  return {
    entries: shown.map(({ entry }) => entry),
    next:
      last === undefined || ahead.length === shown.length
        ? undefined
        : { form: "bounded", since, published: last.published, position: last.position },
  };
}

/** Entries come in the order of `persisted`, so the first one is found by halves. */
function firstSince(entries: readonly LogEntry[], since: number): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle]?.persisted ?? since) < since) low = middle + 1;
    else high = middle;
  }
  return low;
}

function compare(
  one: { readonly published: number; readonly position: number },
  other: { readonly published: number; readonly position: number },
): number {
  return one.published - other.published || one.position - other.position;
}

/** Where a page of the System Log ended. */
export type LogCursor =
  /** The place in the order of arrival. */
  | { readonly form: "polling"; readonly position: number }
  /** The event shown last, by when it was published and its place in the order of arrival; and what bounds the rest. */
  | {
      readonly form: "bounded";
      readonly since: number;
      readonly published: number;
      readonly position: number;
    };

/** The cursor as it stands in a link, not to be made by anybody else. */
export function writeCursor(org: Org, cursor: LogCursor): string {
  const numbers =
    cursor.form === "polling" ? [cursor.position] : [cursor.since, cursor.published, cursor.position];
  const text = numbers.join("_");
  return `${text}_${mark(org, text)}`;
}

/**
 * The cursor of a link that this org gave.
 *
 * @decision A cursor that Okta did not give, or of another kind of request, is refused with 400.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/reference/system-log-query, "Don't attempt to craft
 *   requests that use this value"; for other lists 400 "Invalid cursor." is recorded (okta/okta-sdk-python v3.4.4,
 *   tests/integration/cassettes/test_device_it/…test_list_devices_with_search_and_pagination).
 * @matters sign-in lost: `reconcile` begins anew from a time when its link is refused.
 *
 * @param form what the rest of the request is
 * @throws OktaError E0000001 when it did not
 */
export function readCursor(org: Org, text: string, form: LogCursor["form"]): LogCursor {
  const [, numbers = "", given] = /^(.*)_([^_]*)$/.exec(text) ?? [];
  if (given !== mark(org, numbers)) throw refusedCursor();
  const [first = 0, published = 0, last = 0, ...rest] = numbers.split("_").map(Number);
  const isBounded = numbers.includes("_");
  if (rest.length > 0 || isBounded !== (form === "bounded")) throw refusedCursor();
  return isBounded
    ? { form: "bounded", since: first, published, position: last }
    : { form: "polling", position: first };
}

/**
 * A cursor that the org does not take.
 *
 * @decision A refused cursor has the code E0000001.
 * @evidence assumed: E0000029 and E0000031 are recorded for other lists; for the System Log none was found.
 * @show nothing that the product needs: which code it is.
 * @matters sandbox only: `reconcile` takes any 400 as refused.
 */
export function refusedCursor(): OktaError {
  return invalidField("after", "The cursor is not valid or has expired");
}

function mark(org: Org, text: string): string {
  return hash("sha256", `${org.id} ${text}`).slice(0, 12);
}
