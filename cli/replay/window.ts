import { LOG_RETENTION_DAYS } from "../../function/shared/contract.ts";
import { UsageError } from "../command.ts";

/** A part of the past, in milliseconds since the epoch. */
export interface Window {
  readonly since: number;
  readonly until: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const SPAN = /^(\d{1,6})([hd])$/;
const DATE_AND_TIME = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/;

/**
 * The window that is asked for.
 *
 * @param until the present by default
 * @param now in milliseconds since the epoch
 * @throws UsageError when Okta's System Log can't have such a window
 */
export function readWindow(
  { since, until }: { readonly since: string; readonly until: string | undefined },
  now: number,
): Window {
  const from = readTime("--since", since, now);
  const to = until === undefined ? now : readTime("--until", until, now);
  if (from > now)
    throw new UsageError(`--since ${formatTime(from)} is in the future: only the past can be replayed.`);
  if (to > now) {
    throw new UsageError(
      `--until ${formatTime(to)} is in the future: leave it out to replay up to the present.`,
    );
  }
  if (from >= to) {
    throw new UsageError(`--since ${formatTime(from)} is not before --until ${formatTime(to)}.`);
  }
  const earliest = now - LOG_RETENTION_DAYS * DAY;
  if (from < earliest) {
    // Rounded up, so that it is still possible when it is typed.
    const possible = formatTime(Math.ceil(earliest / HOUR + 1) * HOUR);
    throw new UsageError(
      `--since ${formatTime(from)} is too long ago: Okta keeps its System Log for ${LOG_RETENTION_DAYS} days. A replay is possible from ${possible} on.`,
    );
  }
  return { since: from, until: to };
}

/**
 * The time from a moment until now, in which logs are looked at.
 *
 * @param now in milliseconds since the epoch
 * @throws UsageError when Okta's System Log can't have it
 */
export function readSince(since: string, now: number): Window {
  const from = readTime("--since", since, now);
  if (from < now && from >= now - LOG_RETENTION_DAYS * DAY) return { since: from, until: now };
  throw new UsageError(
    `--since ${formatTime(from)} must be in the past, and at most ${LOG_RETENTION_DAYS} days ago: Okta keeps its System Log for so long.`,
  );
}

function readTime(option: string, text: string, now: number): number {
  const time = parseTime(text, now);
  if (time !== undefined) return time;
  throw new UsageError(
    `${option} "${text}" is not a valid time: give a date (2026-11-01, meaning 00:00 UTC), a time with its zone (2026-11-01T08:30:00Z), or a span back (36h, 7d).`,
  );
}

/**
 * Reads a moment: a date (its 00:00 UTC), a full ISO 8601 time with its zone, or a span back from now (`36h`, `7d`).
 *
 * @param now in milliseconds since the epoch
 * @returns milliseconds since the epoch; undefined when it is none of these
 */
export function parseTime(text: string, now: number): number | undefined {
  const [, amount, unit] = SPAN.exec(text) ?? [];
  if (amount !== undefined) return now - Number(amount) * (unit === "h" ? HOUR : DAY);
  const [, date = ""] = DATE_AND_TIME.exec(text) ?? [];
  // Date.parse takes 30 February for 2 March.
  if (date === "" || !isDate(date)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : time;
}

/** As `parseTime` reads it back. @param time in milliseconds since the epoch */
export function formatTime(time: number): string {
  return new Date(time).toISOString().replace(".000Z", "Z");
}

function isDate(date: string): boolean {
  const time = Date.parse(date);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date);
}
