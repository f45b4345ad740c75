import { type Properties, type PropertyValue, ProviderError } from "../handler.ts";

/** Takes values out of inputs that were checked against the schema, or out of outputs. */

/**
 * @throws ProviderError when it is not there, as in a state that someone else wrote
 *
 * @own A state that somebody else wrote; the schema has checked the program's own.
 */
export function stringIn(properties: Properties, key: string): string {
  const value = properties[key];
  if (typeof value !== "string") throw new ProviderError(`The property ${key} has no text.`);
  return value;
}

/** An object, undefined when there is none. */
export function objectIn(properties: Properties, key: string): Properties | undefined {
  const value = properties[key];
  return isProperties(value) ? value : undefined;
}

/** The objects of a list, none when there is no list. */
export function objectsIn(properties: Properties, key: string): readonly Properties[] {
  const value = properties[key];
  return Array.isArray(value) ? value.filter(isProperties) : [];
}

/** Those of these properties that are set. */
export function pick(properties: Properties, ...keys: readonly string[]): Properties {
  const entries = keys.flatMap((key) => {
    const value = properties[key];
    return value === undefined || value === null ? [] : [[key, value] as const];
  });
  return Object.fromEntries(entries);
}

/** Whether a property is an object. */
export function isProperties(value: PropertyValue | undefined): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The id that follows a collection in a full name, such as `queues` in `projects/p/queues/q`; "" when it has none. */
export function idIn(fullName: string, collection: string): string {
  const segments = fullName.split("/");
  const place = segments.indexOf(collection);
  return place < 0 ? "" : (segments[place + 1] ?? "");
}

/** Takes a name that may be a full one: only its last segment counts. */
export function lastSegment(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}
