import { isObject } from "../../function/shared/json.ts";
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

/**
 * Parses the bytes of a body; none count as an empty object, as the APIs take them.
 *
 * @decision A body that is not JSON is refused with 400 INVALID_ARGUMENT.
 * @evidence recorded: googlecodelabs/feedback#441: 400 INVALID_ARGUMENT, "Invalid JSON payload received.…".
 * @matters sandbox only: the provider and the client libraries send JSON.
 */
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

/**
 * Wraps a JSON value that must be an object.
 *
 * @decision A value of another JSON type than its field's is refused with 400, and the field is named.
 * @evidence recorded: google-marketing-solutions/dv360-api-appsscript-samples#7: 400 INVALID_ARGUMENT,
 * google.rpc.BadRequest with the field.
 * @matters deployment fails: a plugin that sends another type is refused.
 */
export function fields(value: unknown, path: string): Fields {
  if (!isObject(value)) throw invalidField(path === "" ? "body" : path, "must be an object");
  // Of names that every object answers to, none is a field.
  const raw: Record<string, unknown> = Object.assign(Object.create(null), value);
  const place = (key: string) => (path === "" ? key : `${path}.${key}`);
  /**
   * @own The error for a field, which its callers decide to throw.
   */
  const invalid = (key: string, reason: string) => invalidField(place(key), reason);
  const has = (key: string) => raw[key] !== undefined && raw[key] !== null;

  /**
   * @own Another value than a string, for a string: see `fields`.
   */
  function optionalString(key: string): string | undefined {
    const found = raw[key];
    if (found === undefined || found === null) return undefined;
    if (typeof found !== "string") throw invalid(key, "must be a string");
    return found;
  }

  /**
   * @own Another value than a number or its digits, for a number: see `fields`.
   */
  function optionalNumber(key: string): number | undefined {
    const found = raw[key];
    if (found === undefined || found === null) return undefined;
    const number = typeof found === "string" && found !== "" ? Number(found) : found;
    if (typeof number !== "number" || !Number.isFinite(number)) throw invalid(key, "must be a number");
    return number;
  }

  /**
   * @own Another value than a list, for a list: see `fields`.
   */
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
    /**
     * @decision A required field that is missing or empty is refused with 400.
     * @evidence assumed: the APIs' descriptions call the fields required (google.api.field_behavior, AIP-203); the
     * words differ from service to service.
     * @show No deployment shows it: the provider's requests have the fields.
     * @matters sandbox only: the provider sends all of them.
     */
    string(key) {
      const found = optionalString(key);
      if (found === undefined || found === "") throw invalid(key, "is required");
      return found;
    },
    /**
     * @own A fraction for an integer: see `fields`.
     */
    optionalInteger(key) {
      const found = optionalNumber(key);
      if (found !== undefined && !Number.isInteger(found)) throw invalid(key, "must be an integer");
      return found;
    },
    /**
     * @own Another value than true or false, for a boolean: see `fields`.
     */
    optionalBoolean(key) {
      const found = raw[key];
      if (found === undefined || found === null) return undefined;
      if (typeof found !== "boolean") throw invalid(key, "must be true or false");
      return found;
    },
    /**
     * @own A required object that is missing: see `string`.
     */
    object(key) {
      if (!has(key)) throw invalid(key, "is required");
      return fields(raw[key], place(key));
    },
    optionalObject: (key) => (has(key) ? fields(raw[key], place(key)) : undefined),
    objects: (key) => list(key).map((item, index) => fields(item, `${place(key)}[${index}]`)),
    /**
     * @own Another value than a string in a map of strings: see `fields`.
     */
    strings(key) {
      if (!has(key)) return {};
      const map: Record<string, string> = Object.create(null);
      for (const [name, item] of Object.entries(fields(raw[key], place(key)).raw)) {
        if (typeof item !== "string") throw invalid(`${key}.${name}`, "must be a string");
        map[name] = item;
      }
      return map;
    },
    /**
     * @own Another value than a string in a list of strings: see `fields`.
     */
    stringList(key) {
      return list(key).map((item, index) => {
        if (typeof item !== "string") throw invalid(`${key}[${index}]`, "must be a string");
        return item;
      });
    },
  };
}

const FORM = /^(\d{1,12})(?:\.(\d{1,9}))?s$/;

/** Reads a duration such as "3.5s" (protobuf, JSON mapping of Duration) as milliseconds. */
export function optionalDuration(from: Fields, key: string): number | undefined {
  const text = from.optionalString(key);
  if (text === undefined) return undefined;
  const match = FORM.exec(text);
  /**
   * @decision A duration is seconds, with up to nine digits of fraction and an s at the end; another is refused with
   * 400.
   * @evidence documentation: the description of google.protobuf.Duration in the APIs' reference: "A duration in
   * seconds with up to nine fractional digits, ending with 's'" (for example Cloud Scheduler, REST reference v1,
   * Job.attemptDeadline).
   * @matters deployment fails: the program writes its durations so.
   */
  if (!match) throw from.invalid(key, `"${text}" is not a duration in seconds that ends in "s", like "3.5s"`);
  return Number(text.slice(0, -1)) * 1000;
}

/** Writes milliseconds as a duration, with none or three digits of fraction. */
export function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  return Number.isInteger(seconds) ? `${seconds}s` : `${seconds.toFixed(3)}s`;
}

const KEY = /^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u;
const VALUE = /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u;

/**
 * Reads `labels` and checks them (Google Cloud, Requirements for labels): at most 64, lower case, 63 characters.
 *
 * @decision A resource has up to 64 labels, of 63 characters each: lower-case and international letters, digits, _
 * and -, the key beginning with a letter. Others are refused with 400.
 * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/secretmanager/v1/resources.proto,
 * Secret.labels: \p{Ll}\p{Lo}{0,62} for keys, [\p{Ll}\p{Lo}\p{N}_-]{0,63} for values, "No more than 64 labels"; Cloud
 * KMS, "Labeling keys" (https://cloud.google.com/kms/docs/labeling-keys).
 * @matters deployment fails: the stack's labels are set on what has them.
 */
export function readLabels(from: Fields): Readonly<Record<string, string>> {
  const labels = from.strings("labels");
  const entries = Object.entries(labels);
  if (entries.length > 64) throw from.invalid("labels", "more than 64 labels");
  for (const [key, value] of entries) {
    if (!KEY.test(key)) {
      throw from.invalid(
        `labels.${key}`,
        "a key has lower-case letters, digits, _ and -, 63 at most, a letter first",
      );
    }
    if (!VALUE.test(value)) {
      throw from.invalid(`labels.${key}`, "a value has lower-case letters, digits, _ and -, 63 at most");
    }
  }
  return labels;
}
