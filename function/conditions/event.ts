import { isObject } from "../json.ts";
import { type Declared, eventFields, type Fields, fieldOf, itemsOf, makerOf } from "./schema.ts";

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
 * null list is empty. A whole number is CEL's `int` where the field is declared so, and a `double` elsewhere. A field that is too large is there, but reading it throws: cut off, it would make `!x.contains(…)`
 * true, and left out `!has(x)`, while an event of which the condition reads other fields is judged as ever.
 *
 * @throws TooLargeError when the event itself has too many fields
 */
export function conditionEvent(attributes: Readonly<Record<string, unknown>>): object {
  const { target } = attributes;
  const event = clean({ ...attributes, target: Array.isArray(target) ? target : [] }, eventFields);
  return isObject(event) ? event : refuse();
}

/** The value without nulls and in CEL's own types, or the mark that it is too large. */
function clean(value: unknown, declared: Declared | undefined): unknown {
  if (typeof value === "string") return value.length > MAXIMUM_LENGTH ? tooLarge : moment(value, declared);
  if (Array.isArray(value)) return cleanList(value, itemsOf(declared));
  if (declared === "int" && Number.isSafeInteger(value)) return BigInt(Number(value));
  return isObject(value) ? cleanMap(value, declared) : value;
}

function moment(value: string, declared: Declared | undefined): string | Date {
  if (declared !== "google.protobuf.Timestamp") return value;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? value : date;
}

function cleanList(list: readonly unknown[], declared: Declared | undefined): unknown {
  if (list.length > MAXIMUM_ENTRIES) return tooLarge;
  const items = list.filter((item) => item !== null).map((item) => clean(item, declared));
  return items.includes(tooLarge) ? tooLarge : items;
}

function cleanMap(map: Readonly<Record<string, unknown>>, declared: Declared | undefined): unknown {
  const given = Object.entries(map);
  if (given.length > MAXIMUM_ENTRIES) return tooLarge;
  if (given.some(([key]) => key.length > MAXIMUM_LENGTH)) return tooLarge;
  if (typeof declared === "object") return cleanObject(given, declared);
  const fields = given
    .filter(([, field]) => field !== null)
    .map(([key, field]) => [key, clean(field, undefined)] as const);
  if (Object.hasOwn(map, "constructor")) {
    // The interpreter takes an object's `constructor` for its type; of a map it does not.
    return fields.some(([, field]) => field === tooLarge) ? tooLarge : new Map(fields);
  }
  return withRefusals(Object.fromEntries(fields), fields);
}

/** An object of a declared type, with the fields that a condition can name. */
function cleanObject(given: readonly (readonly [string, unknown])[], declared: Fields): object {
  const fields = given.flatMap(([key, field]) => {
    const type = fieldOf(declared, key);
    const value = field ?? emptyList(type);
    return type === undefined || value === null ? [] : [[key, clean(value, type)] as const];
  });
  return withRefusals(Object.assign(new (makerOf(declared))(), Object.fromEntries(fields)), fields);
}

/** The object, of which reading a field throws that is too large. */
function withRefusals(object: object, fields: readonly (readonly [string, unknown])[]): object {
  for (const [key, field] of fields) {
    if (field === tooLarge) Object.defineProperty(object, key, { get: refuse });
  }
  return object;
}

/** What stands for a null: nothing, but an empty list where a list belongs. */
function emptyList(declared: Declared | undefined): readonly [] | null {
  return itemsOf(declared) === undefined ? null : [];
}

function refuse(): never {
  throw new TooLargeError("The event has more there than a condition may read.");
}
