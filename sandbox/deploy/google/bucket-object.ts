import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { JsonObject } from "../../../function/shared/json.ts";
import { type Properties, ProviderError, type ResourceHandler, type ResourceSchema } from "../handler.ts";
import { textOf, toProperties } from "./answers.ts";
import { objectIn, pick, stringIn } from "./inputs.ts";
import { type Context, deletionPolicy, resourceHandler } from "./resource.ts";
import {
  block,
  conflicting,
  exactlyOne,
  flag,
  replacing,
  required,
  secret,
  text,
  textMap,
} from "./schema.ts";

const schema: ResourceSchema = {
  inputs: {
    bucket: required(replacing(text)),
    name: replacing(text),
    source: replacing({ type: "asset" }),
    content: secret(text),
    contentType: replacing(text),
    cacheControl: replacing(text),
    contentDisposition: replacing(text),
    contentEncoding: replacing(text),
    contentLanguage: replacing(text),
    metadata: replacing(textMap),
    storageClass: replacing(text),
    kmsKeyName: replacing(text),
    forceEmptyContentType: replacing(flag),
    detectMd5hash: text,
    sourceMd5hash: text,
    eventBasedHold: flag,
    temporaryHold: flag,
    retention: block({ mode: required(text), retainUntilTime: required(text) }),
    deletionPolicy: deletionPolicy.schema,
  },
  autoName: { input: "name", maximum: 255 },
  secretOutputs: ["content"],
};
const SENT_WITH_CONTENT = [
  "contentType",
  "cacheControl",
  "contentDisposition",
  "contentEncoding",
  "contentLanguage",
  "metadata",
  "storageClass",
];
const HOLDS = ["eventBasedHold", "temporaryHold", "retention"];

/**
 * An object in a bucket, from a file or a text.
 *
 * @decision An object is uploaded again when its content or its hash changes; of its holds a PATCH is made.
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
 * google-beta/services/storage/resource_storage_bucket_object.go, Update: content, detect_md5hash, source_md5hash
 * lead to Create; else objects.Update or Patch.
 * @matters late: a new archive has a name of its own, so the function is built again.
 *
 * @decision An object has a source or a content, not both, and other pairs that exclude each other.
 * @evidence vendor-code: hashicorp/terraform-provider-google-beta 93c65b2,
 * google-beta/services/storage/resource_storage_bucket_object.go, schema: ExactlyOneOf, ConflictsWith.
 * @matters deployment fails: a preview refuses what the provider refuses.
 */
export function bucketObjectHandler({ client, programFolder }: Context): ResourceHandler {
  async function upload(inputs: Properties): Promise<void> {
    const bucket = stringIn(inputs, "bucket");
    const name = stringIn(inputs, "name");
    const content = await readContent(inputs, programFolder);
    const metadata = { bucket, name, ...pick(inputs, ...SENT_WITH_CONTENT, ...HOLDS) };
    const contentType =
      inputs["forceEmptyContentType"] === true
        ? ""
        : String(inputs["contentType"] ?? "application/octet-stream");
    const key = inputs["kmsKeyName"];
    const encryption = typeof key === "string" ? `&kmsKeyName=${encodeURIComponent(key)}` : "";
    const query = `uploadType=multipart&name=${encodeURIComponent(name)}${encryption}`;
    const { type, body } = multipart(metadata, contentType, content);
    await client.upload(`/upload/storage/v1/b/${bucket}/o?${query}`, type, body);
  }

  return resourceHandler({
    schema,
    defaults: { detectMd5hash: "different hash", deletionPolicy: deletionPolicy.default },
    untold: [
      "bucket",
      "name",
      "detectMd5hash",
      "sourceMd5hash",
      "forceEmptyContentType",
      "kmsKeyName",
      "deletionPolicy",
    ],
    filledIn: ["contentType", "storageClass", "kmsKeyName"],
    validate: (inputs) => [
      ...exactlyOne("", inputs, ["source", "content"]),
      ...conflicting("", inputs, ["contentType", "forceEmptyContentType"]),
      ...conflicting("", inputs, ["eventBasedHold", "retention"]),
    ],
    async create(inputs) {
      await upload(inputs);
      return { id: `${stringIn(inputs, "bucket")}-${stringIn(inputs, "name")}` };
    },
    get: (_id, known) => client.find(objectPath(known)),
    describe: (object, known) => ({
      ...contentIn(object, known),
      ...pick(toProperties(object), ...SENT_WITH_CONTENT, ...HOLDS),
      outputName: textOf(object, "name"),
      md5hash: textOf(object, "md5Hash"),
      md5hexhash: Buffer.from(textOf(object, "md5Hash"), "base64").toString("hex"),
      crc32c: textOf(object, "crc32c"),
      // Text in the API, a number in Pulumi.
      generation: Number(textOf(object, "generation")),
      mediaLink: textOf(object, "mediaLink"),
      selfLink: textOf(object, "selfLink"),
    }),
    async update(_state, inputs, changed) {
      const holds = HOLDS.filter((key) => changed.has(key));
      if (changed.has("content") || changed.has("sourceMd5hash") || changed.has("detectMd5hash")) {
        await upload(inputs);
      } else if (holds.length > 0) {
        const body = Object.fromEntries(holds.map((key) => [key, inputs[key] ?? null]));
        await client.call("PATCH", objectPath(inputs), body);
      }
    },
    async delete({ outputs }) {
      await client.remove(objectPath(outputs));
    },
  });
}

function objectPath(properties: Properties): string {
  return `/storage/v1/b/${stringIn(properties, "bucket")}/o/${encodeURIComponent(stringIn(properties, "name"))}`;
}

/** What was uploaded, unless someone has put other bytes in its place. */
function contentIn(object: JsonObject, known: Properties): Properties {
  const isOther = known["md5hash"] !== undefined && known["md5hash"] !== textOf(object, "md5Hash");
  return isOther ? {} : pick(known, "source", "content");
}

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
async function readContent(inputs: Properties, programFolder: string): Promise<Uint8Array> {
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
function multipart(
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
