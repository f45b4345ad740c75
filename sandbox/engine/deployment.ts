import { createRequire } from "node:module";
import { join } from "node:path";
import { DestructionError } from "../deploy/destruction.ts";
import { type Deployment, DeploymentError } from "../deploy/embedded.ts";
import type { Properties, Provider } from "../deploy/handler.ts";
import { type PluginServers, servePlugins } from "../deploy/plugin.ts";
import { type RunOptions, type RunOutcome, readOutputs, runEngine, unprotectAll } from "./run.ts";
import { createWorkspace, type OwnWorkspace, type WorkspaceOptions } from "./workspace.ts";

/** A stack of the Pulumi CLI, with providers that it attaches to. */
export interface EngineStack {
  readonly workspace: OwnWorkspace;
  /** Ends the providers and removes the workspace. */
  close(): Promise<void>;
}

/** What to deploy, and with which CLI. */
export interface StackOptions extends Omit<WorkspaceOptions, "plugins"> {
  /** By package, such as `okta`. */
  readonly providers: Readonly<Record<string, Provider>>;
  /** Takes the workspace as soon as it is made, before anything is deployed. */
  readonly onWorkspace?: (workspace: OwnWorkspace) => void;
}

/** What the Pulumi CLI deployed. */
export interface EngineDeployment extends Omit<Deployment, "secretOutputs" | "state"> {
  readonly workspace: OwnWorkspace;
}

/** Makes an empty stack, and starts the providers for it. */
export async function createStack(options: StackOptions): Promise<EngineStack> {
  const plugins = await servePluginsFor(options);
  try {
    const workspace = await createWorkspace({ ...options, plugins: plugins.addresses });
    return {
      workspace,
      async close() {
        plugins.close();
        await workspace.remove();
      },
    };
  } catch (error) {
    plugins.close();
    throw error;
  }
}

/**
 * Deploys a program with the Pulumi CLI, in a stack of its own.
 * @throws CliError when the stack cannot be made
 * @throws DeploymentError when the deployment fails or is interrupted
 */
export async function deployWithEngine(options: StackOptions & RunOptions): Promise<EngineDeployment> {
  const stack = await createStack(options);
  const { workspace } = stack;
  options.onWorkspace?.(workspace);
  async function destroy(): Promise<void> {
    try {
      // Somebody may have tried `protectGroups`.
      await unprotectAll(workspace);
      const { signal: _interruptsOnlyTheDeployment, ...watching } = options;
      const outcome = await runEngine(workspace, "destroy", [], watching);
      if (outcome.code !== 0) throw new DestructionError(failureOf(outcome));
    } finally {
      await stack.close();
    }
  }
  try {
    const outcome = await runEngine(workspace, "up", [], options);
    if (options.signal?.aborted) throw new Error("The deployment was aborted");
    if (outcome.code !== 0) throw new Error(failureOf(outcome));
    return {
      resources: outcome.operations.create.length,
      // Outputs are JSON, as all properties are.
      outputs: (await readOutputs(workspace)) as Properties,
      workspace,
      destroy,
    };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new DeploymentError(message, destroy, { cause });
  }
}

function failureOf({ code, diagnostics }: RunOutcome): string {
  const errors = diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message);
  return errors.length > 0 ? errors.join("\n") : `The Pulumi CLI ended with exit code ${code}`;
}

/** Serves providers of the versions that the program in a folder asks for. */
export async function servePluginsFor({
  root,
  providers,
}: Pick<StackOptions, "root" | "providers">): Promise<PluginServers> {
  const versions = Object.keys(providers).map((name) => [name, sdkVersion(root, name)]);
  return await servePlugins(providers, Object.fromEntries(versions));
}

/** The version of a package's SDK as the program has it; the engine expects its provider to be of the same. */
function sdkVersion(root: string, name: string): string | undefined {
  try {
    const { version } = createRequire(join(root, "index.js"))(`@pulumi/${name}/package.json`);
    return typeof version === "string" ? version : undefined;
  } catch {
    return undefined;
  }
}
