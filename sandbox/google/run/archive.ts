import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { gunzipSync } from "node:zlib";
import { GoogleError } from "../errors.ts";

const BLOCK = 512;

/** One entry of a tar archive. */
interface Entry {
  readonly path: string;
  readonly isFolder: boolean;
  readonly content: Uint8Array;
}

/**
 * Unpacks a compressed tar archive into a folder.
 *
 * @own Links and special files, names of more than 255 characters and a file outside the folder are refused here: the
 * program's archive has none.
 *
 * @decision Source that is no tar archive compressed with gzip fails the revision.
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
 * google-beta/services/cloudrunv2/resource_cloud_run_v2_service_zip_deploy_test.go: the object is a .tar.gz, whatever its name
 * says. That the revision fails, and not the request, is assumed in this row.
 * @matters deployment fails: the program packs its archive so.
 * @throws GoogleError when it can't be unpacked
 */
export async function unpack(archive: Uint8Array, folder: string): Promise<void> {
  for (const { path, isFolder, content } of readTar(decompress(archive))) {
    const name = normalize(path);
    if (name.startsWith("..") || name.startsWith("/")) throw unusable(`it has a file outside: ${path}`);
    if (isFolder) continue;
    const target = join(folder, name);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content);
  }
}

/**
 * @own Which kind of damage makes an archive unusable: see `unpack`.
 */
function decompress(archive: Uint8Array): Uint8Array {
  try {
    return gunzipSync(archive);
  } catch {
    throw unusable("it is not compressed with gzip");
  }
}

/**
 * The files and folders of an archive (POSIX.1-1988, ustar).
 *
 * @own Which kind of damage makes an archive unusable: see `unpack`.
 */
function* readTar(tar: Uint8Array): Generator<Entry> {
  for (let at = 0; at + BLOCK <= tar.length; ) {
    const header = tar.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) return;
    if (textIn(header, 257, 5) !== "ustar") throw unusable("it is not a tar archive");
    const size = Number.parseInt(textIn(header, 124, 12), 8);
    const type = textIn(header, 156, 1);
    const content = tar.subarray(at + BLOCK, at + BLOCK + size);
    if (!Number.isInteger(size) || content.length < size) throw unusable("it is cut off");
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    // Attributes that a packer adds, such as exact times.
    if (type === "x" || type === "g") continue;
    if (!["", "0", "5"].includes(type)) throw unusable(`it has an entry of the type "${type}"`);
    const prefix = textIn(header, 345, 155);
    const name = textIn(header, 0, 100);
    yield { path: prefix === "" ? name : `${prefix}/${name}`, isFolder: type === "5", content };
  }
}

function textIn(header: Uint8Array, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end)).trim();
}

/**
 * @own The words for an archive that can't be unpacked.
 */
function unusable(reason: string): GoogleError {
  return new GoogleError("FAILED_PRECONDITION", `The source could not be unpacked: ${reason}.`);
}
