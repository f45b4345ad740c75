import { diffInputs } from "../diff.ts";
import type { InputSchema, Properties, PropertyValue, ResourceSchema } from "../handler.ts";
import { isProperties } from "./inputs.ts";

/**
 * The inputs that differ from what the state says the cloud holds. An input that is left out differs when the state
 * has it, unless the cloud fills it in by itself.
 * @param filledIn the paths of inputs that the cloud fills in, such as `serviceConfig.uri`
 */
export function changedInputs(
  { inputs: schemas }: ResourceSchema,
  filledIn: ReadonlySet<string>,
  held: Properties,
  wanted: Properties,
): ReadonlySet<string> {
  return new Set(
    Object.entries(schemas)
      .filter(([key, schema]) => differs(key, schema, filledIn, held[key], wanted[key]))
      .map(([key]) => key),
  );
}

function differs(
  path: string,
  schema: InputSchema,
  filledIn: ReadonlySet<string>,
  held: PropertyValue | undefined,
  wanted: PropertyValue | undefined,
): boolean {
  if (wanted === undefined || wanted === null) return !filledIn.has(path) && !isNothing(held);
  if (schema.properties !== undefined && isProperties(held) && isProperties(wanted)) {
    return Object.entries(schema.properties).some(([key, field]) =>
      differs(`${path}.${key}`, field, filledIn, held[key], wanted[key]),
    );
  }
  const compared = { inputs: {}, outputs: held === undefined ? {} : { value: held } };
  return diffInputs({ inputs: { value: schema } }, compared, { value: wanted }).changed.length > 0;
}

/** What an API answers for a field that was never set. */
function isNothing(value: PropertyValue | undefined): boolean {
  if (value === undefined || value === null || value === "" || value === false || value === 0) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
