import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import { gunzipSync } from "node:zlib";
import { type ParsedTarEntryWithData, unpackTar } from "modern-tar";
import type { Cloud } from "../cloud.ts";
import { GoogleError } from "../errors.ts";
import type { SecretManager } from "../secret-manager.ts";
import type { Storage } from "../storage/api.ts";
import type { PlacedSecret, ServiceConfiguration } from "./configuration.ts";
import { InstanceStartError } from "./instance.ts";
import { type Revision, startRevision, surroundingsOf } from "./revision.ts";

/** What a deployment needs of its surroundings. */
export interface DeploymentOptions {
  readonly storage: Storage;
  readonly secrets: SecretManager;
  readonly apiUrl: () => string;
  /** The account that runs what names none. */
  readonly defaultAccount: string;
}

/** Why a revision does not serve, in the terms of a condition (Cloud Run, REST reference v2: Condition). */
export type FailureReason =
  | { readonly reason: "SECRETS_ACCESS_CHECK_FAILED" | "CONTAINER_MISSING" }
  | { readonly revisionReason: "HEALTH_CHECK_CONTAINER_ERROR" };

/** A revision did not come up; the message is that of the service's condition. */
export class RevisionFailure extends GoogleError {
  readonly reason: FailureReason;

  constructor(status: "FAILED_PRECONDITION" | "INTERNAL", message: string, reason: FailureReason) {
    super(status, message);
    this.reason = reason;
  }
}

/** A revision that was made: it can be started, and started again after it has ended. */
export interface Launch {
  /** The revision's id. */
  readonly name: string;
  /** @throws RevisionFailure when it does not come up */
  start(): Promise<Revision>;
}

/**
 * Makes a revision from a service as it is configured. The source is read once: it may be gone when the revision is started
 * again (Cloud Run, Deploying from source: the archive is imported).
 */
export function launchOf(
  name: string,
  service: string,
  configuration: ServiceConfiguration,
  cloud: Cloud,
  options: DeploymentOptions,
): Launch {
  const { bucket, object, generation } = configuration;
  const content = options.storage.read(bucket, object, generation);
  return {
    name,
    async start() {
      /**
       * @decision A revision whose source is not there does not serve, and its operation fails.
       * @evidence assumed: when Cloud Run reads the archive is not public; that it does so for the revision is what its
       * conditions suggest (ContainerMissing, for images).
       * @show Deploy a service with a generation that does not exist, and read the operation's error.
       * @matters deployment fails: the program's services depend on their archive.
       */
      if (!content) {
        throw failed(name, `The source gs://${bucket}/${object} was not found.`, {
          reason: "CONTAINER_MISSING",
        });
      }
      const folder = await mkdtemp(join(tmpdir(), "service-"));
      const clean = () => rm(folder, { recursive: true, force: true });
      try {
        await unpack(content, folder);
        const revision = await startIn(folder, name, service, configuration, cloud, options);
        return {
          ...revision,
          async retire(atOnce) {
            await revision.retire(atOnce);
            await clean();
          },
        };
      } catch (error) {
        await clean();
        if (error instanceof InstanceStartError) throw didNotStart(name, configuration, error);
        if (error instanceof RevisionFailure || !(error instanceof GoogleError)) throw error;
        /**
         * @own The words for source that can't be unpacked: see `unpack`.
         */
        throw failed(name, error.message, { reason: "CONTAINER_MISSING" });
      }
    },
  };
}

function startIn(
  folder: string,
  name: string,
  service: string,
  configuration: ServiceConfiguration,
  cloud: Cloud,
  options: DeploymentOptions,
): Promise<Revision> {
  const { account, port, timeoutSeconds, probe, variables, secrets } = configuration;
  const environment = () => ({
    ...variables,
    ...Object.fromEntries(
      secrets.map((secret) => [secret.key, readSecret(name, secret, account, cloud, options.secrets)]),
    ),
  });
  // Before anything is started (Cloud Run, Configure secrets: they are checked at deployment).
  environment();
  return startRevision({
    name,
    service,
    entryPoint: configuration.arguments.at(-1),
    folder,
    arguments: configuration.arguments,
    port,
    timeoutSeconds,
    probe,
    environment,
    surroundings: surroundingsOf(cloud, options.apiUrl(), account),
  });
}

/**
 * Reads a secret as the account that the service runs as.
 *
 * @decision A revision reads each secret as its account, by secretmanager.versions.access on the version; without it the revision
 * does not serve, and its operation fails with code 13 and these words.
 * @evidence recorded: sourcegraph/sourcegraph-public-snapshot pull request 59045: "Error code 13, message: Revision
 * 'sams-00001-8m6' is not ready and cannot serve traffic. spec.template.spec.containers[0].env[12].value_from.secret_key_ref.name:
 * Permission denied on secret: projects/…/versions/latest for Revision service account …"; terraform-google-modules/
 * terraform-docs-samples pull request 168, the sentence about the role. The words for a secret that is missing are from memory.
 * @matters deployment fails: roles/secretmanager.secretAccessor on the hook's secret for the account of `receive`, before its service
 * is made.
 */
