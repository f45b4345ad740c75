import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type Properties, ProviderError } from "../handler.ts";
import { objectIn } from "./inputs.ts";

/**
 * The bytes of an object: its text, or what its asset holds.
 *
 * @decision A source that can't be read fails the upload with the path.
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
 * google-beta/services/storage/resource_storage_bucket_object.go, Create: the error of os.Open is returned.
 * @matters deployment fails: a build of the archive that was forgotten stops the update.
 * @param programFolder where relative paths start
 * @throws ProviderError when there is no such file
 */
export async function readContent(inputs: Properties, programFolder: string): Promise<Uint8Array> {
  const { content } = inputs;
  if (typeof content === "string") return Buffer.from(content);
  const { path, text } = objectIn(inputs, "source") ?? {};
  if (typeof text === "string" && text !== "") return Buffer.from(text);
  if (typeof path !== "string" || path === "")
    throw new ProviderError("The source of the object names no file.");
  try {
    return await readFile(resolve(programFolder, path));
  } catch (cause) {
    throw new ProviderError(`The source of the object can't be read: ${path}`, { cause });
  }
}

/** A multipart/related body: what is said of the object, then its bytes (Cloud Storage, Multipart upload). */
export function multipart(
  metadata: object,
  contentType: string,
  content: Uint8Array,
): { readonly type: string; readonly body: Uint8Array } {
  const boundary = randomUUID();
  const head =
    `--${boundary}\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(metadata)}\r\n` +
    `--${boundary}\r\nContent-Type: ${contentType}\r\n\r\n`;
  const body = Buffer.concat([Buffer.from(head), content, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  return { type: `multipart/related; boundary=${boundary}`, body };
}
