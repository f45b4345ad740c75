import { createHash } from "node:crypto";
import { stringIn } from "../../../sandbox/deploy/google/inputs.ts";
import type { Hosting } from "../../../sandbox/environment.ts";
import { isPolling } from "./declared.ts";
import type { Deployed } from "./deployment.ts";
import { type Identity, placeOf } from "./identities.ts";

/** Something that one could do at a Google API, worded to follow "may". */
export interface GoogleCall {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

const always: Readonly<Record<string, readonly string[]>> = {
  receive: ["put a task into memberships", "read the hook's secret"],
  grant: ["sign with grant's key"],
  reconcile: [
    "list the state",
    "put a task into continuations",
    "put a task into memberships",
    "read the state",
    "sign with reconcile's key",
    "write the state",
  ],
  invoker: [],
  scheduler: [],
};

/** What each service account may do; every other call is to be refused. Only Cloud Functions builds anything. */
export const mayDo: Readonly<Record<Hosting, Readonly<Record<string, readonly string[]>>>> = {
  functions: { ...always, build: ["list Google's copies of sources", "read Google's copy of the source"] },
  service: always,
};

/** Makes a secret that is none of the program's business. */
export async function makeOtherSecret(deployed: Deployed): Promise<void> {
  const { owner } = deployed.google;
  const { parent, project } = placeOf(deployed);
  const secrets = `/v1/projects/${project}/secrets`;
  const replicas = [{ location: parent.slice(parent.lastIndexOf("/") + 1) }];
  await owner.call("POST", `${secrets}?secretId=other`, { replication: { userManaged: { replicas } } });
  const payload = { data: Buffer.from("of others").toString("base64") };
  await owner.call("POST", `${secrets}/other:addVersion`, { payload });
}

/** The calls by which an account could do what it needs, or harm. */
export function googleCalls(deployed: Deployed, identities: readonly Identity[]): readonly GoogleCall[] {
  const { outputs, one, functionOf, environmentOf } = deployed;
  const { parent, project } = placeOf(deployed);
  const memberships = String(outputs["queue"]);
  const continuations = String(outputs["continuationQueue"]);
  const state = String(outputs["stateBucket"]);
  const archive = one("gcp:storage/bucketObject:BucketObject");
  const source = stringIn(archive.inputs, "bucket");
  const grant = functionOf("grant");
  const service = `/v2/${parent}/services/${stringIn(grant.inputs, "name")}`;
  const secret = stringIn(one("gcp:secretmanager/secret:Secret").inputs, "secretId");
  const keyOf = (entryPoint: string) => environmentOf(entryPoint)["SIGNING_KEY_VERSION"] ?? "";
  const keys = { grant: keyOf("grant"), reconcile: keyOf("reconcile") };
  const scheduler = identities.find(({ name }) => name === "scheduler")?.email;

  const sign = (version: string) => ({
    method: "POST",
    path: `/v1/${version}:asymmetricSign`,
    body: { digest: { sha256: createHash("sha256").update("anything").digest("base64") } },
  });
  const task = (queue: string, body: object, more: object = {}) => ({
    method: "POST",
    path: `/v2/${queue}/tasks`,
    body: {
      task: {
        httpRequest: {
          url: "https://nowhere.invalid/",
          headers: { "Content-Type": "application/json" },
          body: Buffer.from(JSON.stringify(body)).toString("base64"),
          ...more,
        },
      },
    },
  });
  const read = (path: string) => ({ method: "GET", path });
  const write = (bucket: string) => ({
    method: "POST",
    path: `/upload/storage/v1/b/${bucket}/o?uploadType=media&name=written`,
    body: {},
  });
  const policy = { policy: { bindings: [] } };

  return [
    { name: "sign with grant's key", ...sign(keys.grant) },
    { name: "sign with reconcile's key", ...sign(keys.reconcile) },
    { name: "destroy grant's key", method: "POST", path: `/v1/${keys.grant}:destroy`, body: {} },
    {
      name: "read the hook's secret",
      ...read(`/v1/projects/${project}/secrets/${secret}/versions/1:access`),
    },
    { name: "read another secret", ...read(`/v1/projects/${project}/secrets/other/versions/1:access`) },
    // Grant drops a task that names nobody; a poll does no harm.
    { name: "put a task into memberships", ...task(memberships, {}) },
    {
      name: "put a task into continuations",
      ...task(continuations, { kind: "poll", continuationQueue: continuations }),
    },
    {
      name: "have a task sent as another account",
      ...task(memberships, {}, { oidcToken: { serviceAccountEmail: scheduler } }),
    },
    { name: "read the tasks", ...read(`/v2/${memberships}/tasks`) },
    { name: "pause the queue", method: "POST", path: `/v2/${memberships}:pause`, body: {} },
    { name: "list the state", ...read(`/storage/v1/b/${state}/o`) },
    { name: "read the state", ...read(`/storage/v1/b/${state}/o/cursor.json`) },
    { name: "write the state", ...write(state) },
    { name: "list the source", ...read(`/storage/v1/b/${source}/o`) },
    { name: "read the source", ...read(`/storage/v1/b/${source}/o/${stringIn(archive.inputs, "name")}`) },
    { name: "write the source", ...write(source) },
    ...(deployed.hosting === "functions" ? callsOfBuilds(deployed, write) : []),
    { name: "change who may enqueue", method: "POST", path: `/v2/${memberships}:setIamPolicy`, body: policy },
    {
      name: "change who may do what",
      method: "POST",
      path: `/v1/projects/${project}:setIamPolicy`,
      body: policy,
    },
    {
      name: "change a function",
      method: "PATCH",
      path: `/v2/${grant.state.id}?updateMask=labels`,
      body: {},
    },
    {
      name: "change who may invoke a function",
      method: "POST",
      path: `${service}:setIamPolicy`,
      body: policy,
    },
    {
      name: "run the schedule",
      method: "POST",
      path: `/v1/${one("gcp:cloudscheduler/job:Job", isPolling).state.id}:run`,
      body: {},
    },
  ];
}

/** What there is only where Cloud Functions builds: its own copies of the archive. */
function callsOfBuilds(
  deployed: Deployed,
  write: (bucket: string) => Omit<GoogleCall, "name">,
): readonly GoogleCall[] {
  const { parent } = placeOf(deployed);
  const region = parent.slice(parent.lastIndexOf("/") + 1);
  const copies = `gcf-v2-sources-${deployed.clouds.google.projectNumber}-${region}`;
  const name = stringIn(deployed.functionOf("grant").inputs, "name");
  const copy = encodeURIComponent(`${name}/function-source.zip`);
  const objects = `/storage/v1/b/${copies}/o`;
  return [
    { name: "list Google's copies of sources", method: "GET", path: objects },
    { name: "read Google's copy of the source", method: "GET", path: `${objects}/${copy}` },
    { name: "write Google's copies of sources", ...write(copies) },
  ];
}
