import { invalidField } from "./errors.ts";

/** Reads the fields of a JSON object; what has the wrong type is refused by a 400 that names the field. */
export interface Fields {
  /** The object's place in the request, such as `queue.rateLimits`. */
  readonly path: string;
  readonly raw: Readonly<Record<string, unknown>>;
  has(key: string): boolean;
  /** A string that must be there and not be empty. */
  string(key: string): string;
  optionalString(key: string): string | undefined;
  /** A number; text of digits is taken too, since JSON carries 64-bit integers as strings. */
  optionalNumber(key: string): number | undefined;
  optionalInteger(key: string): number | undefined;
  optionalBoolean(key: string): boolean | undefined;
  object(key: string): Fields;
  optionalObject(key: string): Fields | undefined;
  /** A list of objects, empty when absent. */
  objects(key: string): readonly Fields[];
  /** A map of strings, empty when absent. */
  strings(key: string): Readonly<Record<string, string>>;
  /** A list of strings, empty when absent. */
  stringList(key: string): readonly string[];
  /** The error for a field of this object. */
  invalid(key: string, reason: string): Error;
}

/** Whether a value is an object with keys, not a list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Parses the bytes of a body; none count as an empty object, as the APIs take them. */
export function parseFields(body: Uint8Array): Fields {
  if (body.length === 0) return fields({}, "");
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(body));
  } catch {
    throw invalidField("body", "the request is not JSON");
  }
  return fields(value, "");
}

/** Wraps a JSON value that must be an object. */
export function fields(value: unknown, path: string): Fields {
  if (!isObject(value)) throw invalidField(path === "" ? "body" : path, "must be an object");
  // Of names that every object answers to, none is a field.
  const raw: Record<string, unknown> = Object.assign(Object.create(null), value);
  const place = (key: string) => (path === "" ? key : `${path}.${key}`);
  const invalid = (key: string, reason: string) => invalidField(place(key), reason);
  const has = (key: string) => raw[key] !== undefined && raw[key] !== null;

  function optionalString(key: string): string | undefined {
    const found = raw[key];
    if (found === undefined || found === null) return undefined;
    if (typeof found !== "string") throw invalid(key, "must be a string");
    return found;
  }

  function optionalNumber(key: string): number | undefined {
    const found = raw[key];
    if (found === undefined || found === null) return undefined;
    const number = typeof found === "string" && found !== "" ? Number(found) : found;
    if (typeof number !== "number" || !Number.isFinite(number)) throw invalid(key, "must be a number");
    return number;
  }

  function list(key: string): readonly unknown[] {
    const found = raw[key] ?? [];
    if (!Array.isArray(found)) throw invalid(key, "must be a list");
    return found;
  }

  return {
    path,
    raw,
    has,
    invalid,
    optionalString,
    optionalNumber,
    string(key) {
      const found = optionalString(key);
      if (found === undefined || found === "") throw invalid(key, "is required");
      return found;
    },
    optionalInteger(key) {
      const found = optionalNumber(key);
      if (found !== undefined && !Number.isInteger(found)) throw invalid(key, "must be an integer");
      return found;
    },
    optionalBoolean(key) {
      const found = raw[key];
      if (found === undefined || found === null) return undefined;
      if (typeof found !== "boolean") throw invalid(key, "must be true or false");
      return found;
    },
    object(key) {
      if (!has(key)) throw invalid(key, "is required");
      return fields(raw[key], place(key));
    },
    optionalObject: (key) => (has(key) ? fields(raw[key], place(key)) : undefined),
    objects: (key) => list(key).map((item, index) => fields(item, `${place(key)}[${index}]`)),
    strings(key) {
      if (!has(key)) return {};
      const map: Record<string, string> = Object.create(null);
      for (const [name, item] of Object.entries(fields(raw[key], place(key)).raw)) {
        if (typeof item !== "string") throw invalid(`${key}.${name}`, "must be a string");
        map[name] = item;
      }
      return map;
    },
    stringList(key) {
      return list(key).map((item, index) => {
        if (typeof item !== "string") throw invalid(`${key}[${index}]`, "must be a string");
        return item;
      });
    },
  };
}
