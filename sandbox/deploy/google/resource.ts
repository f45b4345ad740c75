import type { JsonObject } from "../../../function/shared/json.ts";
import { diffInputs } from "../diff.ts";
import {
  type InputFailure,
  type InputSchema,
  PartialCreateError,
  type Properties,
  type PropertyValue,
  ProviderError,
  type ResourceHandler,
  type ResourceSchema,
  type ResourceState,
} from "../handler.ts";
import type { Client } from "./client.ts";
import { isProperties, pick } from "./inputs.ts";

/** What the handlers of a provider share. */
export interface Context {
  readonly client: Client;
  readonly project: string;
  readonly region: string;
  /** The folder that relative paths of assets start from. */
  readonly programFolder: string;
}

/** A resource that a first call made. */
export interface Made {
  readonly id: string;
  /** What is left to be done until it is as it was asked for. */
  finish?(): Promise<unknown>;
}

/** One type of resource: its calls, and how an answer becomes outputs. */
export interface ResourceKind {
  readonly schema: ResourceSchema;
  /** What an input is that the program leaves out. */
  readonly defaults: Properties;
  /** Inputs that no answer has: they steer the provider, or are secret. */
  readonly untold: readonly string[];
  /** The paths of inputs that the cloud fills in: leaving them out is not a change. */
  readonly filledIn: readonly string[];
  validate?(inputs: Properties): readonly InputFailure[];
  create(inputs: Properties): Promise<Made>;
  /** What the API answers of it; undefined when it is gone. */
  get(id: string, known: Properties): Promise<JsonObject | undefined>;
  /**
   * The outputs, except the inputs that no answer has.
   * @param known the inputs, or the outputs when last seen: what means the same keeps their form
   */
  describe(answer: JsonObject, known: Properties, id: string): Properties;
  /**
   * Absent where every input replaces.
   * @param changed the names of the inputs that differ from the state's outputs: it makes no call for others
   */
  update?(state: ResourceState, inputs: Properties, changed: ReadonlySet<string>): Promise<void>;
  delete(state: ResourceState): Promise<void>;
}

/** The inputs and defaults of the types that a program may keep from deletion (Google Cloud provider: deletion_policy). */
export const deletionPolicy = { schema: { type: "string" }, default: "DELETE" } as const;

/**
 * Makes the handler of one type. As with the real provider, a creation that fails halfway keeps what was made in the
 * state, and an update that fails keeps what was asked for: the update after it then finds nothing to do.
 */
export function resourceHandler(kind: ResourceKind): ResourceHandler {
  const filledIn = new Set(kind.filledIn);

  /**
   * @decision A read of what is gone takes it out of the state; right after its creation or change, that is a
   * failure.
   * @evidence assumed: the provider clears the id (HandleNotFoundError, hashicorp/terraform-provider-google-beta
   * 93c65b2, google-beta/transport/transport.go); what Pulumi's bridge then says was not seen.
   * @show No deployment shows it, unless somebody deletes a resource within seconds.
   * @matters sandbox only: a resource is there right after its creation.
   */
  async function seen(id: string, known: Properties): Promise<ResourceState | undefined> {
    const answer = await kind.get(id, known);
    if (answer === undefined) return undefined;
    return { id, outputs: { ...pick(known, ...kind.untold), ...kind.describe(answer, known, id) } };
  }

  /**
   * @own What is gone right after it was made or changed is reported as a failure of that step: see `seen`.
   */
  async function present(id: string, known: Properties): Promise<ResourceState> {
    const state = await seen(id, known);
    if (state === undefined) throw new ProviderError(`${id} is not there any more.`);
    return state;
  }

  /**
   * @decision An update that fails keeps what was asked for in the state.
   * @evidence vendor-code: the plugin of @pulumi/gcp 9.37.0, built from source, run against a server that recorded
   * its calls.
   * @matters misleading: the next update finds nothing to do, though the cloud has the old values.
   */
  async function update(state: ResourceState, inputs: Properties): Promise<ResourceState> {
    const wanted = { ...kind.defaults, ...inputs };
    const changed = changedInputs(kind.schema, filledIn, state.outputs, wanted);
    try {
      await kind.update?.(state, wanted, changed);
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      const kept = Object.entries(state.outputs).filter(
        ([key]) => kind.schema.inputs[key] === undefined || filledIn.has(key),
      );
      const outputs = { ...Object.fromEntries(kept), ...wanted };
      throw new PartialCreateError(error.message, { id: state.id, outputs }, { cause: error });
    }
    return await present(state.id, wanted);
  }

  return {
    schema: kind.schema,
    ...(kind.validate === undefined ? {} : { validate: kind.validate }),
    /**
     * @decision A creation of which a later step fails keeps in the state what was made, with what was asked for as its inputs.
     * @evidence vendor-code: the plugin of @pulumi/gcp 9.37.0, built from source, run against a server that recorded
     * its calls; resource_cloudfunctions2_function.go of the provider sets the id before it waits.
     * @matters deployment fails: what was made is found by the next update and by a destroy.
     */
    async create(inputs) {
      const wanted = { ...kind.defaults, ...inputs };
      const { id, finish } = await kind.create(wanted);
      try {
        await finish?.();
        return await present(id, wanted);
      } catch (error) {
        if (!(error instanceof ProviderError)) throw error;
        const left = await seen(id, wanted).catch(() => ({ id, outputs: {} }));
        if (left === undefined) throw error;
        // What was asked for, whatever is answered.
        const state = { id, outputs: { ...left.outputs, ...wanted } };
        throw new PartialCreateError(error.message, state, { cause: error });
      }
    },
    read: ({ id, outputs }) => seen(id, outputs),
    ...(kind.update === undefined ? {} : { update }),
    /**
     * @decision A deletion policy PREVENT fails the deletion, and ABANDON makes no call.
     * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
     * google-beta/services/kms/resource_kms_crypto_key.go, Delete: deletion_policy.
     * @matters sandbox only: the program keeps DELETE.
     */
    async delete(state) {
      const policy = state.outputs["deletionPolicy"];
      if (policy === "PREVENT")
        throw new ProviderError(`${state.id} has the deletion policy PREVENT: it is not deleted.`);
      if (policy !== "ABANDON") await kind.delete(state);
    },
  };
}

/**
 * The inputs that differ from what the state says the cloud holds. An input that is left out differs when the state
 * has it, unless the cloud fills it in by itself.
 * @param filledIn the paths of inputs that the cloud fills in, such as `serviceConfig.uri`
 */
function changedInputs(
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
