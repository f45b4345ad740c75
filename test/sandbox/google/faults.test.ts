import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { FaultyCall } from "../../../sandbox/google/faults.ts";
import { deploy, source } from "./functions/deployed.ts";
import { type Local, localForTest, PARENT, PROJECT, startLocal } from "./local.ts";

it("the next builds fail, as many as the fault says, and the one after them does not", async () => {
  const local = await localForTest();
  const builder = await local.account("builder", "roles/cloudbuild.builds.builder");
  local.google.faults.failBuilds = 1;
  const answer = source("(request, response) => response.send('ok')");
  const failed = await deploy(local, builder, "first", answer, {}, false);
  expect(failed.operation.body.error.message).toBe(
    "Build failed: The build fails because a fault is switched on.",
  );
  expect((await local.call("GET", `/v2/${PARENT}/functions/first`)).body.state).toBe("FAILED");
  const served = await deploy(local, builder, "second", answer);
  expect(await (await fetch(served.url)).text()).toBe("ok");
  expect(local.google.faults.failBuilds).toBe(0);
});

it("the calls that are picked are refused in the words of an API, and change nothing", async () => {
  const local = await localForTest();
  const path = `/v1/projects/${PROJECT}/secrets`;
  const asked: string[] = [];
  local.google.faults.refuse = (method, called) => {
    asked.push(`${method} ${called}`);
    return method === "POST" ? { status: 429, message: "Quota exceeded" } : undefined;
  };
  const body = { replication: { automatic: {} } };
  const refused = await local.call("POST", `${path}?secretId=word`, body);
  expect(refused.status).toBe(429);
  expect(refused.body.error).toEqual({ code: 429, message: "Quota exceeded", status: "RESOURCE_EXHAUSTED" });
  expect((await local.call("GET", path)).body.secrets).toEqual([]);
  expect(asked).toEqual([`POST ${path}`, `GET ${path}`]);
  expect(local.notices).toContainEqual(expect.objectContaining({ kind: "request", status: 429, path }));

  local.google.faults.refuse = undefined;
  expect((await local.call("POST", `${path}?secretId=word`, body)).status).toBe(200);
});

