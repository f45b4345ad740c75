/** A JSON object, of which nothing is known yet but that it is one. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * A field of an object that is there under a name from outside. Every object answers to names such as `constructor`
 * through its prototype; those are none of its fields.
 */
export function own<Value>(object: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** What a text says in JSON; undefined when it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a parsed value is an object, and no list and not null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
