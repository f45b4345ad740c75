import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Local, PARENT, PROJECT, startLocal } from "../local.ts";
import { startTarget } from "./target.ts";

let local: Local;
let email: string;
let queues = 0;

beforeAll(async () => {
  local = await startLocal();
  email = await local.account("caller-account");
});
afterAll(() => local.google.close());

const FAST = { minBackoff: "0.001s", maxBackoff: "0.002s" };

async function makeQueue(settings: object = {}): Promise<string> {
  const name = `${PARENT}/queues/queue-${++queues}`;
  const answer = await local.call("POST", `/v2/${PARENT}/queues`, { name, ...settings });
  expect(answer.status).toBe(200);
  return name;
}

const add = (queue: string, task: object) => local.call("POST", `/v2/${queue}/tasks`, { task });
const base64 = (text: string) => Buffer.from(text).toString("base64");
const taskEvents = (task: string) =>
  local.notices.flatMap((notice) => (notice.kind === "task" && notice.task === task ? [notice] : []));

describe("a task", () => {
  const task = { httpRequest: { url: "https://service.example/" } };

  it("for no queue is refused with 400, though a queue that is not there is answered with 404", async () => {
    const answer = await add(`${PARENT}/queues/none`, task);
    expect(answer).toMatchObject({ status: 400, body: { error: { status: "FAILED_PRECONDITION" } } });
    expect((await local.call("GET", `/v2/${PARENT}/queues/none`)).status).toBe(404);
  });

  it("for a queue that was deleted is refused with 400", async () => {
    const queue = await makeQueue();
    await local.call("DELETE", `/v2/${queue}`);
    const { message } = (await add(queue, task)).body.error;
    expect(message).toBe("The queue no longer exists, though a queue with this name existed recently.");
  });
});

describe("a dispatch", () => {
  it("carries the task's request, Cloud Tasks' headers and an identity token", async () => {
    const target = await startTarget();
    const queue = await makeQueue();
    const bytes = Buffer.from([0, 1, 254, 255]);
    const scheduleTime = new Date(Date.now() - 5000).toISOString();
    const headers = { "X-Own": "kept", "x-cloudtasks-queuename": "forged", Authorization: "Bearer own" };
    await add(queue, {
      name: `${queue}/tasks/first_Task-1`,
      scheduleTime,
      httpRequest: {
        url: `${target.url}/path?query=1`,
        httpMethod: "PUT",
        headers,
        body: bytes.toString("base64"),
        oidcToken: { serviceAccountEmail: email },
      },
    });
    await local.google.idle();
    const [received] = target.received;
    expect(received).toMatchObject({ method: "PUT", url: "/path?query=1" });
    expect(received?.body).toEqual(bytes);
    expect(received?.headers).toMatchObject({
      "user-agent": "Google-Cloud-Tasks",
      "x-own": "kept",
      "x-cloudtasks-queuename": queue.split("/").at(-1),
      "x-cloudtasks-taskname": "first_Task-1",
      "x-cloudtasks-taskretrycount": "0",
      "x-cloudtasks-taskexecutioncount": "0",
      "x-cloudtasks-tasketa": (Date.parse(scheduleTime) / 1000).toFixed(6),
    });
    expect(received?.headers["content-type"]).toBeUndefined();
    const claims = decodeJwt(received?.headers.authorization?.replace("Bearer ", "") ?? "");
    expect(claims).toMatchObject({
      iss: "https://accounts.google.com",
      email,
      aud: `${target.url}/path?query=1`,
    });
    expect(taskEvents("first_Task-1").map(({ event }) => event)).toEqual([
      "created",
      "dispatched",
      "finished",
    ]);
  });

  it("under a queue's target has its URL, method, headers and token", async () => {
    const target = await startTarget();
    const queue = await makeQueue({
      httpTarget: {
        uriOverride: {
          scheme: "HTTP",
          host: "127.0.0.1",
          port: String(target.port),
          pathOverride: { path: "/queue" },
          queryOverride: { queryParams: "a=b" },
          uriOverrideEnforceMode: "ALWAYS",
        },
        httpMethod: "PATCH",
        headerOverrides: [{ header: { key: "Content-Type", value: "application/json" } }],
        oidcToken: { serviceAccountEmail: email, audience: "https://audience.example" },
      },
    });
    const headers = { "content-type": "text/plain" };
    await add(queue, { httpRequest: { url: "https://elsewhere.invalid/own", headers, body: base64("x") } });
    await add(queue, { httpRequest: { body: base64("only a body") } });
    await local.google.idle();
    expect(target.received).toHaveLength(2);
    for (const received of target.received) {
      expect(received).toMatchObject({ method: "PATCH", url: "/queue?a=b" });
      expect(received.headers["content-type"]).toBe("application/json");
      const token = received.headers.authorization?.replace("Bearer ", "") ?? "";
      expect(decodeJwt(token)).toMatchObject({ email, aud: "https://audience.example" });
    }
  });

  it("keeps a task's own URL where the queue's is only for those without", async () => {
    const own = await startTarget();
    const fallback = await startTarget();
    const override = {
      scheme: "HTTP",
      host: "127.0.0.1",
      port: fallback.port,
      uriOverrideEnforceMode: "IF_NOT_EXISTS",
    };
    const queue = await makeQueue({ httpTarget: { uriOverride: override } });
    await add(queue, { httpRequest: { url: `${own.url}/own` } });
    await add(queue, { httpRequest: {} });
    await local.google.idle();
    expect(own.received.map(({ url }) => url)).toEqual(["/own"]);
    expect(fallback.received.map(({ url }) => url)).toEqual(["/"]);
  });
});

