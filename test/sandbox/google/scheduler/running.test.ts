import { createServer } from "node:http";
import { setImmediate as turn } from "node:timers/promises";
import { decodeJwt } from "jose";
import { describe, expect, it, onTestFinished } from "vitest";
import { close, listen } from "../../../../sandbox/google/run/loopback-server.ts";
import { PARENT } from "../local.ts";
import { startTarget } from "../tasks/target.ts";
import { jobsForTest, MINUTE } from "./jobs.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");

it("a job runs at its time with its request, Cloud Scheduler's headers and an identity token", async () => {
  const { local, clock, make, get, reported, story } = await jobsForTest();
  const target = await startTarget();
  const email = await local.account("caller-account");
  const name = await make("poll", {
    uri: `${target.url}/poll?a=b`,
    httpMethod: "PUT",
    body: base64('{"kind":"poll"}'),
    headers: {
      "Content-Type": "application/json",
      "user-agent": "own",
      "X-CloudScheduler-JobName": "forged",
      authorization: "Bearer own",
      "X-Own": "kept",
    },
    oidcToken: { serviceAccountEmail: email, audience: "https://audience.example" },
  });
  expect(await get(name)).toMatchObject({ state: "ENABLED", scheduleTime: "2026-01-05T09:05:00.000Z" });
  clock.advance(5 * MINUTE - 1);
  expect(story("poll")).toEqual([]);
  clock.advance(1);
  await local.google.idle();

  const [received] = target.received;
  expect(received).toMatchObject({ method: "PUT", url: "/poll?a=b" });
  expect(received?.body.toString()).toBe('{"kind":"poll"}');
  expect(received?.headers).toMatchObject({
    "content-type": "application/json",
    "user-agent": "Google-Cloud-Scheduler",
    "x-own": "kept",
    "x-cloudscheduler": "true",
    "x-cloudscheduler-jobname": "poll",
    "x-cloudscheduler-scheduletime": "2026-01-05T09:05:00.000Z",
  });
  const claims = decodeJwt(received?.headers.authorization?.replace("Bearer ", "") ?? "");
  expect(claims).toMatchObject({
    iss: "https://accounts.google.com",
    email,
    aud: "https://audience.example",
  });
  const common = { kind: "schedule", job: "poll", begunBy: "schedule", attempt: 1, body: '{"kind":"poll"}' };
  expect(await reported("poll", { event: "dispatched" })).toEqual({ ...common, event: "dispatched" });
  expect(await reported("poll", { event: "finished" })).toEqual({
    ...common,
    event: "finished",
    status: 200,
    milliseconds: 0,
  });
  expect(await get(name)).toMatchObject({
    scheduleTime: "2026-01-05T09:10:00.000Z",
    lastAttemptTime: "2026-01-05T09:05:00.000Z",
    status: {},
  });

  clock.advance(5 * MINUTE);
  await local.google.idle();
  expect(target.received).toHaveLength(2);
});

it("a job of a cloud that follows no schedules runs only when it is asked to, and goes on showing its next time", async () => {
  const { local, clock, make, get, story } = await jobsForTest({ followsSchedules: false });
  const target = await startTarget();
  const name = await make("poll", { uri: target.url });
  clock.advance(6 * MINUTE);
  await local.google.idle();
  expect(story("poll")).toEqual([]);
  await local.call("POST", `/v1/${name}:run`, {});
  await local.google.idle();
  expect(story("poll")).toEqual(["dispatched 1", "finished 1 200"]);
  expect(await get(name)).toMatchObject({ state: "ENABLED", scheduleTime: "2026-01-05T09:10:00.000Z" });
});

it("without a method it posts, with its bytes as bytes and itself as the audience", async () => {
  const { local, make } = await jobsForTest();
  const target = await startTarget();
  const email = await local.account("caller-account");
  const bytes = Buffer.from([0, 1, 254, 255]);
  const name = await make("bytes", {
    uri: target.url,
    body: bytes.toString("base64"),
    oidcToken: { serviceAccountEmail: email },
  });
  await local.call("POST", `/v1/${name}:run`, {});
  await local.google.idle();
  const [received] = target.received;
  expect(received).toMatchObject({ method: "POST", url: "/", body: bytes });
  expect(received?.headers["content-type"]).toBe("application/octet-stream");
  expect(decodeJwt(received?.headers.authorization?.replace("Bearer ", "") ?? "").aud).toBe(target.url);
});

it("a schedule goes by the clock of its time zone", async () => {
  const { local, clock, make, get } = await jobsForTest();
  const target = await startTarget();
  const settings = { schedule: "30 12 * * *", timeZone: "Europe/Berlin" };
  const name = await make("noon", { uri: target.url }, settings);
  expect((await get(name)).scheduleTime).toBe("2026-01-05T11:30:00.000Z");
  clock.advance(150 * MINUTE);
  await local.google.idle();
  expect(target.received).toHaveLength(1);
});

