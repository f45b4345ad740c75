import { isObject, type JsonObject } from "../../../../function/shared/json.ts";
import type {
  InputFailure,
  Properties,
  PropertyValue,
  ResourceHandler,
  ResourceSchema,
} from "../../handler.ts";
import { toProperties } from "../answers.ts";
import { isProperties, stringIn } from "../inputs.ts";
import { type Context, deletionPolicy, resourceHandler } from "../resource.ts";
import { replacing, text } from "../schema.ts";

/** A type of resource that its API keeps as it is sent. */
export interface DocumentKind {
  readonly schema: ResourceSchema;
  /** Fields that the program may leave out. */
  readonly defaults?: Properties;
  /** Where it is made, such as `/v3/projects/p/alertPolicies`. */
  readonly place: (inputs: Properties) => string;
  /** The inputs as the API takes them; the same unless given. */
  readonly bodyOf?: (inputs: Properties) => JsonObject;
  /** The inputs that an answer means; the same unless given. */
  readonly inputsOf?: (answer: JsonObject) => JsonObject;
  /** Outputs besides the inputs. */
  readonly outputsOf: (answer: JsonObject, id: string) => Properties;
  /** The id of a resource from the answer to its creation; its name unless given. */
  readonly idOf?: (answer: JsonObject, inputs: Properties) => string;
  /** How it is changed. `PATCH with mask` names the fields that differ. */
  readonly change: "PATCH with mask" | "PATCH" | "PUT";
  /** The version of its API. */
  readonly version: "v1" | "v2" | "v3";
  /** Inputs that no answer has. */
  readonly untold?: readonly string[];
  readonly filledIn?: readonly string[];
  readonly validate?: (inputs: Properties) => readonly InputFailure[];
}

/**
 * Makes, changes and deletes such a resource.
 *
 * @decision Fields whose value is 0, empty or false are not sent, and an answer that lacks them means them.
 * @evidence vendor-code: the plugin of @pulumi/gcp 9.37.0, built from source, run against a server that recorded its calls: a
 * threshold of 0 is not sent. documentation: Protocol Buffers, "ProtoJSON format": fields with default values are left out.
 * @matters deployment fails: otherwise each update would change the alert again.
 */
export function documentHandler(
  { client, project }: Context,
  { schema, place, idOf, change, version, ...kind }: DocumentKind,
): ResourceHandler {
  const defaults = { project, deletionPolicy: deletionPolicy.default, ...kind.defaults };
  const bodyOf = (inputs: Properties) => {
    const { project: _project, deletionPolicy: _policy, ...given } = inputs;
    return withoutEmpty(kind.bodyOf?.(given) ?? given);
  };
  return resourceHandler({
    schema: {
      ...schema,
      inputs: { ...schema.inputs, project: replacing(text), deletionPolicy: deletionPolicy.schema },
    },
    defaults,
    untold: ["project", "deletionPolicy", ...(kind.untold ?? [])],
    filledIn: kind.filledIn ?? [],
    ...(kind.validate === undefined ? {} : { validate: kind.validate }),
    async create(inputs) {
      const answer = await client.call("POST", place(inputs), bodyOf(inputs));
      return { id: idOf?.(answer, inputs) ?? String(answer["name"]) };
    },
    get: (id) => client.find(`/${version}/${id}`),
    describe: (answer, known, id) => ({
      ...inFormOf(known, toProperties(kind.inputsOf?.(answer) ?? answer), Object.keys(schema.inputs)),
      ...kind.outputsOf(answer, id),
    }),
    async update({ id }, inputs, changed) {
      const names = Object.keys(schema.inputs).filter((name) => changed.has(name));
      if (names.length === 0) return;
      const fields = Object.keys(
        bodyOf(Object.fromEntries(names.map((name) => [name, inputs[name] ?? null]))),
      );
      const mask = change === "PATCH with mask" ? `?updateMask=${fields.join(",")}` : "";
      await client.call(change === "PUT" ? "PUT" : "PATCH", `/${version}/${id}${mask}`, bodyOf(inputs));
    },
    delete: async ({ id }) => void (await client.remove(`/${version}/${id}`)),
  });
}

/** The place of a collection in the resource's own project. */
export function inProject(version: string, collection: string): DocumentKind["place"] {
  return (inputs) => `/${version}/projects/${stringIn(inputs, "project")}/${collection}`;
}

function withoutEmpty(value: unknown): JsonObject {
  const cleaned = clean(value);
  return isObject(cleaned) ? cleaned : {};
}

function clean(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(clean);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, clean(item)] as const);
  return Object.fromEntries(entries.filter(([, item]) => !isEmpty(item)));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === 0 || value === false) return true;
  return Array.isArray(value) ? value.length === 0 : false;
}

/** An answer's fields, in the form in which the program wrote what means the same. */
function inFormOf(known: Properties, answered: Properties, names: readonly string[]): Properties {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = sameForm(known[name], answered[name]);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

function sameForm(
  known: PropertyValue | undefined,
  answered: PropertyValue | undefined,
): PropertyValue | undefined {
  if (answered === undefined) return known !== undefined && isEmpty(known) ? known : undefined;
  if (Array.isArray(answered)) {
    const list: readonly PropertyValue[] = Array.isArray(known) ? known : [];
    return answered.map((item: PropertyValue, index) => sameForm(list[index], item) ?? item);
  }
  if (!isProperties(answered)) return answered;
  const before: Properties = isProperties(known ?? null) ? (known as Properties) : {};
  const names = new Set([...Object.keys(answered), ...Object.keys(before)]);
  return inFormOf(before, answered, [...names]);
}