describe("a retry", () => {
  it.each([
    ["a server error", 503],
    ["a refusal", 403],
    ["a redirect, which is not followed", 302],
    ["a broken connection", 0],
  ])("follows %s", async (_case, status) => {
    const target = await startTarget((_received, count) => (count === 1 ? status : 204));
    const queue = await makeQueue({ retryConfig: FAST });
    const id = `retried-${status}`;
    await add(queue, { name: `${queue}/tasks/${id}`, httpRequest: { url: `${target.url}/` } });
    await local.google.idle();
    expect(target.received.map(({ url }) => url)).toEqual(["/", "/"]);
    const counts = target.received.map(({ headers }) => headers["x-cloudtasks-taskretrycount"]);
    expect(counts).toEqual(["0", "1"]);
    const second = target.received[1]?.headers ?? {};
    expect(second["x-cloudtasks-taskpreviousresponse"]).toBe(status === 0 ? undefined : String(status));
    expect(second["x-cloudtasks-taskexecutioncount"]).toBe(status === 503 || status === 0 ? "0" : "1");
    const outcome = taskEvents(id).map(({ event, attempt, status: got }) => [event, attempt, got]);
    expect(outcome).toEqual([
      ["created", undefined, undefined],
      ["dispatched", 1, undefined],
      ["finished", 1, status === 0 ? undefined : status],
      ["dispatched", 2, undefined],
      ["finished", 2, 204],
    ]);
  });

  it("waits for the back-off that the queue has", async () => {
    const target = await startTarget(() => 500);
    const queue = await makeQueue({ retryConfig: { minBackoff: "100s" } });
    const name = `${queue}/tasks/patient`;
    const before = Date.now();
    await add(queue, { name, httpRequest: { url: target.url } });
    await local.noticed(
      (notice) => notice.kind === "task" && notice.task === "patient" && notice.event === "finished",
    );
    const { body } = await local.call("GET", `/v2/${name}`);
    expect(body.dispatchCount).toBe(1);
    expect(Date.parse(body.scheduleTime)).toBeGreaterThanOrEqual(before + 100_000);
    await local.call("DELETE", `/v2/${name}`);
    await local.google.idle();
  });

  it("ends after the last attempt, and the task is dropped", async () => {
    const target = await startTarget(() => 500);
    const queue = await makeQueue({ retryConfig: { ...FAST, maxAttempts: 3 } });
    await add(queue, { name: `${queue}/tasks/hopeless`, httpRequest: { url: target.url } });
    await local.google.idle();
    expect(target.received).toHaveLength(3);
    expect(taskEvents("hopeless").at(-1)).toMatchObject({ event: "dropped", attempt: 3 });
    expect((await local.call("GET", `/v2/${queue}/tasks`)).body.tasks).toEqual([]);
  });
});

describe("a name", () => {
  it("is refused while its task waits, and after it is done", async () => {
    const target = await startTarget();
    const queue = await makeQueue();
    await local.call("POST", `/v2/${queue}:pause`);
    const task = { name: `${queue}/tasks/twice`, httpRequest: { url: target.url, body: base64("x") } };
    expect((await add(queue, task)).status).toBe(200);
    expect((await add(queue, task)).body.error).toMatchObject({ code: 409, status: "ALREADY_EXISTS" });
    await local.call("POST", `/v2/${queue}:resume`);
    await local.google.idle();
    expect((await add(queue, task)).status).toBe(409);
    expect(target.received).toHaveLength(1);
    expect(taskEvents("twice").filter(({ event }) => event === "duplicate")).toHaveLength(2);
  });

  it.each([
    ["of another queue", `${PARENT}/queues/other/tasks/a`],
    ["alone", "a"],
    ["with a dot", "SELF/tasks/a.b"],
    ["too long", `SELF/tasks/${"a".repeat(501)}`],
  ])("%s is refused", async (_case, name) => {
    const queue = await makeQueue();
    const httpRequest = { url: "http://127.0.0.1:9/" };
    expect((await add(queue, { name: name.replace("SELF", queue), httpRequest })).status).toBe(400);
  });
});