it("a call runs a job at once, and its schedule goes on as before", async () => {
  const { local, clock, make, get, story } = await jobsForTest();
  const target = await startTarget();
  const name = await make("called", { uri: target.url });
  clock.advance(MINUTE);
  const answer = await local.call("POST", `/v1/${name}:run`, {});
  expect(answer.body).toMatchObject({ name, lastAttemptTime: "2026-01-05T09:01:00.000Z" });
  await local.google.idle();
  expect(target.received).toHaveLength(1);
  expect(story("called")).toEqual(["dispatched 1", "finished 1 200"]);
  expect(local.notices).toContainEqual(expect.objectContaining({ kind: "schedule", begunBy: "call" }));
  expect((await get(name)).scheduleTime).toBe("2026-01-05T09:05:00.000Z");
});

it("a paused job waits, also when its time comes; a resumed one goes on with the next time", async () => {
  const { local, clock, make, get, story } = await jobsForTest();
  const target = await startTarget();
  const name = await make("paused", { uri: target.url });
  const paused = await local.call("POST", `/v1/${name}:pause`, {});
  expect(paused.body.state).toBe("PAUSED");
  expect(paused.body.scheduleTime).toBeUndefined();
  clock.advance(11 * MINUTE);
  expect(story("paused")).toEqual([]);
  const resumed = await local.call("POST", `/v1/${name}:resume`, {});
  expect(resumed.body).toMatchObject({ state: "ENABLED", scheduleTime: "2026-01-05T09:15:00.000Z" });
  clock.advance(4 * MINUTE);
  await local.google.idle();
  expect(target.received).toHaveLength(1);
  expect((await get(name)).state).toBe("ENABLED");
});

it("a changed schedule holds from then on, and a deleted job never runs again", async () => {
  const { local, clock, make, get, story } = await jobsForTest();
  const target = await startTarget();
  const name = await make("changed", { uri: target.url });
  await local.call("PATCH", `/v1/${name}`, { schedule: "0 * * * *" });
  expect((await get(name)).scheduleTime).toBe("2026-01-05T10:00:00.000Z");
  clock.advance(59 * MINUTE);
  expect(story("changed")).toEqual([]);
  clock.advance(MINUTE);
  await local.google.idle();
  expect(target.received).toHaveLength(1);

  expect(local.google.leftovers()).toContain(`Cloud Scheduler job ${name}`);
  expect((await local.call("DELETE", `/v1/${name}`)).status).toBe(200);
  expect(local.google.leftovers()).toEqual([]);
  clock.advance(120 * MINUTE);
  expect(story("changed")).toHaveLength(2);
  expect(clock.timers()).toBe(0);
});

describe("a failed attempt", () => {
  const RETRIES = { retryConfig: { retryCount: 2, minBackoffDuration: "10s", maxBackoffDuration: "60s" } };

  it.each([
    ["a server error", 500, { code: 13 }],
    ["a refusal", 403, { code: 7 }],
    ["a broken connection", 0, { code: 4 }],
  ])("by %s is not repeated where no retries are set", async (_case, status, expected) => {
    const { local, clock, make, get, story } = await jobsForTest();
    const target = await startTarget(() => status);
    const name = await make("once", { uri: target.url }, { retryConfig: { maxRetryDuration: "60s" } });
    clock.advance(5 * MINUTE);
    await local.google.idle();
    expect(story("once")).toEqual([
      "dispatched 1",
      status === 0 ? "finished 1" : `finished 1 ${status}`,
      "dropped 1",
    ]);
    expect((await get(name)).status).toEqual(expected);
  });

  it("is repeated after the back-off, until one succeeds", async () => {
    const { local, clock, make, reported, story } = await jobsForTest();
    const target = await startTarget((_received, count) => (count < 3 ? 503 : 200));
    await make("again", { uri: target.url }, RETRIES);
    clock.advance(5 * MINUTE);
    await reported("again", { event: "finished", attempt: 1 });
    await turn();
    clock.advance(9_999);
    expect(story("again")).toHaveLength(2);
    clock.advance(1);
    await reported("again", { event: "finished", attempt: 2 });
    await turn();
    clock.advance(20_000);
    await local.google.idle();
    expect(story("again").slice(-2)).toEqual(["dispatched 3", "finished 3 200"]);
  });

  it("is given up after the last retry, for which idle waits", async () => {
    const { local, clock, make, reported, story } = await jobsForTest();
    const target = await startTarget(() => 500);
    await make("hopeless", { uri: target.url }, RETRIES);
    clock.advance(5 * MINUTE);
    const idle = local.google.idle();
    for (const attempt of [1, 2]) {
      await reported("hopeless", { event: "finished", attempt });
      await turn();
      clock.advance(20_000);
    }
    await idle;
    expect(story("hopeless").filter((line) => line.startsWith("finished"))).toHaveLength(3);
    expect(story("hopeless").at(-1)).toBe("dropped 3");
  });

  it("ends at its deadline", async () => {
    const { local, clock, make, reported, story } = await jobsForTest();
    const target = await startTarget(() => new Promise<number>(() => {}));
    await make("slow", { uri: target.url }, { attemptDeadline: "15s" });
    clock.advance(5 * MINUTE);
    await reported("slow", { event: "dispatched" });
    while (target.received.length === 0) await turn();
    clock.advance(15_000);
    await local.google.idle();
    expect(story("slow")).toEqual(["dispatched 1", "finished 1", "dropped 1"]);
  });
});

