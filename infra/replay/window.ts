import { LOG_RETENTION_DAYS } from "../../function/contract.ts";
import { UsageError } from "./errors.ts";
import { formatTime, parseTime } from "./times.ts";

/** A part of the past, in milliseconds since the epoch. */
export interface Window {
  readonly since: number;
  readonly until: number;
}

const HOUR = 3_600_000;

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
  const earliest = now - LOG_RETENTION_DAYS * 24 * HOUR;
  if (from < earliest) {
    // Rounded up, so that it is still possible when it is typed.
    const possible = formatTime(Math.ceil(earliest / HOUR + 1) * HOUR);
    throw new UsageError(
      `--since ${formatTime(from)} is too long ago: Okta keeps its System Log for ${LOG_RETENTION_DAYS} days. A replay is possible from ${possible} on.`,
    );
  }
  return { since: from, until: to };
}

function readTime(option: string, text: string, now: number): number {
  const time = parseTime(text, now);
  if (time !== undefined) return time;
  throw new UsageError(
    `${option} "${text}" is not a valid time: give a date (2026-11-01, meaning 00:00 UTC), a time with its zone (2026-11-01T08:30:00Z), or a span back (36h, 7d).`,
  );
}
