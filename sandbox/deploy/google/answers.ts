import { isObject, type JsonObject, own } from "../../../function/shared/json.ts";
import type { Properties, PropertyValue } from "../handler.ts";

/** A JSON value as a property; what JSON has no form for becomes null. */
export function toProperty(value: unknown): PropertyValue {
  if (Array.isArray(value)) return value.map(toProperty);
  if (isObject(value)) return toProperties(value);
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  return null;
}

/** A JSON object as properties, without what is undefined. */
export function toProperties(value: JsonObject): Properties {
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, toProperty(item)]));
}

/** The named fields of an answer, as text; missing ones are empty. */
export function textOf(answer: JsonObject, key: string): string {
  const value = answer[key];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** The object in a field of an answer, or an empty one. */
export function objectOf(answer: JsonObject, key: string): JsonObject {
  const value = answer[key];
  return isObject(value) ? value : {};
}

/** An answer often says the same in another form than the program did; in the program's form it is not a change. */

/** The text of an answer, in the program's form when both are the same but for case. */
export function sameButForCase(answer: JsonObject, known: Properties, key: string): PropertyValue {
  const [held, given] = [answer[key], known[key]];
  const same =
    typeof held === "string" && typeof given === "string" && held.toLowerCase() === given.toLowerCase();
  return same ? given : toProperty(held);
}

/** Texts that an API leaves out when they are empty. */
export function textsOf(answer: JsonObject, known: Properties, ...keys: readonly string[]): Properties {
  return Object.fromEntries(
    keys.flatMap((key) => {
      const held = answer[key];
      if (typeof held === "string" && held !== "") return [[key, held]];
      return known[key] === "" ? [[key, ""]] : [];
    }),
  );
}

/** Fields of an answer, durations such as "0.100s" as the program writes them: "0.1s". */
export function withDurations(fields: JsonObject, known: Properties): Properties {
  return Object.fromEntries(
    Object.entries(fields).map(([field, value]) => [field, sameDuration(value, own(known, field))]),
  );
}

function sameDuration(held: unknown, given: PropertyValue | undefined): PropertyValue {
  const seconds = secondsOf(held);
  return seconds !== undefined && seconds === secondsOf(given) ? toProperty(given) : toProperty(held);
}

/** Protocol Buffers, JSON mapping of Duration. */
function secondsOf(value: unknown): number | undefined {
  return typeof value === "string" && /^\d+(\.\d+)?s$/.test(value) ? Number(value.slice(0, -1)) : undefined;
}
