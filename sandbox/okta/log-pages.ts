import type { LogCursor } from "./log-cursor.ts";
import type { LogEntry } from "./system-log.ts";

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
