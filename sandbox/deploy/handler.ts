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

/** Makes and unmakes the resources of one type by calling a cloud's HTTP API as the real provider does. */
export interface ResourceHandler {
  /**
   * @param name the resource's logical name, from which auto-names are made
   * @param inputs the program's inputs, all of them known
   * @throws ProviderError when an input is wrong or the cloud refuses
   */
  create(name: string, inputs: Properties): Promise<ResourceState>;
  /** @throws ProviderError when the cloud refuses */
  delete(state: ResourceState): Promise<void>;
}

/** Answers one provider function (an "invoke" in the engine's protocol), such as a look-up. */
export type InvokeHandler = (inputs: Properties) => Promise<Properties>;

/** One provider: its resource types and functions by token, such as `okta:group/group:Group`. */
export interface Provider {
  readonly resources: Readonly<Record<string, ResourceHandler>>;
  readonly functions: Readonly<Record<string, InvokeHandler>>;
}

/** A refusal by a cloud or by a provider's own checks, worded for the person who deploys. */
export class ProviderError extends Error {
  override readonly name = "ProviderError";
}
