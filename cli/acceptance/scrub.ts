import { isObject } from "../../function/shared/json.ts";

/** Takes what is somebody's out of a text: secrets, ids of people, names. */
export type Scrub = (text: string) => string;

/**
 * @param known what must not appear, with what stands in its place; longer ones first
 */
export function createScrub(known: readonly (readonly [text: string, place: string])[]): Scrub {
  const replaced = known
    .filter(([text]) => text.length > 2)
    .sort(([one], [other]) => other.length - one.length);
  return (text) => {
    let scrubbed = text;
    for (const [value, place] of replaced) scrubbed = scrubbed.replaceAll(value, place);
    return (
      scrubbed
        // JSON Web Tokens, such as assertions and access tokens (RFC 7519).
        .replaceAll(/\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?/g, "TOKEN")
        .replaceAll(/\b(?:Bearer|SSWS) [\w.~+/=-]+/g, "CREDENTIAL")
        .replaceAll(/\bsignin-groups-(?:acceptance|left-out)-[\w-]+/g, "NAME")
        .replaceAll(/[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g, "SOMEBODY@EXAMPLE")
        // Okta's ids have 20 characters, the first three of which say what it is the id of.
        .replaceAll(/\b(00[a-z]|0oa|who|cr0|iam|ra1|irb|oag|gra|pks|oty|JBC)[A-Za-z0-9]{17}\b/g, "$1ID")
        .replaceAll(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "UUID")
        // Suffixes of names that Pulumi made, and hashes.
        .replaceAll(/(?<=-)[0-9a-f]{7}\b/g, "SUFFIX")
        .replaceAll(/\b[0-9a-f]{32,}\b/g, "HASH")
        .replaceAll(/\b\d{6,}\b/g, "NUMBER")
    );
  };
}

/** The form of an answer: names and types, and no value but codes. */
export type Shape =
  | "string"
  | "number"
  | "boolean"
  | "null"
  | `=${string}`
  | readonly Shape[]
  | { readonly [key: string]: Shape };

/** The fields whose value is a code of the API, not somebody's. */
const CODES: ReadonlySet<string> = new Set([
  ...["status", "state", "code", "errorCode", "error", "reason", "type", "result", "eventType", "scopeId"],
  ...["verificationStatus", "assignmentType", "severity", "maxDoublings", "token_type"],
]);

/** A word of an API: nothing with a space, an `@` or the form of an id. */
const WORD = /^[A-Za-z][A-Za-z_.]{1,60}$|^E\d{7}$|^\d{1,3}$/;

/** Keys that are somebody's own, such as ids by which a map is keyed. */
const OWN_KEY = /[^\w$.\-:/]|\d{6,}|^0[0-9a-z]{2}[A-Za-z0-9]{17}$/;

/** What stays of an answer in a fixture. Everything but names, types and codes is left out. */
export function shapeOf(value: unknown, key = ""): Shape {
  if (value === null) return "null";
  if (Array.isArray(value)) {
    const shapes = value.map((item) => shapeOf(item));
    return shapes.filter(
      (shape, index) =>
        shapes.findIndex((other) => JSON.stringify(other) === JSON.stringify(shape)) === index,
    );
  }
  if (isObject(value)) {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name]) => !OWN_KEY.test(name))
        .map(([name, item]) => [name, shapeOf(item, name)]),
    );
  }
  if (CODES.has(key) && (typeof value === "string" || typeof value === "number") && WORD.test(String(value)))
    return `=${value}`;
  if (typeof value === "number") return "number";
  return typeof value === "boolean" ? "boolean" : "string";
}
