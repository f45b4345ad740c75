import { randomBytes } from "node:crypto";
import type { InputFailure, InputSchema, Properties, PropertyValue, ResourceHandler } from "./handler.ts";
import { isAsset, isList, isObject, unknown } from "./properties.ts";

/** The inputs as a handler takes them, and what is wrong with them. */
export interface CheckedInputs {
  readonly inputs: Properties;
  readonly failures: readonly InputFailure[];
}

/** The end of a name that was made here: a hyphen and seven hexadecimal digits (Pulumi, "Resource names"). */
const autoNameEnd = /-[0-9a-f]{7}$/;

/**
 * Checks a resource's inputs as a provider does in a preview, and names what the program left unnamed: as it was named
 * before, or anew. A null is as good as absent, and is left out, as is what an engine adds under a name with `__`.
 *
 * @param name the resource's logical name
 * @param oldInputs what this function answered for the resource that exists, if one does
 * @param inputs without secret marks; `unknown` stands for what is known only after the update
 */
export function checkInputs(
  handler: ResourceHandler,
  name: string,
  oldInputs: Properties | undefined,
  inputs: Properties,
): CheckedInputs {
  const { inputs: schemas, autoName } = handler.schema;
  const given = withoutNulls(
    Object.fromEntries(Object.entries(inputs).filter(([key]) => !key.startsWith("__"))),
  );
  const failures: InputFailure[] = [];
  const named =
    autoName === undefined || given[autoName.input] !== undefined
      ? given
      : {
          ...given,
          [autoName.input]: autoNameOf(
            autoName.lowerCase ? name.toLowerCase() : name,
            oldInputs?.[autoName.input],
          ),
        };
  if (autoName !== undefined && named !== given) {
    const made = named[autoName.input];
    if (typeof made === "string" && made.length > autoName.maximum) {
      failures.push({
        property: autoName.input,
        reason: `is made from the resource's name, "${name}", and passes ${autoName.maximum} characters: shorten that, or set it`,
      });
    }
  }
  checkFields("", named, schemas, failures);
  if (failures.length === 0) failures.push(...(handler.validate?.(named) ?? []));
  return { inputs: named, failures };
}

/** Whether a name has the form of one that was made from a resource's logical name. */
export function isAutoName(name: PropertyValue | undefined): boolean {
  return typeof name === "string" && autoNameEnd.test(name);
}

function autoNameOf(name: string, before: PropertyValue | undefined): PropertyValue {
  if (before !== undefined && isAutoName(before)) return before;
  return `${name}-${randomBytes(4).toString("hex").slice(0, 7)}`;
}

function checkFields(
  path: string,
  values: Properties,
  schemas: Readonly<Record<string, InputSchema>>,
  failures: InputFailure[],
): void {
  const pathOf = (key: string): string => (path === "" ? key : `${path}.${key}`);
  for (const key of Object.keys(values)) {
    if (Object.hasOwn(schemas, key)) continue;
    const known = Object.keys(schemas).join(", ");
    failures.push({ property: pathOf(key), reason: `is not known here; known are ${known}` });
  }
  for (const [key, schema] of Object.entries(schemas)) {
    const value = values[key];
    if (value !== undefined) checkValue(pathOf(key), value, schema, failures);
    else if (schema.required) failures.push({ property: pathOf(key), reason: "is required" });
  }
}

function checkValue(path: string, value: PropertyValue, schema: InputSchema, failures: InputFailure[]): void {
  if (value === unknown) return;
  if (!isOfType(value, schema.type)) {
    failures.push({ property: path, reason: `must be ${typeNames[schema.type]}` });
    return;
  }
  if (schema.oneOf !== undefined && typeof value === "string" && !schema.oneOf.includes(value)) {
    failures.push({ property: path, reason: `must be one of ${schema.oneOf.join(", ")}, not "${value}"` });
  }
  const { items, properties } = schema;
  if (isList(value)) {
    if (items === undefined) return;
    for (const [index, item] of value.entries()) checkValue(`${path}[${index}]`, item, items, failures);
  } else if (isObject(value) && schema.type === "map") {
    if (items === undefined) return;
    for (const [key, item] of Object.entries(value)) checkValue(`${path}.${key}`, item, items, failures);
  } else if (isObject(value) && properties !== undefined) {
    checkFields(path, value, properties, failures);
  }
}

const typeNames: Readonly<Record<InputSchema["type"], string>> = {
  string: "a string",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  list: "a list",
  map: "a map",
  object: "an object",
  asset: "an asset",
};

function isOfType(value: PropertyValue, type: InputSchema["type"]): boolean {
  switch (type) {
    case "integer":
      return Number.isInteger(value);
    case "list":
      return isList(value);
    case "map":
    case "object":
      return isObject(value) && !isAsset(value);
    case "asset":
      return isAsset(value);
    default:
      return typeof value === type;
  }
}

/** Without the nulls among the fields of objects; a list keeps its items' places. */
function withoutNulls(properties: Properties): Properties {
  const clean = (value: PropertyValue): PropertyValue => {
    if (isList(value)) return value.map(clean);
    return isObject(value) ? withoutNulls(value) : value;
  };
  return Object.fromEntries(
    Object.entries(properties).flatMap(([key, value]) => (value === null ? [] : [[key, clean(value)]])),
  );
}