function readSecret(
  revision: string,
  { index, secret, version }: PlacedSecret,
  email: string,
  cloud: Cloud,
  secrets: SecretManager,
): string {
  try {
    return secrets.read({ kind: "serviceAccount", email }, secret, version);
  } catch (error) {
    if (!(error instanceof GoogleError)) throw error;
    const field = `spec.template.spec.containers[0].env[${index}].value_from.secret_key_ref.name`;
    const name = `projects/${cloud.projectNumber}/secrets/${secret}/versions/${version}`;
    const reason =
      error.status === "PERMISSION_DENIED"
        ? `Permission denied on secret: ${name} for Revision service account ${email}. The service account used must be granted the 'Secret Manager Secret Accessor' role (roles/secretmanager.secretAccessor) at the secret, project or higher level.`
        : `Secret ${name} was not found`;
    const message = `Revision '${revision}' is not ready and cannot serve traffic. ${field}: ${reason}`;
    throw new RevisionFailure("INTERNAL", message, { reason: "SECRETS_ACCESS_CHECK_FAILED" });
  }
}

/**
 * @decision A revision whose instance does not come up fails its operation with code 9, by these words. Here the last lines that the
 * instance wrote follow; the real message has the address of the log.
 * @evidence recorded: octo-sts/app pull request 1005: "Error code 9, message: Revision 'octo-sts-00509-jsp' is not ready and cannot
 * serve traffic. The user-provided container failed to start and listen on the port defined provided by the PORT=8080 environment
 * variable within the allocated timeout. …"; terraform-google-modules/terraform-docs-samples pull request 254, for a probe.
 * @matters deployment fails: a service that throws while it is loaded does not replace the one that serves.
 */
function didNotStart(
  name: string,
  { port }: ServiceConfiguration,
  error: InstanceStartError,
): RevisionFailure {
  const what =
    error.failure === "probe"
      ? "The user-provided container failed the configured startup probe checks."
      : `The user-provided container failed to start and listen on the port defined provided by the PORT=${port} environment variable within the allocated timeout. This can happen when the container port is misconfigured or if the timeout is too short. The health check timeout can be extended.`;
  return failed(name, `${what} Logs for this revision might contain more information.\n${error.message}`, {
    revisionReason: "HEALTH_CHECK_CONTAINER_ERROR",
  });
}

/**
 * @own The beginning of the words for every revision that failed.
 */
function failed(name: string, what: string, reason: FailureReason): RevisionFailure {
  return new RevisionFailure(
    "FAILED_PRECONDITION",
    `Revision '${name}' is not ready and cannot serve traffic. ${what}`,
    reason,
  );
}

/**
 * Unpacks a compressed tar archive into a folder.
 *
 * @own Links and special files, and a file outside the folder are refused here: the program's archive has none.
 *
 * @decision Source that is not a tar archive compressed with gzip fails the revision.
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
 * google-beta/services/cloudrunv2/resource_cloud_run_v2_service_zip_deploy_test.go: the object is a .tar.gz, whatever its name
 * says. That the revision fails, and not the request, is assumed in this row.
 * @matters deployment fails: the program packs its archive so.
 * @throws GoogleError when it can't be unpacked
 */
async function unpack(archive: Uint8Array, folder: string): Promise<void> {
  for (const { header, data } of await readTar(archive)) {
    const name = normalize(header.name);
    if (name.startsWith("..") || name.startsWith("/"))
      throw unusable(`it has a file outside: ${header.name}`);
    if (header.type === "directory") continue;
    if (header.type !== "file") throw unusable(`it has an entry of the type "${header.type}"`);
    const target = join(folder, name);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, data ?? "");
  }
}

/**
 * @own Which kind of damage makes an archive unusable: see `unpack`.
 */
async function readTar(archive: Uint8Array): Promise<readonly ParsedTarEntryWithData[]> {
  let tar: Uint8Array;
  try {
    tar = gunzipSync(archive);
  } catch {
    throw unusable("it is not compressed with gzip");
  }
  try {
    return await unpackTar(tar, { strict: true });
  } catch {
    throw unusable("it is not a tar archive, or is damaged");
  }
}

/**
 * @own The words for an archive that can't be unpacked.
 */
function unusable(reason: string): GoogleError {
  return new GoogleError("FAILED_PRECONDITION", `The source could not be unpacked: ${reason}.`);
}
