/** A property of a resource as the engine's protocol carries it: JSON, with assets in their signed form. */
export type PropertyValue =
  | null
  | boolean
  | number
  | string
  | readonly PropertyValue[]
  | { readonly [key: string]: PropertyValue };

/** The inputs or outputs of a resource. Secrets are unwrapped here; the driver wraps them again. */
export type Properties = { readonly [key: string]: PropertyValue };

/** What a cloud holds of one resource: its provider id and all its output properties, inputs included. */
export interface ResourceState {
  readonly id: string;
  readonly outputs: Properties;
}

/** What is known of one input: enough to validate it in a preview and to distinguish an update from a replacement. */
export interface InputSchema {
  readonly type: "string" | "integer" | "number" | "boolean" | "list" | "map" | "object" | "asset";
  readonly required?: boolean;
  /** A change makes a new resource. */
  readonly replaces?: boolean;
  readonly secret?: boolean;
  /** The items of a list, or the values of a map. */
  readonly items?: InputSchema;
  /** The fields of an object; any others are refused. An object without takes whatever it is given. */
  readonly properties?: Readonly<Record<string, InputSchema>>;
  readonly oneOf?: readonly string[];
  /** A list that is a set: another order is not a change. */
  readonly unordered?: boolean;
}

/** What is known of a resource type. */
export interface ResourceSchema {
  readonly inputs: Readonly<Record<string, InputSchema>>;
  /** The input that gets `<logical name>-<7 hex>` when unset, the maximum length of its value, and whether capitals become small. */
  readonly autoName?: { readonly input: string; readonly maximum: number; readonly lowerCase?: true };
  /** Outputs that are secret whatever the inputs are. */
  readonly secretOutputs?: readonly string[];
  readonly deleteBeforeReplace?: boolean;
}

/** What is wrong with one input. */
export interface InputFailure {
  /** The path of the input, such as `channel.uri` or `headers[0].key`. */
  readonly property: string;
  /** What it must be, worded to follow the path: `is required`. */
  readonly reason: string;
}

/** Makes, changes and unmakes the resources of one type by calling a cloud's HTTP API as the real provider does. */
export interface ResourceHandler {
  readonly schema: ResourceSchema;
  /**
   * Constraints beyond the schema that the real provider checks in a preview. Called with inputs that fit the schema,
   * and where a value is known only after the update, with `unknown` of properties.ts.
   */
  validate?(inputs: Properties): readonly InputFailure[];
  /**
   * @param inputs checked, all of them known, and named
   * @throws ProviderError when the cloud refuses
   */
  create(inputs: Properties): Promise<ResourceState>;
  /**
   * What the cloud holds now, in the form of the outputs; what it never returns is kept from `state`. Undefined when
   * the resource is gone.
   * @throws ProviderError when the cloud refuses
   */
  read(state: ResourceState): Promise<ResourceState | undefined>;
  /**
   * Absent where every input replaces.
   * @throws ProviderError when the cloud refuses
   */
  update?(state: ResourceState, inputs: Properties): Promise<ResourceState>;
  /** @throws ProviderError when the cloud refuses */
  delete(state: ResourceState): Promise<void>;
}

/** Answers one provider function (an "invoke" in the engine's protocol), such as a look-up. */
export type InvokeHandler = (inputs: Properties) => Promise<Properties>;

/** One provider: its resource types and functions by token, such as `okta:group/group:Group`. */
export interface Provider {
  /**
   * Takes the stack's configuration of this package, such as `apiToken` of `okta:apiToken`, before anything else is asked.
   * @throws ProviderError when the real provider would refuse it
   */
  configure?(settings: Readonly<Record<string, string>>): Promise<void>;
  readonly resources: Readonly<Record<string, ResourceHandler>>;
  readonly functions: Readonly<Record<string, InvokeHandler>>;
}

/** A refusal by a cloud or by a provider's own checks, worded for the person who deploys. */
export class ProviderError extends Error {
  override readonly name = "ProviderError";
}

/**
 * A `create` that failed after something came to be, or an `update` that failed on the way: the resource stays in the
 * state as `state` has it, and the next update goes on from there (Pulumi, provider.proto, ErrorResourceInitFailed).
 */
export class PartialCreateError extends ProviderError {
  readonly state: ResourceState;

  constructor(message: string, state: ResourceState, options?: ErrorOptions) {
    super(message, options);
    this.state = state;
  }
}
