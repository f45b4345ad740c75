/** One of the five fields: its range, and the names that stand for its numbers. */
interface Field {
  readonly name: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly names?: readonly string[];
}

/** Google Cloud, "Cron job format and time zone". A name stands for its place in the list, from the minimum on. */
const fields: readonly Field[] = [
  { name: "minute", minimum: 0, maximum: 59 },
  { name: "hour", minimum: 0, maximum: 23 },
  { name: "day of the month", minimum: 1, maximum: 31 },
  {
    name: "month",
    minimum: 1,
    maximum: 12,
    names: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
  },
  {
    name: "day of the week",
    minimum: 0,
    maximum: 7,
    names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
  },
];

/**
 * Checks a schedule as Cloud Scheduler takes it: five fields, each a list of `*`, a value or a range, the last two also
 * with a step.
 *
 * @returns what is wrong with it, if anything is
 */
export function cronFault(text: string): string | undefined {
  const parts = text.split(" ");
  if (parts.length !== fields.length) {
    return "it must be five cron fields with one space between them: minute, hour, day of the month, month and day of the week, for example */5 * * * *.";
  }
  for (const [index, field] of fields.entries()) {
    const part = parts[index] ?? "";
    if (part.split(",").every((item) => isItem(item, field))) continue;
    const { name, minimum, maximum } = field;
    return `"${part}" is not a valid ${name}: write *, */2, or values and ranges from ${minimum} to ${maximum}.`;
  }
  return undefined;
}

/** How many days a schedule is looked at: each day of the week, and some more. */
const DAYS = 9;

/**
 * The longest time between two runs of a schedule that is valid, in minutes. A schedule that pauses for a week or more counts as
 * a week.
 */
export function longestPause(text: string): number {
  const [minutes, hours, days, months, weekdays] = text
    .split(" ")
    .map((part, index) => valuesOf(part, fields[index]));
  const isAnyDay = text.split(" ")[2] === "*" || text.split(" ")[4] === "*";
  const start = Date.UTC(2026, 0, 1);
  let longest = 0;
  let last = 0;
  for (let minute = 0; minute < DAYS * 1440; minute += 1) {
    const time = new Date(start + minute * 60_000);
    const isDay = days?.has(time.getUTCDate()) ?? false;
    const isWeekday = weekdays?.has(time.getUTCDay()) ?? false;
    // With both given, either will do (crontab(5)).
    if (!(isAnyDay ? isDay && isWeekday : isDay || isWeekday)) continue;
    if (!months?.has(time.getUTCMonth() + 1) || !hours?.has(time.getUTCHours())) continue;
    if (!minutes?.has(time.getUTCMinutes())) continue;
    longest = Math.max(longest, minute - last);
    last = minute;
  }
  return Math.min(Math.max(longest, DAYS * 1440 - last), 7 * 1440);
}

function valuesOf(part: string, field: Field | undefined): ReadonlySet<number> {
  const values = new Set<number>();
  for (const item of part.split(",")) {
    const [span = "", step = "1"] = item.split("/");
    const [first, last] = field === undefined ? [] : bounds(span, field);
    if (first === undefined || last === undefined) continue;
    // Both 0 and 7 are Sunday.
    for (let value = first; value <= last; value += Number(step))
      values.add(field?.maximum === 7 ? value % 7 : value);
  }
  return values;
}

function isItem(item: string, field: Field): boolean {
  const [span = "", step, ...more] = item.split("/");
  if (more.length > 0) return false;
  const [first, last] = bounds(span, field);
  if (first === undefined || last === undefined || first > last) return false;
  // A step over a single value would never be taken.
  return step === undefined || (first < last && /^[1-9]\d?$/.test(step) && Number(step) <= last);
}

/** The first and the last value of `*`, a value or a range; undefined for what is none of the field's. */
function bounds(span: string, field: Field): readonly [number | undefined, number | undefined] {
  if (span === "*") return [field.minimum, field.maximum];
  const [first = "", last = first, ...more] = span.split("-");
  return more.length > 0 ? [undefined, undefined] : [numberIn(first, field), numberIn(last, field)];
}

function numberIn(text: string, { minimum, maximum, names = [] }: Field): number | undefined {
  const named = names.indexOf(text);
  if (named >= 0) return minimum + named;
  const value = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return value >= minimum && value <= maximum ? value : undefined;
}
