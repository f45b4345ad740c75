import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { ResourceHandler } from "../handler.ts";
import type { Context } from "./context.ts";
import { type Inputs, isProperties, readInputs } from "./inputs.ts";
import { textOf } from "./json.ts";
import { autoName } from "./names.ts";

const TYPE = "storage.BucketObject";
/** What marks a special value among properties, and the mark of an asset (Pulumi, property value signatures). */
const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const ASSET_SIGNATURE = "c44067f5952c0a294b673a41bacd8c17";

/** An object in a bucket, from a file or a text. */
export function bucketObjectHandler({ client, programFolder }: Context): ResourceHandler {
  return {
    async create(name, properties) {
      const inputs = readInputs(TYPE, properties);
      const bucket = inputs.string("bucket");
      const objectName = inputs.optionalString("name") ?? autoName(name);
      const content = await readContent(inputs, programFolder);
      const metadata = {
        bucket,
        name: objectName,
        ...inputs.pick("contentType", "metadata", "cacheControl"),
      };
      const contentType = inputs.optionalString("contentType") ?? "application/octet-stream";
      const upload = multipart(metadata, contentType, content);
      const query = `uploadType=multipart&name=${encodeURIComponent(objectName)}`;
      await client.upload(`/upload/storage/v1/b/${bucket}/o?${query}`, upload.contentType, upload.body);
      const object = await client.call("GET", objectPath(bucket, objectName));
      const md5hash = textOf(object, "md5Hash");
      const computed = {
        name: objectName,
        outputName: objectName,
        contentType: textOf(object, "contentType"),
        md5hash,
        md5hexhash: Buffer.from(md5hash, "base64").toString("hex"),
        crc32c: textOf(object, "crc32c"),
        generation: Number(textOf(object, "generation")),
        mediaLink: textOf(object, "mediaLink"),
        selfLink: textOf(object, "selfLink"),
        storageClass: textOf(object, "storageClass"),
      };
      return { id: `${bucket}-${objectName}`, outputs: { ...properties, ...computed } };
    },
    async delete({ outputs }) {
      const state = readInputs(TYPE, outputs);
      await client.remove(objectPath(state.string("bucket"), state.string("name")));
    },
  };
}

function objectPath(bucket: string, name: string): string {
  return `/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}`;
}

async function readContent(inputs: Inputs, programFolder: string): Promise<Uint8Array> {
  const { source, content } = inputs.all;
  if ((source === undefined) === (content === undefined))
    throw inputs.error("source", "or content, one of them, is needed");
  if (content !== undefined) return Buffer.from(inputs.string("content"));
  if (!isProperties(source) || source[SIGNATURE_KEY] !== ASSET_SIGNATURE) {
    throw inputs.error("source", "must be a file asset or a string asset");
  }
  const { path, text } = source;
  if (typeof text === "string" && text !== "") return Buffer.from(text);
  if (typeof path !== "string" || path === "") throw inputs.error("source", "names no file");
  try {
    return await readFile(resolve(programFolder, path));
  } catch {
    throw inputs.error("source", `can't be read: ${path}`);
  }
}

/** A multipart/related body: what is said of the object, then its bytes (Cloud Storage, Multipart upload). */
function multipart(metadata: object, contentType: string, content: Uint8Array) {
  const boundary = randomUUID();
  const head =
    `--${boundary}\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(metadata)}\r\n` +
    `--${boundary}\r\nContent-Type: ${contentType}\r\n\r\n`;
  const body = Buffer.concat([Buffer.from(head), content, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  return { contentType: `multipart/related; boundary=${boundary}`, body };
}