it("a job that is deleted while it runs is broken off, and reports nothing more", async () => {
  const { clock, local, make, story } = await jobsForTest();
  const reached = Promise.withResolvers<void>();
  const brokenOff = Promise.withResolvers<void>();
  const server = createServer((_request, response) => {
    response.once("close", () => brokenOff.resolve());
    reached.resolve();
  });
  const port = await listen(server);
  onTestFinished(() => close(server));
  const retryConfig = { retryCount: 5 };
  const name = await make("deleted", { uri: `http://127.0.0.1:${port}` }, { retryConfig });
  clock.advance(5 * MINUTE);
  await reached.promise;
  await local.call("DELETE", `/v1/${name}`);
  await brokenOff.promise;
  await local.google.idle();
  expect(story("deleted")).toEqual(["dispatched 1"]);
  expect(clock.timers()).toBe(0);
});

describe("a run that is under way when the next time comes", () => {
  it("is waited for: there are never two at the same time, and of several times that passed one is made up for", async () => {
    const { clock, local, make, reported, story } = await jobsForTest();
    const gate = Promise.withResolvers<number>();
    const target = await startTarget((_received, count) => (count === 1 ? gate.promise : 200));
    await make("long", { uri: target.url }, { attemptDeadline: "1800s" });
    clock.advance(5 * MINUTE);
    await reported("long", { event: "dispatched" });
    while (target.received.length === 0) await turn();
    clock.advance(15 * MINUTE);
    expect(story("long")).toEqual(["dispatched 1"]);
    gate.resolve(200);
    while (target.received.length < 2) await turn();
    await local.google.idle();
    expect(story("long")).toEqual(["dispatched 1", "finished 1 200", "dispatched 1", "finished 1 200"]);
  });

  it("is not tried again any more: the next one takes its place", async () => {
    const { clock, local, make, reported, story } = await jobsForTest();
    const target = await startTarget((_received, count) => (count === 1 ? 500 : 200));
    const retryConfig = { retryCount: 5, minBackoffDuration: "3600s" };
    await make("stubborn", { uri: target.url }, { retryConfig });
    clock.advance(5 * MINUTE);
    await reported("stubborn", { event: "finished" });
    await turn();
    clock.advance(5 * MINUTE);
    await reported("stubborn", { event: "finished", status: 200 });
    await local.google.idle();
    expect(story("stubborn")).toEqual([
      "dispatched 1",
      "finished 1 500",
      "dropped 1",
      "dispatched 1",
      "finished 1 200",
    ]);
  });

  it("does not hold back a call", async () => {
    const { clock, local, make, reported } = await jobsForTest();
    const gate = Promise.withResolvers<number>();
    const target = await startTarget(() => gate.promise);
    const name = await make("both", { uri: target.url });
    clock.advance(5 * MINUTE);
    await reported("both", { event: "dispatched", begunBy: "schedule" });
    await local.call("POST", `/v1/${name}:run`, {});
    await reported("both", { event: "dispatched", begunBy: "call" });
    while (target.received.length < 2) await turn();
    gate.resolve(200);
    await local.google.idle();
  });
});

it("idle waits for a run and for the tasks that it made, not for the next time", async () => {
  const { local, clock, make } = await jobsForTest();
  const queue = `${PARENT}/queues/made-by-a-run`;
  await local.call("POST", `/v2/${PARENT}/queues`, { name: queue });
  const last = await startTarget();
  const target = await startTarget(async () => {
    await local.call("POST", `/v2/${queue}/tasks`, { task: { httpRequest: { url: last.url } } });
    return 200;
  });
  await make("makes-tasks", { uri: target.url });
  await local.google.idle();
  clock.advance(5 * MINUTE);
  await local.google.idle();
  expect([target.received.length, last.received.length]).toEqual([1, 1]);
});
