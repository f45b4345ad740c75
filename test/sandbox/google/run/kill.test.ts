import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GoogleNotice } from "../../../../sandbox/google/notices.ts";
import { deploy, source } from "../functions/deployed.ts";
import { type Local, PARENT, startLocal } from "../local.ts";
import { startTarget } from "../tasks/target.ts";

/** A function that waits where the path says so, and ends what it does at SIGTERM where it says so. */
const SOURCE = source(
  `async (request, response) => {
  if (request.path === "/wait") { console.log(JSON.stringify({ message: "waiting" })); return; }
  if (request.path === "/once" && request.get("x-cloudtasks-taskretrycount") === "0") {
    console.log(JSON.stringify({ message: "first attempt" }));
    return;
  }
  if (request.path === "/drain") {
    process.removeAllListeners("SIGTERM");
    const ending = new Promise((resolve) => process.once("SIGTERM", resolve));
    console.log(JSON.stringify({ message: "draining" }));
    await ending;
    console.log(JSON.stringify({ message: "ending" }));
    await fetch(request.query.gate);
    response.on("finish", () => process.exit(0));
    return response.send("drained " + process.pid);
  }
  if (request.path === "/time") {
    const machine = performance.timeOrigin + performance.now();
    const clocks = [Date.now(), new Date().getTime(), Date.parse(Date())];
    return response.json({
      ahead: clocks.map((time) => Math.round((time - machine) / 10_000)),
      fixed: [new Date(0).toISOString(), new Date(2026, 0).getFullYear(), new Date() instanceof Date, Date.UTC(1970, 0)],
    });
  }
  response.send(String(process.pid));
}`,
);

let local: Local;
let url: string;
beforeAll(async () => {
  local = await startLocal();
  const builder = await local.account("builder", "roles/cloudbuild.builds.builder");
  ({ url } = await deploy(local, builder, "victim", SOURCE));
});
afterAll(() => local.google.close());

const pid = async () => Number(await (await fetch(url)).text());

/** Resolves with the first notice from now on for which the test holds. */
function next(test: (notice: GoogleNotice) => boolean): Promise<GoogleNotice> {
  const seen = new Set(local.notices);
  return local.noticed((notice) => !seen.has(notice) && test(notice));
}
const logged = (message: string) =>
  next((notice) => notice.kind === "function-log" && notice.line["message"] === message);

describe("SIGKILL", () => {
  it("ends a process in the middle; who waited gets a 503, and the next request another process", async () => {
    const before = await pid();
    const waits = logged("waiting");
    const cut = fetch(`${url}/wait`);
    await waits;
    expect(await local.google.kill("victim", "SIGKILL")).toEqual([before]);
    expect((await cut).status).toBe(503);
    expect(local.notices).toContainEqual(
      expect.objectContaining({ kind: "instance", event: "stopped", pid: before }),
    );
    const after = await pid();
    expect(after).not.toBe(before);
    expect(local.notices).toContainEqual(
      expect.objectContaining({ kind: "instance", event: "started", pid: after }),
    );
    // The one process of before serves on.
    expect(await pid()).toBe(after);
  });

  it("by the name of the entry point, of no process while none runs, and of no function that is not there", async () => {
    const before = await pid();
    expect(await local.google.kill("main", "SIGKILL")).toEqual([before]);
    expect(await local.google.kill("main", "SIGKILL")).toEqual([]);
    await expect(local.google.kill("nobody", "SIGKILL")).rejects.toThrow(/No function of the name "nobody"/);
  });

  it("while requests come is survived by a caller that asks again, and leaves no process that nobody knows", async () => {
    const running = new Set<number>();
    for (let round = 0; round < 5; round++) {
      const asked = Array.from({ length: 8 }, () => fetch(url));
      await local.google.kill("victim", "SIGKILL");
      const statuses = (await Promise.all(asked)).map(({ status }) => status);
      expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
      await pid();
    }
    for (const notice of local.notices) {
      if (notice.kind !== "instance") continue;
      if (notice.event === "started") running.add(notice.pid);
      else running.delete(notice.pid);
    }
    expect([...running]).toEqual([await pid()]);
  });

  it("of a function that works on a task has the queue try again", async () => {
    const queue = `${PARENT}/queues/tries-again`;
    await local.call("POST", `/v2/${PARENT}/queues`, { name: queue, retryConfig: { minBackoff: "0.001s" } });
    const works = logged("first attempt");
    const task = { name: `${queue}/tasks/cut`, httpRequest: { url: `${url}/once` } };
    await local.call("POST", `/v2/${queue}/tasks`, { task });
    await works;
    await local.google.kill("victim", "SIGKILL");
    await local.google.idle();
    const statuses = local.notices.flatMap((notice) =>
      notice.kind === "task" && notice.task === "cut" && notice.event === "finished" ? [notice.status] : [],
    );
    expect(statuses).toEqual([503, 200]);
  });
});

it("SIGTERM lets a process end what it does, while another takes what comes", async () => {
  const gate = Promise.withResolvers<number>();
  const held = await startTarget(() => gate.promise);
  const before = await pid();
  const works = logged("draining");
  const ending = logged("ending");
  const drained = fetch(`${url}/drain?gate=${encodeURIComponent(held.url)}`);
  await works;
  const killed = local.google.kill("victim", "SIGTERM");
  await ending;
  const meanwhile = await pid();
  expect(meanwhile).not.toBe(before);
  gate.resolve(200);
  expect(await (await drained).text()).toBe(`drained ${before}`);
  expect(await killed).toEqual([before]);
  // The end of the old one does not touch the new one.
  expect(await pid()).toBe(meanwhile);
});

describe("the clock of instances", () => {
  const time = async () => (await fetch(`${url}/time`)).json();
  const fixed = ["1970-01-01T00:00:00.000Z", 2026, true, 0];

  it.each([
    ["two minutes ahead", 120_000, 12],
    ["two minutes behind", -120_000, -12],
    ["right", 0, 0],
  ])("is %s in those that start after that was set", async (_case, skew, tens) => {
    await pid();
    const before = await time();
    local.google.faults.clockSkewMilliseconds = skew;
    expect(await time()).toEqual(before);
    await local.google.kill("victim", "SIGKILL");
    expect(await time()).toEqual({ ahead: [tens, tens, tens], fixed });
  });
});
