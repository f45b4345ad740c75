import { isObject, type JsonObject } from "../../../function/shared/json.ts";
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
