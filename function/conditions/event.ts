import { isObject } from "../json.ts";

/**
 * How long a text may be that conditions can read, and how many entries a list or a map may have. People choose their logins
 * and user agents themselves, and what conditions do takes time with each character and each entry; Okta's own are far
 * smaller.
 */
const MAXIMUM_LENGTH = 10_000;
const MAXIMUM_ENTRIES = 1_000;

/** A condition read a field that is too large. */
export class TooLargeError extends Error {
  override readonly name = "TooLargeError";
}

/** Stands for what is too large. */
const tooLarge = Symbol("too large");

/**
 * An event as conditions see it. CEL knows no null where a field has a type: what Okta sends as null is a missing field, a
 * null list is empty. A field that is too large is there, but reading it throws: cut off, it would make `!x.contains(…)`
 * true, and left out `!has(x)`, while an event of which the condition reads other fields is judged as ever.
 *
 * @throws TooLargeError when the event itself has too many fields
 */
export function conditionEvent(attributes: Readonly<Record<string, unknown>>): object {
  const { target } = attributes;
  const event = clean({ ...attributes, target: Array.isArray(target) ? target : [] });
  if (!isObject(event)) return refuse();
  const published = new Date(String(attributes["published"]));
  return Number.isNaN(published.getTime())
    ? event
    : Object.defineProperty(event, "published", { value: published });
}

/** The value without nulls, or the mark that it is too large. */
function clean(value: unknown): unknown {
  if (typeof value === "string") return value.length > MAXIMUM_LENGTH ? tooLarge : value;
  if (Array.isArray(value)) return cleanList(value);
  return isObject(value) ? cleanMap(value) : value;
}

function cleanList(list: readonly unknown[]): unknown {
  if (list.length > MAXIMUM_ENTRIES) return tooLarge;
  const items = list.filter((item) => item !== null).map(clean);
  return items.includes(tooLarge) ? tooLarge : items;
}

function cleanMap(map: Readonly<Record<string, unknown>>): unknown {
  const entries = Object.entries(map).filter(([, field]) => field !== null);
  if (entries.length > MAXIMUM_ENTRIES) return tooLarge;
  if (entries.some(([key]) => key.length > MAXIMUM_LENGTH)) return tooLarge;
  const fields = entries.map(([key, field]) => [key, clean(field)] as const);
  if (Object.hasOwn(map, "constructor")) {
    // The interpreter takes an object's `constructor` for its type; of a map it does not.
    return fields.some(([, field]) => field === tooLarge) ? tooLarge : new Map(fields);
  }
  const cleaned = Object.fromEntries(fields);
  for (const [key, field] of fields) {
    if (field === tooLarge) Object.defineProperty(cleaned, key, { get: refuse });
  }
  return cleaned;
}

function refuse(): never {
  throw new TooLargeError("The event has more there than a condition may read.");
}
