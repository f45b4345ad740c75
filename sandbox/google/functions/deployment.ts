import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Cloud } from "../cloud.ts";
import { GoogleError } from "../errors.ts";
import type { Principal } from "../iam/tokens.ts";
import type { DeploymentOptions as RunOptions } from "../run/deployment.ts";
import { InstanceStartError } from "../run/instance.ts";
import { type Revision, startRevision, surroundingsOf } from "../run/revision.ts";
import { PORT } from "../run/template.ts";
import type { Storage } from "../storage/api.ts";
import type { FunctionConfiguration } from "./configuration.ts";
import { frameworkCommand, installPackages, readManifest } from "./packages.ts";
import { BuildError, type SourceCopy, unpack } from "./source.ts";

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
    port: PORT,
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

/** What a build needs of its surroundings. */
export interface BuildOptions {
  readonly cloud: Cloud;
  readonly storage: Storage;
  readonly packagesFolder: string;
  readonly hasRepository: (name: string) => boolean;
}

/** A function that can be run. */
export interface BuiltFunction {
  readonly folder: string;
  /** The file that Node.js runs in it. */
  readonly command: string;
}

/**
 * Builds a function from the copy of its archive, as the account that builds (Cloud Build for functions), and reports the result.
 * @throws GoogleError when it can't be built
 */
export async function build(
  name: string,
  configuration: FunctionConfiguration,
  source: SourceCopy,
  builder: string,
  options: BuildOptions,
): Promise<BuiltFunction> {
  const started = Date.now();
  const { notify, faults } = options.cloud;
  const folder = await mkdtemp(join(tmpdir(), "function-"));
  let command: string;
  try {
    /**
     * @own A failure that a test asked for.
     */
    if (faults.failBuilds > 0) {
      faults.failBuilds -= 1;
      throw new BuildError("The build fails because a fault is switched on.");
    }
    requireRights(configuration, source, builder, options);
    await unpack(source.content, folder);
    const manifest = await readManifest(folder);
    await installPackages(folder, manifest, options.packagesFolder);
    command = await frameworkCommand(folder);
    await checkSyntax(folder, manifest.main);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    if (!(error instanceof BuildError || error instanceof GoogleError)) throw error;
    const reason = error.message;
    notify({ kind: "build", function: name, milliseconds: Date.now() - started, ok: false, reason });
    /**
     * @decision A build that fails ends the operation with code 3 and "Build failed: …".
     * @evidence recorded: firebase/firebase-tools#5760 and #4819: code 3, "Build failed: npm ERR! …". Others have a
     * longer text with a link to the log.
     * @matters deployment fails: the provider reports the message.
     */
    throw new GoogleError("INVALID_ARGUMENT", `Build failed: ${reason}`);
  }
  notify({ kind: "build", function: name, milliseconds: Date.now() - started, ok: true });
  return { folder, command };
}

/**
 * Checks what the account of a build may do.
 *
 * @decision A build reads its source as the account that builds, by storage.objects.get on the copy's object, and lists nothing.
 * @evidence vendor-code: GoogleCloudPlatform/cloud-builders, commit 036b482, gcs-fetcher/pkg/fetcher/fetcher.go: the only call is
 * NewReader; a 403 to it becomes "Access to bucket … denied. You must grant Storage Object Viewer permission to …".
 * @matters deployment fails: roles/storage.objectViewer on the project, under a condition that the bucket and its objects meet.
 *
 * @decision A build writes its log as the account that builds: logging.logEntries.create on the project.
 * @evidence recorded: "The service account … does not have permission to write logs. Ensure that the service account used for the
 * build has the necessary permission logging.logEntries.create" (a public deployment log of gcp-wordpress-blueprint-v2,
 * 2026-10-07). documentation: Google Cloud, "Custom service account for Cloud Build"
 * (https://cloud.google.com/functions/docs/securing/build-custom-sa)
 * @matters deployment fails: roles/logging.logWriter on the project; log buckets take no other binding.
 *
 * @decision A build writes its image to the function's dockerRepository as the account that builds, and a right on that
 * repository only is enough.
 * @evidence documentation: Google Cloud, "Custom service account for Cloud Build": roles/artifactregistry.writer, which may be
 * set "in the repository's IAM policy"; a repository of one's own is named by dockerRepository.
 * @matters deployment fails: roles/artifactregistry.writer is bound on the stack's repository, not on the project.
 */
function requireRights(
  { dockerRepository }: FunctionConfiguration,
  source: SourceCopy,
  builder: string,
  { cloud, storage, hasRepository }: BuildOptions,
): void {
  const principal: Principal = { kind: "serviceAccount", email: builder };
  const object = `${storage.resource(source.bucket)}/objects/${encodeURIComponent(source.object)}`;
  cloud.access.require(principal, "storage.objects.get", object);
  cloud.access.require(principal, "logging.logEntries.create", `projects/${cloud.project}`);
  if (dockerRepository === undefined) return;
  if (!hasRepository(dockerRepository)) throw new BuildError(`${dockerRepository} does not exist.`);
  cloud.access.require(principal, "artifactregistry.repositories.uploadArtifacts", dockerRepository);
}

/** Checks the main file of a function, and each only once: the functions of an archive have the same. @throws BuildError */
async function checkSyntax(folder: string, main: string): Promise<void> {
  // The manifest says what kind of module the file is.
  const texts = [main, "package.json"].map((name) => readFile(join(folder, name), "utf8").catch(() => null));
  const key = createHash("sha256")
    .update(JSON.stringify([main, ...(await Promise.all(texts))]))
    .digest("hex");
  const check = checks.get(key) ?? runCheck(folder, main);
  checks.set(key, check);
  await check;
}

/** The checks of main files, by what was checked. */
const checks = new Map<string, Promise<void>>();

/**
 * @decision The file that is the main of package.json is checked by `node --check`, and the build fails when it does not parse.
 * No other file is checked, and none is run.
 * @evidence vendor-code: GoogleCloudPlatform/buildpacks, commit 21f28de, cmd/nodejs/functions_framework/lib/lib.go: BuildFn
 * executes node --check with the main file, before it declares how the function is started.
 * @matters deployment fails: the operation ends with an error, and the function does not serve.
 */
function runCheck(folder: string, main: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  execFile(
    process.execPath,
    ["--check", join(folder, main)],
    { cwd: folder, env: {} },
    (error, _output, text) => {
      if (!error) resolve();
      else reject(new BuildError(`${main} does not parse: ${text.trim().replaceAll(folder, "")}`));
    },
  );
  return promise;
}
