import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Cloud } from "../cloud.ts";
import { GoogleError } from "../errors.ts";
import type { Principal } from "../iam/principal.ts";
import type { Storage } from "../storage/api.ts";
import type { FunctionConfiguration } from "./configuration.ts";
import { frameworkCommand, installPackages, readManifest } from "./packages.ts";
import { BuildError, type SourceCopy, unpack } from "./source.ts";

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
 * Builds a function from the copy of its archive, as the account that builds (Cloud Build for functions), and tells how it went.
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
      throw new BuildError("The build was told to fail.");
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
     * @matters deployment fails: the provider tells the message.
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

/**
 * @decision The file that is the main of package.json is checked by `node --check`, and the build fails when it does not parse.
 * No other file is checked, and none is run.
 * @evidence vendor-code: GoogleCloudPlatform/buildpacks, commit 21f28de, cmd/nodejs/functions_framework/lib/lib.go: BuildFn
 * executes node --check with the main file, before it declares how the function is started.
 * @matters deployment fails: the operation ends with an error, and the function does not serve.
 */
function checkSyntax(folder: string, main: string): Promise<void> {
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
