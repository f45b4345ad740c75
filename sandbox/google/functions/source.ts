import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { unzipSync } from "fflate";
import type { Cloud } from "../cloud.ts";
import { GoogleError } from "../errors.ts";
import type { Storage } from "../storage/api.ts";

/** Google's copy of a function's source, from which it is built. */
export interface SourceCopy {
  readonly bucket: string;
  readonly object: string;
  readonly generation: string;
  readonly content: Uint8Array;
}

/** Where a function's source is, as the one who deploys it says. */
interface Source {
  readonly bucket: string;
  readonly object: string;
  readonly generation: string | undefined;
}

/**
 * Copies a function's source to where builds read it.
 *
 * @decision The build of a 2nd gen function reads a copy in gs://gcf-v2-sources-<project number>-<region>/<function>/function-source.zip.
 * @evidence recorded: hashicorp/terraform-provider-google#20571: "failed to download archive
 * gs://gcf-v2-sources-594424405950-us-central1/tf-test-function-v21pgw7fypyz/function-source.zip: Access to bucket … denied. You
 * must grant Storage Object Viewer permission to" the build's own account, which could read the bucket of the program.
 * @matters deployment fails: The build account's right is on the project, with a condition on the bucket's name (infra/google/source.ts).
 *
 * @decision Cloud Functions copies the source with its own service agent; the build account needs no right on the program's bucket.
 * @evidence documentation: Google Cloud, "Access control with IAM" (https://cloud.google.com/functions/docs/concepts/iam): the
 * Functions service agent, service-<number>@gcf-admin-robot, has a role of its own on the project. If it is the
 * deploying account that copies, that one can read the bucket all the same: it made it.
 * @matters deployment fails: The program binds nothing on the bucket of the archive.
 * @throws GoogleError when there is no such object
 */
export function copySource(
  place: { readonly function: string; readonly location: string },
  source: Source,
  { cloud, storage }: { readonly cloud: Cloud; readonly storage: Storage },
): SourceCopy {
  const content = storage.read(source.bucket, source.object, source.generation);
  if (!content) {
    throw new GoogleError(
      "INVALID_ARGUMENT",
      `There is no object ${source.object} in bucket ${source.bucket}.`,
    );
  }
  const bucket = `gcf-v2-sources-${cloud.projectNumber}-${place.location}`;
  const object = `${place.function}/function-source.zip`;
  return { bucket, object, generation: storage.putOwn(bucket, place.location, object, content), content };
}

/** The source can't be built; the message says why, for the one who deploys. */
export class BuildError extends Error {
  override readonly name = "BuildError";
}

/** The files of the archive that was unpacked last: several functions are built from the same, and several clouds. */
let unpacked: { readonly digest: string; readonly files: Readonly<Record<string, Uint8Array>> } | undefined;

/**
 * Unpacks a zip archive into a folder. @throws BuildError when it is not an archive, or reaches out of the folder
 */
export async function unpack(archive: Uint8Array, folder: string): Promise<void> {
  const digest = createHash("sha256").update(archive).digest("hex");
  if (unpacked?.digest !== digest) unpacked = { digest, files: unzip(archive) };
  for (const [name, content] of Object.entries(unpacked.files)) {
    const path = normalize(name);
    /**
     * @own A file that reaches out of the folder: Pulumi makes the archive.
     */
    if (path.startsWith("..") || path.startsWith("/"))
      throw new BuildError(`The archive has a file outside: ${name}`);
    if (name.endsWith("/")) continue;
    // The buildpack deletes modules that were uploaded.
    if (path.startsWith("node_modules/")) continue;
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

/**
 * @decision Source that is not a zip archive fails the build.
 * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/functions/v2/functions.proto,
 * StorageSource.object. Here only the second is taken, and a file that reaches out of the folder fails the build.
 * @matters sandbox only: Pulumi makes the archive.
 */
function unzip(archive: Uint8Array): Readonly<Record<string, Uint8Array>> {
  try {
    return unzipSync(archive);
  } catch {
    throw new BuildError("The source is not a zip archive.");
  }
}
