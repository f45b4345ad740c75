import { performance } from "node:perf_hooks";
import { checkInputs } from "./check.ts";
import {
  PartialCreateError,
  type Properties,
  type Provider,
  type ResourceHandler,
  type ResourceState,
} from "./handler.ts";
import type { Hooks } from "./hooks.ts";
import type { Severity } from "./monitor.ts";
import { containsUnknown, mapAssetPaths, markSecrets, revealAll } from "./properties.ts";
import { isProviderType, type Registration } from "./registration.ts";

/** A resource that exists. */
export interface Made {
  readonly registration: Registration;
  readonly state: ResourceState;
  /** What unmakes it; a component and a provider have none. */
  readonly handler: ResourceHandler | undefined;
}

/** What the creation of a resource needs. */
export interface CreationContext {
  /** By package, such as `okta`. */
  readonly providers: Readonly<Record<string, Provider>>;
  /** Makes the path of an asset absolute: the program's working directory is not this process's. */
  readonly resolveAsset: (path: string) => string;
  readonly onProgress: ProgressListener;
  /** Keeps a resource as soon as it exists, whatever comes afterwards. */
  readonly keep: (made: Made) => void;
}

/**
 * Creates one resource with its hooks, and answers its id and outputs, secrets marked.
 * A failed `before` hook fails the creation, a failed `after` hook is a warning, an `onError` hook may have a failed
 * creation tried again: Pulumi, "Resource option: hooks".
 * @throws Error that names the resource's type and name, and why it was not created
 */
export async function createResource(
  registration: Registration,
  hooks: Hooks,
  context: CreationContext,
): Promise<{ id: string; outputs: Properties }> {
  const { type, name } = registration;
  const { onProgress } = context;
  const start = performance.now();
  const milliseconds = (): number => performance.now() - start;
  try {
    const handler = findHandler(registration, context.providers);
    if (handler !== undefined) onProgress({ kind: "creating", type, name });
    const state = await createWithRetries(registration, hooks, handler, context);
    context.keep({ registration, state, handler });
    const made = {
      id: state.id,
      outputs: markSecrets(state.outputs, registration.inputs, registration.additionalSecretOutputs),
    };
    await runAfterCreate(registration, hooks, made, onProgress);
    if (handler !== undefined) onProgress({ kind: "created", type, name, milliseconds: milliseconds() });
    return made;
  } catch (cause) {
    const message = errorMessage(cause);
    onProgress({ kind: "failed", type, name, milliseconds: milliseconds(), message });
    throw new Error(`${type} "${name}" was not created: ${message}`, { cause });
  }
}

/** The provider of a token such as `okta:group/group:Group`. */
export function findProvider(token: string, providers: Readonly<Record<string, Provider>>): Provider {
  const [packageName = ""] = token.split(":");
  const provider = providers[packageName];
  if (provider === undefined) throw new Error(`there is no provider for the package "${packageName}" here`);
  return provider;
}

function findHandler(
  registration: Registration,
  providers: Readonly<Record<string, Provider>>,
): ResourceHandler | undefined {
  const { type, custom, importId, hooks } = registration;
  if (hooks.beforeDelete.length + hooks.afterDelete.length > 0) {
    throw new Error("its delete hooks cannot be run here: the program has ended by the time of the deletion");
  }
  if (importId !== undefined)
    throw new Error(`it is to be imported as ${importId}, which is not supported here`);
  if (!custom || isProviderType(type)) return undefined;
  const handler = findProvider(type, providers).resources[type];
  if (handler === undefined) throw new Error("its provider does not know this type here");
  return handler;
}

async function createWithRetries(
  registration: Registration,
  hooks: Hooks,
  handler: ResourceHandler | undefined,
  context: CreationContext,
): Promise<ResourceState> {
  const errors: string[] = [];
  for (;;) {
    try {
      return await createOnce(registration, hooks, handler, context);
    } catch (error) {
      if (error instanceof PartialCreateError) {
        context.keep({ registration, state: error.state, handler });
        throw error;
      }
      errors.unshift(errorMessage(error));
      if (!(await anyWantsRetry(registration, hooks, errors, context.onProgress))) throw error;
    }
  }
}

async function createOnce(
  registration: Registration,
  hooks: Hooks,
  handler: ResourceHandler | undefined,
  { onProgress, resolveAsset }: CreationContext,
): Promise<ResourceState> {
  const { type, name } = registration;
  for (const hook of registration.hooks.beforeCreate) {
    onProgress({ kind: "hook", type, name, hook });
    const { error, ignoreErrors } = await hooks.run(hook, registration);
    if (error === undefined) continue;
    if (!ignoreErrors) throw new Error(`hook ${hook}: ${error}`);
    onProgress({ kind: "log", severity: "warning", message: `${type} "${name}": hook ${hook}: ${error}` });
  }
  const inputs = mapAssetPaths(revealAll(registration.inputs), resolveAsset);
  // A component has no id, and a provider's means nothing beyond the reference to it.
  if (handler === undefined) return { id: registration.custom ? name : "", outputs: inputs };
  const missing = Object.keys(inputs).find((key) => containsUnknown(inputs[key] ?? null));
  if (missing !== undefined) throw new Error(`its input "${missing}" has no value`);
  const checked = checkInputs(handler, name, undefined, inputs);
  if (checked.failures.length > 0) {
    throw new Error(checked.failures.map(({ property, reason }) => `${property} ${reason}`).join("; "));
  }
  return await handler.create(checked.inputs);
}

async function runAfterCreate(
  registration: Registration,
  hooks: Hooks,
  made: { id: string; outputs: Properties },
  onProgress: ProgressListener,
): Promise<void> {
  const { type, name } = registration;
  for (const hook of registration.hooks.afterCreate) {
    onProgress({ kind: "hook", type, name, hook });
    const error = await hooks.run(hook, registration, made).then((outcome) => outcome.error, errorMessage);
    if (error === undefined) continue;
    onProgress({ kind: "log", severity: "warning", message: `${type} "${name}": hook ${hook}: ${error}` });
  }
}

async function anyWantsRetry(
  registration: Registration,
  hooks: Hooks,
  errors: readonly string[],
  onProgress: ProgressListener,
): Promise<boolean> {
  const { type, name } = registration;
  for (const hook of registration.hooks.onError) {
    onProgress({ kind: "hook", type, name, hook });
    if (await hooks.wantsRetry(hook, registration, errors)) return true;
  }
  return false;
}

function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What happens during a deployment and its destruction, as it happens. */
export type Progress =
  | { readonly kind: "creating" | "deleting" | "retained"; readonly type: string; readonly name: string }
  | {
      readonly kind: "created" | "deleted";
      readonly type: string;
      readonly name: string;
      readonly milliseconds: number;
    }
  | {
      readonly kind: "failed";
      readonly type: string;
      readonly name: string;
      readonly milliseconds: number;
      readonly message: string;
    }
  | { readonly kind: "hook"; readonly type: string; readonly name: string; readonly hook: string }
  | { readonly kind: "log"; readonly severity: Severity; readonly message: string };

/** Takes each event. */
export type ProgressListener = (progress: Progress) => void;
