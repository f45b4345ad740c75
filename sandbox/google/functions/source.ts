import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { unzipSync } from "fflate";

/** The source can't be built; the message says why, for the one who deploys. */
export class BuildError extends Error {
  override readonly name = "BuildError";
}

/**
 * Unpacks a zip archive into a folder. @throws BuildError when it is no archive, or reaches out of the folder
 *
 * @decision Source that is no zip archive fails the build.
 * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/functions/v2/functions.proto,
 * StorageSource.object. Here only the second is taken, and a file that reaches out of the folder fails the build.
 * @matters sandbox only: Pulumi makes the archive.
 */
export async function unpack(archive: Uint8Array, folder: string): Promise<void> {
  let files: Readonly<Record<string, Uint8Array>>;
  try {
    files = unzipSync(archive);
  } catch {
    throw new BuildError("The source is not a zip archive.");
  }
  for (const [name, content] of Object.entries(files)) {
    const path = normalize(name);
    if (path.startsWith("..") || path.startsWith("/"))
      throw new BuildError(`The archive has a file outside: ${name}`);
    if (name.endsWith("/")) continue;
    // The buildpack deletes modules that were uploaded.
    if (path.startsWith("node_modules/")) continue;
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}
