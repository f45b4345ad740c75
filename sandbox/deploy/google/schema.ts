import type { InputFailure, InputSchema, Properties, PropertyValue } from "../handler.ts";
import { unknown } from "../properties.ts";

/** Short ways to write down what is known of inputs. */
export const text: InputSchema = { type: "string" };
export const flag: InputSchema = { type: "boolean" };
export const integer: InputSchema = { type: "integer" };
export const number: InputSchema = { type: "number" };
export const texts: InputSchema = { type: "list", items: text };
/** A map of texts, such as labels. */
export const textMap: InputSchema = { type: "map", items: text };

/** One of some texts: the real provider knows them and refuses others in a preview. */
export function oneOf(...values: readonly string[]): InputSchema {
  return { type: "string", oneOf: values };
}

/** An object with these fields and no others. */
export function block(properties: Readonly<Record<string, InputSchema>>): InputSchema {
  return { type: "object", properties };
}

export function list(items: InputSchema): InputSchema {
  return { type: "list", items };
}

/** A list whose order says nothing. */
export function set(items: InputSchema): InputSchema {
  return { type: "list", items, unordered: true };
}

export function required(schema: InputSchema): InputSchema {
  return { ...schema, required: true };
}

/** A change makes a new resource. */
export function replacing(schema: InputSchema): InputSchema {
  return { ...schema, replaces: true };
}

export function secret(schema: InputSchema): InputSchema {
  return { ...schema, secret: true };
}

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