it("no more tasks are under way than the queue allows", async () => {
  const gate = Promise.withResolvers<void>();
  const target = await startTarget(() => gate.promise.then(() => 200));
  const queue = await makeQueue({ rateLimits: { maxConcurrentDispatches: 2 } });
  const before = local.notices.length;
  await Promise.all(Array.from({ length: 12 }, () => add(queue, { httpRequest: { url: target.url } })));
  const dispatched = () =>
    local.notices.slice(before).filter((notice) => notice.kind === "task" && notice.event === "dispatched");
  expect(dispatched()).toHaveLength(2);
  gate.resolve();
  await local.google.idle();
  expect(dispatched()).toHaveLength(12);
  expect(target.received).toHaveLength(12);
});

it("a paused queue dispatches nothing, and a deleted task is never sent", async () => {
  const target = await startTarget();
  const queue = await makeQueue();
  await local.call("POST", `/v2/${queue}:pause`);
  await add(queue, { name: `${queue}/tasks/gone`, httpRequest: { url: `${target.url}/gone` } });
  await add(queue, { name: `${queue}/tasks/kept`, httpRequest: { url: `${target.url}/kept` } });
  expect(local.google.leftovers()).toContain(`queue ${queue}`);
  await local.call("DELETE", `/v2/${queue}/tasks/gone`);
  await local.call("POST", `/v2/${queue}:resume`);
  await local.google.idle();
  expect(target.received.map(({ url }) => url)).toEqual(["/kept"]);
});

describe("refused", () => {
  const request = { url: "http://127.0.0.1:9/" };
  it.each<[string, object]>([
    ["no request", {}],
    ["no URL", { httpRequest: {} }],
    ["a URL of another scheme", { httpRequest: { url: "ftp://127.0.0.1/" } }],
    ["a GET with a body", { httpRequest: { ...request, httpMethod: "GET", body: "YQ==" } }],
    ["a method that is none", { httpRequest: { ...request, httpMethod: "BREW" } }],
    ["a body too large", { httpRequest: { ...request, body: Buffer.alloc(1_000_001).toString("base64") } }],
    ["a short deadline", { httpRequest: request, dispatchDeadline: "5s" }],
    ["a time far ahead", { httpRequest: request, scheduleTime: "2999-01-01T00:00:00Z" }],
    [
      "an account that does not exist",
      { httpRequest: { ...request, oidcToken: { serviceAccountEmail: "no@no" } } },
    ],
  ])("a task with %s", async (_case, task) => {
    const queue = await makeQueue();
    expect((await add(queue, task)).body.error.status).toBe("INVALID_ARGUMENT");
  });

  it.each<[string, object]>([
    ["a negative rate", { rateLimits: { maxDispatchesPerSecond: -1 } }],
    ["a rate above 500", { rateLimits: { maxDispatchesPerSecond: 501 } }],
    ["too many at once", { rateLimits: { maxConcurrentDispatches: 5001 } }],
    ["no attempts", { retryConfig: { maxAttempts: 0 } }],
    ["a duration without unit", { retryConfig: { minBackoff: "10" } }],
    ["a least back-off above the most", { retryConfig: { minBackoff: "10s", maxBackoff: "1s" } }],
    [
      "an account that does not exist",
      { httpTarget: { oidcToken: { serviceAccountEmail: `no@${PROJECT}` } } },
    ],
    ["a scheme that is none", { httpTarget: { uriOverride: { scheme: "GOPHER" } } }],
    ["a host with a path", { httpTarget: { uriOverride: { host: "a.example/path" } } }],
  ])("a queue with %s", async (_case, settings) => {
    const name = `${PARENT}/queues/refused`;
    const answer = await local.call("POST", `/v2/${PARENT}/queues`, { name, ...settings });
    expect(answer.body.error).toMatchObject({ code: 400, status: "INVALID_ARGUMENT" });
  });
});

it("a patch changes what its mask names and nothing else", async () => {
  const queue = await makeQueue({
    rateLimits: { maxConcurrentDispatches: 7 },
    retryConfig: { maxAttempts: 4 },
  });
  const body = { rateLimits: { maxConcurrentDispatches: 9 }, retryConfig: { maxAttempts: 8 } };
  const patched = await local.call("PATCH", `/v2/${queue}?updateMask=retryConfig`, body);
  expect(patched.body).toMatchObject({
    rateLimits: { maxConcurrentDispatches: 7 },
    retryConfig: { maxAttempts: 8, minBackoff: "0.100s" },
  });
});
