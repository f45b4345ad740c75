import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Cloud } from "../cloud.ts";
import { GoogleError } from "../errors.ts";
import type { Principal } from "../iam/principal.ts";
import type { Storage } from "../storage/api.ts";
import type { FunctionConfiguration } from "./configuration.ts";
import { installPackages, readManifest } from "./packages.ts";
import { BuildError, unpack } from "./source.ts";

/** What a build needs of its surroundings. */
export interface BuildOptions {
  readonly cloud: Cloud;
  readonly storage: Storage;
  readonly packagesFolder: string;
  readonly hasRepository: (name: string) => boolean;
}

/**
 * Builds a function from its archive, as the account that builds (Cloud Build for functions), and tells how it went.
 * @returns the folder with the runnable function
 * @throws GoogleError when it can't be built
 */
export async function build(
  name: string,
  configuration: FunctionConfiguration,
  builder: string,
  options: BuildOptions,
): Promise<string> {
  const started = Date.now();
  const { notify, faults } = options.cloud;
  const folder = await mkdtemp(join(tmpdir(), "function-"));
  try {
    if (faults.failBuilds > 0) {
      faults.failBuilds -= 1;
      throw new BuildError("The build was told to fail.");
    }
    await unpack(fetchSource(configuration, builder, options), folder);
    const manifest = await readManifest(folder);
    await installPackages(folder, manifest, options.packagesFolder);
    await checkSyntax(folder, manifest.main);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    if (!(error instanceof BuildError || error instanceof GoogleError)) throw error;
    const reason = error.message;
    notify({ kind: "build", function: name, milliseconds: Date.now() - started, ok: false, reason });
    throw new GoogleError("INVALID_ARGUMENT", `Build failed: ${reason}`);
  }
  notify({ kind: "build", function: name, milliseconds: Date.now() - started, ok: true });
  return folder;
}

/** Fetches the archive with the builder's own permissions (Cloud Build, user-specified service accounts). */
function fetchSource(
  configuration: FunctionConfiguration,
  builder: string,
  options: BuildOptions,
): Uint8Array {
  const { cloud, storage } = options;
  const principal: Principal = { kind: "serviceAccount", email: builder };
  const { bucket, object, generation, dockerRepository } = configuration;
  cloud.access.require(
    principal,
    "storage.objects.get",
    `${storage.resource(bucket)}/objects/${encodeURIComponent(object)}`,
  );
  cloud.access.require(principal, "logging.logEntries.create", `projects/${cloud.project}`);
  if (dockerRepository !== undefined) {
    if (!options.hasRepository(dockerRepository)) throw new BuildError(`${dockerRepository} does not exist.`);
    cloud.access.require(principal, "artifactregistry.repositories.uploadArtifacts", dockerRepository);
  }
  const archive = storage.read(bucket, object, generation);
  if (!archive) throw new BuildError(`There is no object ${object} in bucket ${bucket}.`);
  return archive;
}

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
