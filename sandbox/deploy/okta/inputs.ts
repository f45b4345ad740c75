import { type InputSchema, type Properties, type PropertyValue, ProviderError } from "../handler.ts";
import { isList, isObject } from "../properties.ts";

/** Schemas that most resources need. */
export const text = { type: "string" } as const satisfies InputSchema;
export const flag = { type: "boolean" } as const satisfies InputSchema;
export const requiredText = { type: "string", required: true } as const satisfies InputSchema;
/** A list of texts whose order means nothing. */
export const texts = { type: "list", unordered: true, items: text } as const satisfies InputSchema;

/**
 * @throws ProviderError when it is absent, empty or not text
 *
 * @decision A required input that is empty is refused.
 * @evidence vendor-code: the plugin of @pulumi/okta 6.8.0 (terraform-provider-okta v6.12.0), as it was run against a
 *   recording server (required inputs).
 * @matters deployment fails: the program's inputs are not empty.
 */
export function textOf(properties: Properties, name: string): string {
  const value = optionalTextOf(properties, name);
  if (value === undefined || value === "") throw new ProviderError(`"${name}" is required`);
  return value;
}

/** The text; undefined when it is absent. */
export function optionalTextOf(properties: Properties, name: string): string | undefined {
  const value = properties[name];
  return typeof value === "string" ? value : undefined;
}

/** The texts of a list; none when it is absent. */
export function textsOf(properties: Properties, name: string): readonly string[] {
  return listOf(properties, name).filter((item) => typeof item === "string");
}

/** The objects of a list; none when it is absent. */
export function objectsOf(properties: Properties, name: string): readonly Properties[] {
  return listOf(properties, name).filter(isObject);
}

/** The object; undefined when it is absent. */
export function objectOf(properties: Properties, name: string): Properties | undefined {
  const value = properties[name] ?? null;
  return isObject(value) ? value : undefined;
}

/** Properties without those that are undefined. */
export function present(properties: Readonly<Record<string, PropertyValue | undefined>>): Properties {
  return Object.fromEntries(
    Object.entries(properties).filter((entry): entry is [string, PropertyValue] => entry[1] !== undefined),
  );
}

/** What Okta holds of a set, in the order in which it was known before; what is new comes last. */
export function inOrderOf(before: readonly string[], held: readonly string[]): readonly string[] {
  return [...before.filter((item) => held.includes(item)), ...held.filter((item) => !before.includes(item))];
}

/** The items that are in `list` and not in `other`. */
export function without(list: readonly string[], other: readonly string[]): readonly string[] {
  return list.filter((item) => !other.includes(item));
}

function listOf(properties: Properties, name: string): readonly PropertyValue[] {
  const value = properties[name] ?? null;
  return isList(value) ? value : [];
}
