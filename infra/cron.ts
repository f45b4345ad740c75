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
