import { createHash } from "node:crypto";
import { crc32c } from "../crc32c.ts";
import { GoogleError } from "../errors.ts";

/** An object: its bytes and what the API answers of it. */
export interface StoredObject {
  readonly content: Uint8Array;
  readonly resource: Readonly<Record<string, unknown>> & { readonly generation: string };
}

/** The objects of one bucket, by name. */
export type Objects = Map<string, StoredObject>;

/** Makes the resource of an object (Cloud Storage, JSON API: objects resource). */
export function makeObject(
  bucket: string,
  name: string,
  content: Uint8Array,
  texts: { readonly contentType: string } & Readonly<Record<string, unknown>>,
): StoredObject {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32c(content));
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
      md5Hash: createHash("md5").update(content).digest("base64"),
      crc32c: checksum.toString("base64"),
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
