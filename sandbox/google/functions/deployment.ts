import { rm } from "node:fs/promises";
import { GoogleError } from "../errors.ts";
import type { DeploymentOptions as RunOptions } from "../run/deployment.ts";
import { InstanceStartError } from "../run/instance.ts";
import { type Revision, startRevision, surroundingsOf } from "../run/revision.ts";
import { type BuildOptions, type BuiltFunction, build } from "./build.ts";
import type { FunctionConfiguration } from "./configuration.ts";
import type { SourceCopy } from "./source.ts";

/** What a deployment needs of its surroundings; what names no account is built and run by the default one. */
export interface DeploymentOptions extends BuildOptions, RunOptions {}

/** Names of one revision of a function. */
export interface RevisionName {
  readonly function: string;
  readonly revision: string;
}

/** The account that a function runs as. */
export function runAccount(configuration: FunctionConfiguration, options: DeploymentOptions): string {
  return configuration.runAccount ?? options.defaultAccount;
}

/** The account that a function is built as: the last part of its full name. */
export function buildAccount(configuration: FunctionConfiguration, options: DeploymentOptions): string {
  return configuration.buildAccount?.split("/").at(-1) ?? options.defaultAccount;
}

/**
 * Builds a function and starts a revision of it; its folder goes when the revision has ended.
 * @throws GoogleError when the build, a secret or the start fails
 */
export async function deploy(
  name: RevisionName,
  configuration: FunctionConfiguration,
  source: SourceCopy,
  options: DeploymentOptions,
): Promise<Revision> {
  const builder = buildAccount(configuration, options);
  const built = await build(name.function, configuration, source, builder, options);
  try {
    const revision = await start(name, configuration, options, built);
    return {
      ...revision,
      async retire(atOnce) {
        await revision.retire(atOnce);
        await rm(built.folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(built.folder, { recursive: true, force: true });
    if (!(error instanceof InstanceStartError)) throw error;
    /**
     * @decision A function whose instance does not listen fails its operation, after the build has succeeded.
     * @evidence recorded: firebase/firebase-tools#6465 and #7369: "Container Healthcheck failed. … failed to start
     * and listen on the port". The numeric code and these words are the sandbox's own.
     * @matters deployment fails: a function that throws while it is loaded does not replace the one that serves.
     */
    throw new GoogleError("INTERNAL", `The function ${name.function} did not start. ${error.message}`);
  }
}

async function start(
  name: RevisionName,
  configuration: FunctionConfiguration,
  options: DeploymentOptions,
  built: BuiltFunction,
): Promise<Revision> {
  const email = runAccount(configuration, options);
  const { entryPoint } = configuration;
  return startRevision({
    name: name.revision,
    service: name.function,
    entryPoint,
    folder: built.folder,
    arguments: [built.command],
    timeoutSeconds: configuration.timeoutSeconds,
    environment: () => ({
      ...configuration.environment,
      ...readSecrets(configuration, email, options),
      // What the build and the runtime put there (Cloud Run functions, environment variables).
      NODE_ENV: "production",
      FUNCTION_TARGET: entryPoint,
      FUNCTION_SIGNATURE_TYPE: "http",
    }),
    surroundings: surroundingsOf(options.cloud, options.apiUrl(), email),
  });
}

/**
 * Secrets are read as the account that the function runs as (Cloud Run, Configure secrets).
 *
 * @decision A start of an instance reads each secret as the account of the function, by secretmanager.versions.access on the
 * version; without it the start, and so the deployment, fails.
 * @evidence recorded: google-github-actions/deploy-cloud-functions#407: "Could not fetch secret … for environment variable …
 * Instance startup will now abort: Permission 'secretmanager.versions.access' denied for resource …".
 * @matters deployment fails: roles/secretmanager.secretAccessor on the hook's secret for the account of `receive`, before its function is made.
 */
function readSecrets(configuration: FunctionConfiguration, email: string, { secrets }: DeploymentOptions) {
  const principal = { kind: "serviceAccount", email } as const;
  return Object.fromEntries(
    configuration.secrets.map(({ key, secret, version }) => [key, secrets.read(principal, secret, version)]),
  );
}
