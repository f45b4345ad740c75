import { createHash } from "node:crypto";
import { crc32c as checksumOf } from "../crc32c.ts";
import { GoogleError } from "../errors.ts";

/** An object: its bytes and what the API answers of it. */
export interface StoredObject {
  readonly content: Uint8Array;
  readonly resource: Readonly<Record<string, unknown>> & { readonly generation: string };
}

/** The objects of one bucket, by name. */
export type Objects = Map<string, StoredObject>;

/** An object's hashes in base64, as Cloud Storage answers them. */
interface Hashes {
  readonly md5Hash: string;
  readonly crc32c: string;
}

/** By content, which nothing changes: it is copied from bucket to bucket. */
const hashes = new WeakMap<Uint8Array, Hashes>();

function hashesOf(content: Uint8Array): Hashes {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(checksumOf(content));
  return {
    md5Hash: createHash("md5").update(content).digest("base64"),
    crc32c: checksum.toString("base64"),
  };
}

/** Makes the resource of an object (Cloud Storage, JSON API: objects resource). */
export function makeObject(
  bucket: string,
  name: string,
  content: Uint8Array,
  texts: { readonly contentType: string } & Readonly<Record<string, unknown>>,
): StoredObject {
  const { md5Hash, crc32c } = hashes.get(content) ?? hashesOf(content);
  hashes.set(content, { md5Hash, crc32c });
  const generation = String(process.hrtime.bigint() / 1000n + BigInt(Date.now()) * 1000n);
  const time = new Date().toISOString();
  const path = `/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}`;
  return {
    content,
    resource: {
      kind: "storage#object",
      id: `${bucket}/${name}/${generation}`,
      bucket,
      name,
      generation,
      metageneration: "1",
      size: String(content.length),
      storageClass: "STANDARD",
      md5Hash,
      crc32c,
      etag: generation,
      timeCreated: time,
      updated: time,
      selfLink: path,
      mediaLink: `/download${path}?generation=${generation}&alt=media`,
      ...texts,
    },
  };
}

/**
 * Checks the precondition `ifGenerationMatch` (Cloud Storage, Request preconditions): 0 means that there is no object.
 *
 * @decision A precondition on the generation that does not hold is refused with 412.
 * @evidence documentation: Cloud Storage, "Status codes"
 * (https://cloud.google.com/storage/docs/json_api/v1/status-codes): 412, conditionNotMet; fsouza/fake-gcs-server pull
 * request 2343: "Real GCS answers 412 to every one".
 * @matters sign-in lost: two runs of `reconcile` must not overwrite each other's cursor.
 * @throws GoogleError 412 when it is not met
 */
export function requireGeneration(expected: string | undefined, object: StoredObject | undefined): void {
  if (expected === undefined || expected === (object?.resource.generation ?? "0")) return;
  throw new GoogleError(
    "CONDITION_NOT_MET",
    "At least one of the pre-conditions you specified did not hold.",
  );
}

/** The two parts of a multipart upload: what is said of the object, and its bytes. */
export interface MultipartUpload {
  readonly metadata: Uint8Array;
  readonly contentType: string;
  readonly content: Uint8Array;
}

/**
 * Takes a multipart/related body apart (Cloud Storage, Multipart upload: metadata part first, then the bytes).
 *
 * @decision A multipart upload is a part of metadata in JSON and a part of content, in this order; another form is
 * refused with 400.
 * @evidence documentation: Cloud Storage, "Status codes"
 * (https://cloud.google.com/storage/docs/json_api/v1/status-codes): 400, for a malformed multipart upload among
 * others. The words are the sandbox's own.
 * @matters sandbox only: the client libraries and the provider write it so.
 * @throws GoogleError 400 when it is not of that form
 */
export function parseMultipart(contentType: string, body: Uint8Array): MultipartUpload {
  const boundary = /^multipart\/related\s*;.*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType);
  const mark = boundary?.[1] ?? boundary?.[2];
  if (mark === undefined) throw malformed("the content type is not multipart/related with a boundary");
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const parts: { readonly head: string; readonly content: Buffer }[] = [];
  const delimiter = Buffer.from(`--${mark}`);
  let start = bytes.indexOf(delimiter);
  while (start >= 0) {
    start += delimiter.length;
    if (bytes.subarray(start, start + 2).toString() === "--") break;
    const headEnd = bytes.indexOf("\r\n\r\n", start);
    const end = bytes.indexOf(Buffer.concat([Buffer.from("\r\n"), delimiter]), start);
    if (headEnd < 0 || end < 0) throw malformed("a part does not end");
    parts.push({
      head: bytes.subarray(start, headEnd).toString(),
      content: bytes.subarray(headEnd + 4, end),
    });
    start = end + 2;
  }
  const [metadata, content] = parts;
  if (!metadata || !content || parts.length !== 2)
    throw malformed("there must be a metadata part and a content part");
  const type = /^content-type:\s*(.+)$/im.exec(content.head)?.[1]?.trim();
  return {
    metadata: metadata.content,
    contentType: type ?? "application/octet-stream",
    content: content.content,
  };
}

/**
 * @own The error for a body that is not of the form; its callers decide.
 */
function malformed(reason: string): GoogleError {
  return new GoogleError("INVALID_ARGUMENT", `Malformed multipart body: ${reason}`);
}
