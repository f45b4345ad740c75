import { createPublicKey, type KeyObject, randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { generateSigningKey } from "../../sandbox/google/kms/algorithms.ts";

/** What a test can make the queue do with a task. */
export type QueueBehaviour = (task: ReceivedTask, position: number) => Response | Promise<Response>;

/** A task as it was created. */
export interface ReceivedTask {
  readonly name: string;
  readonly url: string;
  readonly body: Readonly<Record<string, string>>;
}

/** An object as it was stored last. */
export interface ReceivedObject {
  readonly content: string;
  readonly generation: string;
}

/** What a test can answer in place of storing an object; undefined stores it. */
export type StorageBehaviour = (name: string) => Response | undefined | Promise<Response | undefined>;

/** The Google services that functions call, in a form that a test can make misbehave. */
export interface FakeGoogle {
  readonly url: string;
  /** Host and port of the metadata server. */
  readonly metadataHost: string;
  readonly tasks: ReceivedTask[];
  readonly publicKey: KeyObject;
  signatures: number;
  behaviour: QueueBehaviour;
  /** Objects by bucket and name, joined by a slash. */
  readonly objects: Map<string, ReceivedObject>;
  storage: StorageBehaviour;
  /** What Cloud KMS answers in place of a signature; undefined signs. */
  kms: () => Response | undefined;
  /** How the metadata server answers when it is asked for a token. */
  metadata: () => Response | Promise<Response>;
  close(): void;
}

/** The queue's normal way: a new name is created, a known one refused as Cloud Tasks does. */
export function takeTasks(known = new Set<string>()): QueueBehaviour {
  return ({ name }) => {
    if (known.has(name)) return googleError(409, "ALREADY_EXISTS");
    known.add(name);
    return Response.json({ name });
  };
}

/** Whether a function asks its metadata server for a token. */
export function isTokenRequest(url: unknown): boolean {
  return String(url).includes("/computeMetadata/v1/instance/service-accounts/default/token");
}

/** The metadata server's normal way. */
export function giveToken(): Response {
  const token = { access_token: "google-token", expires_in: 3600, token_type: "Bearer" };
  return Response.json(token, { headers: { "metadata-flavor": "Google" } });
}

export function googleError(code: number, status: string): Response {
  return Response.json({ error: { code, status, message: status } }, { status: code });
}

/** As Cloud Storage words it (Google Cloud, "Cloud Storage JSON API": HTTP status and error codes). */
function conditionNotMet(): Response {
  const errors = [{ domain: "global", reason: "conditionNotMet", message: "No.", location: "If-Match" }];
  return Response.json({ error: { code: 412, message: "No.", errors } }, { status: 412 });
}

// One for all: a key takes longer to make than all else.
const key = await generateSigningKey({ modulusLength: 2048, hash: "sha256", digestLength: 32 });

export async function startFakeGoogle(): Promise<FakeGoogle> {
  const app = new Hono();
  app.get("/computeMetadata/v1/instance/service-accounts/default/token", (context) => {
    if (context.req.header("metadata-flavor") !== "Google") return context.text("forbidden", 403);
    return fake.metadata();
  });
  app.post("/v2/projects/:p/locations/:l/queues/:q/tasks", async (context) => {
    if (context.req.header("authorization") !== "Bearer google-token")
      return googleError(401, "UNAUTHENTICATED");
    const { task } = await context.req.json();
    const received: ReceivedTask = {
      name: task.name ?? `${context.req.path.slice("/v2/".length)}/${randomUUID()}`,
      url: task.httpRequest.url,
      body: JSON.parse(Buffer.from(task.httpRequest.body, "base64").toString()),
    };
    const answer = await fake.behaviour(received, fake.tasks.length);
    if (answer.ok) fake.tasks.push(received);
    return answer;
  });
  app.post("/v1/*", async (context) => {
    if (!context.req.path.endsWith(":asymmetricSign")) return googleError(404, "NOT_FOUND");
    const answer = fake.kms();
    if (answer !== undefined) return answer;
    const { digest } = await context.req.json();
    fake.signatures += 1;
    const signature = key.sign(Buffer.from(digest.sha256, "base64"));
    return context.json({ signature: Buffer.from(signature).toString("base64") });
  });
  app.get("/storage/v1/b/:bucket/o/:object", (context) => {
    if (context.req.header("authorization") !== "Bearer google-token") return googleError(401, "");
    const name = `${context.req.param("bucket")}/${context.req.param("object")}`;
    const object = fake.objects.get(name);
    if (object === undefined || context.req.query("alt") !== "media") {
      return context.text(`No such object: ${name}`, 404);
    }
    return context.body(object.content, 200, { "x-goog-generation": object.generation });
  });
  app.post("/upload/storage/v1/b/:bucket/o", async (context) => {
    if (context.req.header("authorization") !== "Bearer google-token") return googleError(401, "");
    const name = `${context.req.param("bucket")}/${context.req.query("name")}`;
    const answer = await fake.storage(name);
    if (answer !== undefined) return answer;
    const { generation = "0" } = fake.objects.get(name) ?? {};
    if (context.req.query("ifGenerationMatch") !== generation) return conditionNotMet();
    const next = String(Number(generation) + 1);
    fake.objects.set(name, { content: await context.req.text(), generation: next });
    return context.json({ name: context.req.query("name"), generation: next });
  });

  const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
  await new Promise((resolve) => server.once("listening", resolve));
  // A server that listens on a port has an address of this form.
  const { port } = server.address() as AddressInfo;
  const fake: FakeGoogle = {
    url: `http://127.0.0.1:${port}`,
    metadataHost: `127.0.0.1:${port}`,
    tasks: [],
    publicKey: createPublicKey(key.publicPem),
    signatures: 0,
    behaviour: takeTasks(),
    objects: new Map(),
    storage: () => undefined,
    kms: () => undefined,
    metadata: giveToken,
    close: () => server.close(),
  };
  return fake;
}