describe("one kind of call", () => {
  const QUEUE = `${PARENT}/queues/queue`;
  const KEY = `${PARENT}/keyRings/ring/cryptoKeys/key`;
  const VERSION = `/v1/${KEY}/cryptoKeyVersions/1`;
  let local: Local;

  beforeAll(async () => {
    local = await startLocal();
    await local.call("POST", `/v2/${PARENT}/queues`, { name: QUEUE });
    await local.call("POST", `/v2/${QUEUE}:pause`, {});
    await local.call("POST", `/v1/${PARENT}/keyRings?keyRingId=ring`);
    await local.call("POST", `/v1/${PARENT}/keyRings/ring/cryptoKeys?cryptoKeyId=key`, {
      purpose: "ASYMMETRIC_SIGN",
      versionTemplate: { algorithm: "RSA_SIGN_PKCS1_2048_SHA256" },
    });
    await vi.waitUntil(async () => (await local.call("GET", VERSION)).body.state === "ENABLED");
    await local.call("POST", `/storage/v1/b?project=${PROJECT}`, { name: "the-bucket", location: "EU" });
    await writeObject("there");
  });
  afterAll(() => local.google.close());

  const createTask = (id: string) => {
    const task = { name: `${QUEUE}/tasks/${id}`, httpRequest: { url: "http://127.0.0.1:9/" } };
    return local.call("POST", `/v2/${QUEUE}/tasks`, { task });
  };
  const taskIds = async () => {
    const { body } = await local.call("GET", `/v2/${QUEUE}/tasks`);
    return body.tasks.map(({ name }: { name: string }) => name.slice(`${QUEUE}/tasks/`.length));
  };
  const sign = () =>
    local.call("POST", `${VERSION}:asymmetricSign`, {
      digest: { sha256: Buffer.alloc(32).toString("base64") },
    });
  const readObject = () => local.call("GET", "/storage/v1/b/the-bucket/o/there?alt=media");
  const writeObject = (name: string) =>
    local.call("POST", `/upload/storage/v1/b/the-bucket/o?uploadType=media&name=${name}`, {});
  const calls = {
    createTask: () => createTask(`task-${Math.random().toString(36).slice(2)}`),
    sign,
    readObject,
    writeObject: () => writeObject("written"),
  };

  it.each<[keyof typeof calls & FaultyCall, number, string]>([
    ["createTask", 503, "UNAVAILABLE"],
    ["createTask", 429, "RESOURCE_EXHAUSTED"],
    ["sign", 403, "PERMISSION_DENIED"],
    ["sign", 503, "UNAVAILABLE"],
    ["readObject", 503, "backendError"],
    ["writeObject", 503, "backendError"],
    ["writeObject", 412, "conditionNotMet"],
  ])(
    "%s is refused with %d so many times, or until that is taken back, and no other call is",
    async (kind, answer, reason) => {
      const { faults } = local.google;
      faults[kind] = { answer, times: 2 };
      const others = Object.entries(calls).filter(([name]) => name !== kind);
      for (const [, call] of others) expect((await call()).status).toBe(200);
      for (let time = 0; time < 2; time++) {
        const { error } = (await calls[kind]()).body;
        expect([error.code, error.status ?? error.errors[0].reason]).toEqual([answer, reason]);
      }
      expect((await calls[kind]()).status).toBe(200);
      expect(faults[kind]?.times).toBe(0);

      faults[kind] = { answer };
      for (let time = 0; time < 5; time++) expect((await calls[kind]()).status).toBe(answer);
      faults[kind] = undefined;
      expect((await calls[kind]()).status).toBe(200);
    },
  );

  it("that is refused does nothing; one of which only the answer is lost takes effect", async () => {
    const { faults } = local.google;
    faults.createTask = { answer: 503, times: 1 };
    expect((await createTask("refused")).status).toBe(503);
    faults.createTask = { answer: 503, times: 1, takesEffect: true };
    expect((await createTask("lost")).status).toBe(503);
    const ids = await taskIds();
    expect([ids.includes("refused"), ids.includes("lost")]).toEqual([false, true]);
    // Also where it would have been refused for a reason of its own.
    faults.createTask = { answer: 504, times: 1, takesEffect: true };
    expect((await createTask("lost")).status).toBe(504);
    expect((await createTask("lost")).status).toBe(409);
  });

  it("is answered by something in between, in a page that is not Google's", async () => {
    local.google.faults.sign = { answer: 403, times: 1, foreign: true };
    const answer = await fetch(`${local.google.url}${VERSION}:asymmetricSign`, {
      method: "POST",
      headers: { authorization: `Bearer ${local.google.deployerToken}`, "content-type": "application/json" },
      body: "{}",
    });
    expect([answer.status, answer.headers.get("content-type")]).toEqual([403, "text/html"]);
    expect(await answer.text()).toContain("<html>");
  });

  it("that is left without an answer lasts until the caller goes", async () => {
    const { faults } = local.google;
    faults.createTask = { answer: "nothing" };
    const leaving = new AbortController();
    const waiting = fetch(`${local.google.url}/v2/${QUEUE}/tasks`, {
      method: "POST",
      headers: { authorization: `Bearer ${local.google.deployerToken}` },
      body: JSON.stringify({ task: {} }),
      signal: leaving.signal,
    });
    await local.noticed((notice) => notice.kind === "request" && notice.status === 0);
    leaving.abort();
    await expect(waiting).rejects.toThrow();
    faults.createTask = undefined;
    expect((await createTask("afterwards")).status).toBe(200);
  });

  it("of somebody without a token is refused for that", async () => {
    local.google.faults.sign = { answer: 503, times: 1 };
    expect((await fetch(`${local.google.url}${VERSION}:asymmetricSign`, { method: "POST" })).status).toBe(
      401,
    );
    expect(local.google.faults.sign.times).toBe(1);
    local.google.faults.sign = undefined;
  });
});

it("a cloud ends while a call waits for an answer that never comes", async () => {
  const local = await startLocal();
  local.google.faults.readObject = { answer: "nothing" };
  const waiting = local.call("GET", "/storage/v1/b/any/o/any");
  await local.noticed((notice) => notice.kind === "request" && notice.status === 0);
  await Promise.all([expect(waiting).rejects.toThrow(), local.google.close()]);
});
