const HOUR = 3_600_000;

/** How far back a span reaches, in milliseconds, by its unit. */
const UNITS: Readonly<Record<string, number>> = { h: HOUR, d: 24 * HOUR };

const SPAN = /^(\d{1,6})([hd])$/;
const DATE_AND_TIME = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/;

/**
 * Reads a moment: a date (its 00:00 UTC), a full ISO 8601 time with its zone, or a span back from now (`36h`, `7d`).
 *
 * @param now in milliseconds since the epoch
 * @returns milliseconds since the epoch; undefined when it is none of these
 */
export function parseTime(text: string, now: number): number | undefined {
  const [, amount, unit = ""] = SPAN.exec(text) ?? [];
  if (amount !== undefined) return now - Number(amount) * (UNITS[unit] ?? Number.NaN);
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
