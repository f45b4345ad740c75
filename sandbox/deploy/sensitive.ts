import { own } from "../../function/shared/json.ts";
import type { InputSchema, Properties, PropertyValue, ResourceSchema } from "./handler.ts";
import { isList, isObject, markSecrets, secret, unknown } from "./properties.ts";

/** The inputs or outputs of a resource, with those marked as secret that its schema says are, at whatever depth. */
export function markSensitive(
  { inputs, secretOutputs = [] }: ResourceSchema,
  values: Properties,
): Properties {
  return markSecrets(markFields(inputs, values), {}, secretOutputs);
}

function markFields(schemas: Readonly<Record<string, InputSchema>>, values: Properties): Properties {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => {
      const schema = own(schemas, key);
      return [key, schema === undefined ? value : markValue(schema, value)];
    }),
  );
}

function markValue(schema: InputSchema, value: PropertyValue): PropertyValue {
  if (value === null || value === unknown) return value;
  if (schema.secret === true) return secret(value);
  const { items, properties } = schema;
  if (isList(value)) return items === undefined ? value : value.map((item) => markValue(items, item));
  if (!isObject(value)) return value;
  if (properties !== undefined) return markFields(properties, value);
  return schema.type === "map" && items !== undefined
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, markValue(items, item)]))
    : value;
}
