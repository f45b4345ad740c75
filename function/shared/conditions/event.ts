import { isObject, type JsonObject } from "../json.ts";
import { type Declared, eventFields, type Fields, fieldOf, itemsOf, makerOf } from "./schema.ts";

/**
 * The longest text that conditions can read, and the most entries of a list or a map. People choose their logins and user agents
 * themselves, and a condition takes time for each character and each entry; Okta's own values are far smaller.
 */
const MAXIMUM_CHARACTERS = 10_000;
const MAXIMUM_ENTRIES = 1_000;

/** A condition read a field that is too large. */
export class TooLargeError extends Error {
  override readonly name = "TooLargeError";
}

/** Stands for a value that is too large. */
const tooLarge = Symbol("too large");

/**
 * An event as conditions see it. CEL knows no null where a field has a type: what Okta sends as null is a missing field, a
 * null list is empty. A whole number is CEL's `int` where the field is declared so, and a `double` elsewhere. A field that is
 * too large is there, but reading it throws: cut off, it would make `!x.contains(…)` true, and left out `!has(x)`, while an
 * event of which the condition reads other fields is matched as usual.
 *
 * @throws TooLargeError when the event itself has too many fields
 */
export function conditionEvent(attributes: JsonObject): object {
  if (hasTooManyFields(attributes)) refuse();
  const { target } = attributes;
  const given = Array.isArray(target) ? attributes : { ...attributes, target: [] };
  return cleanObject(given, eventFields);
}

/** The value without nulls and in CEL's own types, or the mark that it is too large. */
function clean(value: unknown, declared: Declared | undefined): unknown {
  if (typeof value === "string")
    return value.length > MAXIMUM_CHARACTERS ? tooLarge : moment(value, declared);
  if (Array.isArray(value)) return cleanList(value, itemsOf(declared));
  if (declared === "int" && Number.isSafeInteger(value)) return BigInt(Number(value));
  if (!isObject(value)) return value;
  if (hasTooManyFields(value)) return tooLarge;
  return typeof declared === "object" ? cleanObject(value, declared) : cleanMap(value);
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

/** Whether an object has too many fields, or one whose name is too long. */
function hasTooManyFields(object: JsonObject): boolean {
  const names = Object.keys(object);
  return names.length > MAXIMUM_ENTRIES || names.some((name) => name.length > MAXIMUM_CHARACTERS);
}

function cleanMap(given: JsonObject): object | typeof tooLarge {
  const fields = Object.keys(given)
    .filter((name) => given[name] !== null)
    .map((name) => [name, clean(given[name], undefined)] as const);
  if (Object.hasOwn(given, "constructor")) {
    // The interpreter takes an object's `constructor` for its type; of a map it does not.
    return fields.some(([, field]) => field === tooLarge) ? tooLarge : new Map(fields);
  }
  const map = Object.fromEntries(fields);
  for (const [name, field] of fields) if (field === tooLarge) refuseToRead(map, name);
  return map;
}

/** An object of a declared type, with the fields that a condition can name. */
function cleanObject(given: JsonObject, declared: Fields): object {
  const object = new (makerOf(declared))();
  for (const name of Object.keys(given)) {
    const type = fieldOf(declared, name);
    if (type === undefined) continue;
    const value = given[name] ?? emptyList(type);
    if (value === null) continue;
    const field = clean(value, type);
    if (field === tooLarge) refuseToRead(object, name);
    else object[name] = field;
  }
  return object;
}

/** What stands for a null: nothing, but an empty list where a list belongs. */
function emptyList(declared: Declared): readonly [] | null {
  return itemsOf(declared) === undefined ? null : [];
}

/** Has the reading of a field throw. */
function refuseToRead(object: object, name: string): void {
  Object.defineProperty(object, name, { get: refuse, enumerable: true, configurable: true });
}

function refuse(): never {
  throw new TooLargeError("The event has more there than a condition may read.");
}
