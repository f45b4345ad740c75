import { isAbsolute, resolve } from "node:path";
import { createResource, findProvider, type Made, type ProgressListener } from "./creation.ts";
import { destroyResources } from "./destruction.ts";
import type { Properties, Provider } from "./handler.ts";
import type { Monitor } from "./monitor.ts";
import { emptyStack, MonitorStopped } from "./monitor.ts";
import { type RunOptions, runWithMonitor } from "./program.ts";
import { type Configuration, readProject } from "./project.ts";
import { containsSecret, revealAll } from "./properties.ts";
import { type Registration, stackType } from "./registration.ts";

/** What to deploy, and onto what. */
export interface EmbeddedOptions extends RunOptions {
  /** By the package in the types of its resources, such as `okta`. */
  readonly providers: Readonly<Record<string, Provider>>;
  readonly onProgress?: ProgressListener;
  /** Takes each resource as it is declared, before it is made. */
  readonly onRegistration?: (registration: Registration) => void;
}

/** What was deployed. */
export interface Deployment {
  /** How many resources were made, components and providers left out. */
  readonly resources: number;
  /** The stack's outputs, secret ones included, without marks. */
  readonly outputs: Properties;
  /** The names of the outputs that are or contain a secret: show their values to nobody who does not ask. */
  readonly secretOutputs: readonly string[];
  /** What was made, as `pulumi stack export --show-secrets` prints it. */
  readonly state: object;
  /**
   * Deletes all that was made, in the reverse order of dependencies. After a failure it can be called again and goes
   * on with what is left.
   * @throws DestructionError when something is protected, or could not be deleted
   */
  destroy(): Promise<void>;
}

/** A deployment that did not come to its end. What it had made until then is still there. */
export class DeploymentError extends Error {
  override readonly name = "DeploymentError";
  /** Deletes what was made, as {@link Deployment.destroy} does. */
  readonly destroy: () => Promise<void>;

  constructor(message: string, destroy: () => Promise<void>, options?: ErrorOptions) {
    super(message, options);
    this.destroy = destroy;
  }
}

/**
 * Runs a program and makes each resource that it registers through a handler, at once: the program itself waits for
 * what a resource depends on before it registers the resource. After the first failure nothing more is begun. State is
 * kept in memory only; there is no diff, no update and no history.
 * @throws ProjectError when Pulumi.yaml or the configuration cannot be used
 * @throws DeploymentError when the program or the creation of a resource fails, or the signal fires
 */
export async function deployEmbedded(options: EmbeddedOptions): Promise<Deployment> {
  const { providers, signal, onProgress = () => {} } = options;
  const { programDirectory } = await readProject(options.root);
  const made = new Map<string, Made>();
  const creations = new Set<Promise<unknown>>();
  const configure = configurations(options);
  let failure: Error | undefined;
  let outputs: Properties = {};

  const context = {
    providers,
    resolveAsset: (path: string) => (isAbsolute(path) ? path : resolve(programDirectory, path)),
    onProgress,
    keep: (resource: Made) => made.set(resource.registration.urn, resource),
  };
  const monitor: Monitor = {
    async register(registration, hooks) {
      options.onRegistration?.(registration);
      if (failure !== undefined || signal?.aborted) {
        throw new MonitorStopped("Nothing more is made after a failure");
      }
      const creation = configure(registration.type).then(() => createResource(registration, hooks, context));
      creations.add(creation);
      try {
        return await creation;
      } catch (error) {
        failure ??= error instanceof Error ? error : new Error(String(error));
        throw error;
      }
    },
    registerOutputs(urn, registered) {
      if (made.get(urn)?.registration.type === stackType) outputs = registered;
    },
    async invoke(token, inputs) {
      const builtIn = emptyStack[token];
      if (builtIn !== undefined) return builtIn();
      await configure(token);
      const answer = findProvider(token, providers).functions[token];
      if (answer === undefined) throw new Error(`The function ${token} is not known here`);
      return await answer(inputs);
    },
    log(severity, message) {
      if (severity !== "debug") onProgress({ kind: "log", severity, message });
    },
  };
  const destroy = (): Promise<void> => destroyResources(made, onProgress);

  const { error, printed } = await runWithMonitor({ ...options, dryRun: false }, monitor).catch(
    (cause: unknown) => {
      throw signal?.aborted ? new DeploymentError("The deployment was aborted", destroy, { cause }) : cause;
    },
  );
  await Promise.allSettled(creations);
  if (signal?.aborted) {
    throw new DeploymentError("The deployment was aborted", destroy, { cause: signal.reason });
  }
  // What the program prints after a failed creation is only that failure once more.
  if (failure !== undefined) throw new DeploymentError(failure.message, destroy, { cause: failure });
  for (const message of printed) onProgress({ kind: "log", severity: "info", message });
  if (error !== undefined) throw new DeploymentError(error, destroy);
  return {
    resources: [...made.values()].filter(({ handler }) => handler !== undefined).length,
    outputs: revealAll(outputs),
    state: {
      version: 3,
      deployment: {
        resources: [...made.values()].map(({ registration, state }) => ({
          urn: registration.urn,
          type: registration.type,
          id: state.id,
          inputs: revealAll(registration.inputs),
          outputs: state.outputs,
        })),
      },
    },
    secretOutputs: Object.keys(outputs).filter((name) => containsSecret(outputs[name] ?? null)),
    destroy,
  };
}

/** Configures each provider once, before the first use of it. */
function configurations({ providers, configuration }: EmbeddedOptions): (token: string) => Promise<void> {
  const begun = new Map<string, Promise<void>>();
  return async (token) => {
    const [name = ""] = token.split(":");
    const configured = begun.get(name) ?? providers[name]?.configure?.(settingsOf(name, configuration));
    if (configured === undefined) return;
    begun.set(name, configured);
    await configured;
  };
}

function settingsOf(packageName: string, configuration: Configuration): Readonly<Record<string, string>> {
  const prefix = `${packageName}:`;
  const own = Object.entries(configuration).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), value]));
}
