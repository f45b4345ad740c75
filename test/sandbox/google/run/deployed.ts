import { gzipSync } from "node:zlib";
import { packTar } from "modern-tar";
import { type Answer, type Local, PARENT, PROJECT } from "../local.ts";

export const BUCKET = "service-source";

/** Packs files, and compresses them. */
export async function tarGz(files: Readonly<Record<string, string>>): Promise<Uint8Array> {
  const entries = Object.entries(files).map(([name, body]) => ({
    header: { name, size: Buffer.byteLength(body) },
    body,
  }));
  return gzipSync(await packTar(entries));
}

/** An archive whose index.js answers as the handler says; `before` runs first. */
export function archive(handler: string, before = ""): Promise<Uint8Array> {
  const source = `${before}\nrequire("node:http").createServer(${handler}).listen(process.env.PORT);\n`;
  return tarGz({ "index.js": source });
}

/** Puts an archive into a bucket that is made when it is not there. @returns its place */
export async function upload(
  local: Local,
  object: string,
  content: Uint8Array | Promise<Uint8Array>,
): Promise<object> {
  await local.call("POST", `/storage/v1/b?project=${PROJECT}`, { name: BUCKET, location: "EU" });
  const path = `/upload/storage/v1/b/${BUCKET}/o?uploadType=media&name=${object}`;
  const response = await fetch(local.google.url + path, {
    method: "POST",
    headers: { authorization: `Bearer ${local.google.deployerToken}`, "content-type": "application/gzip" },
    body: Uint8Array.from(await content),
  });
  // What Cloud Storage answers to an upload.
  const { generation } = (await response.json()) as { readonly generation: string };
  return { bucket: BUCKET, object, generation };
}

/** What a service is asked to be, over the fixture's defaults. */
export interface ServiceRequest {
  readonly service?: object;
  readonly template?: object;
  readonly container?: object;
}

/** The body of a request for a service that runs an uploaded archive. */
export function serviceBody(account: string, source: object, request: ServiceRequest = {}): object {
  return {
    template: {
      serviceAccount: account,
      containers: [
        {
          image: "scratch",
          baseImageUri: "europe-west1-docker.pkg.dev/serverless-runtimes/google-24-full/runtimes/nodejs24",
          command: ["node"],
          args: ["index.js"],
          sourceCode: { cloudStorageSource: source },
          ...request.container,
        },
      ],
      ...request.template,
    },
    ...request.service,
  };
}

/** Makes a service, and waits for its operation. @returns the operation and the service */
export async function create(
  local: Local,
  id: string,
  body: object,
): Promise<{ readonly operation: Answer; readonly service: Answer }> {
  const started = await local.call("POST", `/v2/${PARENT}/services?serviceId=${id}`, body);
  const operation = await local.finish("v2", started);
  return { operation, service: await read(local, id) };
}

/** Changes a service, and waits for its operation. */
export async function patch(
  local: Local,
  id: string,
  body: object,
  query = "",
): Promise<{ readonly operation: Answer; readonly service: Answer }> {
  const started = await local.call("PATCH", `/v2/${PARENT}/services/${id}${query}`, body);
  const operation = await local.finish("v2", started);
  return { operation, service: await read(local, id) };
}

export function read(local: Local, id: string): Promise<Answer> {
  return local.call("GET", `/v2/${PARENT}/services/${id}`);
}
