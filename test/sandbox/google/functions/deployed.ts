import { type Answer, archive, type Local, PARENT, PROJECT } from "../local.ts";

/** What a function is asked to be, over the fixture's defaults. */
export interface FunctionRequest {
  readonly buildConfig?: object;
  readonly serviceConfig?: object;
  readonly labels?: object;
}

/** Puts an archive into a bucket that is made when it is not there. @returns the object's name */
export async function upload(local: Local, name: string, content: Uint8Array): Promise<string> {
  await local.call("POST", `/storage/v1/b?project=${PROJECT}`, { name: "function-source", location: "EU" });
  await fetch(`${local.google.url}/upload/storage/v1/b/function-source/o?uploadType=media&name=${name}`, {
    method: "POST",
    headers: { authorization: `Bearer ${local.google.deployerToken}`, "content-type": "application/zip" },
    body: Uint8Array.from(content),
  });
  return name;
}

/** The body of a request for a function. */
export function functionBody(builder: string, object: string, request: FunctionRequest = {}): object {
  return {
    labels: request.labels ?? {},
    buildConfig: {
      runtime: "nodejs24",
      entryPoint: "main",
      serviceAccount: `projects/${PROJECT}/serviceAccounts/${builder}`,
      source: { storageSource: { bucket: "function-source", object } },
      ...request.buildConfig,
    },
    serviceConfig: { serviceAccountEmail: builder, ...request.serviceConfig },
  };
}

/** Deploys source under a name, open to all by default. */
export async function deploy(
  local: Local,
  builder: string,
  id: string,
  source: string,
  request: FunctionRequest = {},
  open = true,
): Promise<{ readonly operation: Answer; readonly url: string }> {
  const object = await upload(local, `${id}.zip`, archive(source));
  const body = functionBody(builder, object, request);
  const path = `/v2/${PARENT}/functions?functionId=${id}`;
  const operation = await local.finish("v2", await local.call("POST", path, body));
  if (open) await local.grant(`/v2/${PARENT}/services/${id}`, "roles/run.invoker", "allUsers");
  const made = await local.call("GET", `/v2/${PARENT}/functions/${id}`);
  return { operation, url: made.body.url };
}

/** Source of a function that runs a handler. */
export function source(handler: string, before = ""): string {
  return `const functions = require("@google-cloud/functions-framework");\n${before}\nfunctions.http("main", ${handler});\n`;
}
