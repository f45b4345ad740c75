import type { InputFailure, Properties, PropertyValue } from "../handler.ts";
import { unknown } from "../properties.ts";

/** What the real provider checks of inputs beyond their types; what is known only after the update passes. */

/** A text must have a form. */
export function formed(
  property: string,
  value: PropertyValue | undefined,
  form: RegExp,
  reason: string,
): readonly InputFailure[] {
  return typeof value !== "string" || value === unknown || form.test(value) ? [] : [{ property, reason }];
}

/** Just one of some fields must be given. @param path the path of the object, with a dot, or "" */
export function exactlyOne(
  path: string,
  fields: Properties,
  names: readonly string[],
): readonly InputFailure[] {
  const given = names.filter((name) => fields[name] !== undefined);
  if (given.length === 1) return [];
  const [property = ""] = given.length === 0 ? names : given;
  return [
    { property: `${path}${property}`, reason: `is one of ${names.join(" and ")}: give just one of them` },
  ];
}

/** One of some fields, at least, must be given. */
export function atLeastOne(
  path: string,
  fields: Properties | undefined,
  names: readonly string[],
): readonly InputFailure[] {
  if (fields === undefined || names.some((name) => fields[name] !== undefined)) return [];
  return [{ property: path, reason: `needs one of ${names.join(", ")}` }];
}

/** Of some fields at most one may be given. */
export function conflicting(
  path: string,
  fields: Properties,
  names: readonly string[],
): readonly InputFailure[] {
  const [first, second] = names.filter((name) => fields[name] !== undefined);
  if (first === undefined || second === undefined) return [];
  return [{ property: `${path}${first}`, reason: `can't be given together with ${second}` }];
}
