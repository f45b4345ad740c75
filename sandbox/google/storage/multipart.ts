import { GoogleError } from "../errors.ts";

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
