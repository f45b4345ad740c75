import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import type { PollTask, ReplayContinuation, ReplayTask } from "../../../function/shared/contract.ts";
import { GoogleApiError, NoBucketError } from "../../../function/shared/errors.ts";
import { signInEvent } from "../../support/deliveries.ts";
import { CONTINUATION_QUEUE, send, taskName } from "../../support/reconciliation.ts";
import { oktaError } from "../../support/system-log.ts";
import { createWorld, DAY, failing, HOUR_MS, isoTime, MINUTE, unanswered, type World } from "./world.ts";

const GROUP = "00gAppUsers";

let world: World;

beforeEach(() => {
  world = createWorld();
});

function replay(changes: Partial<ReplayTask> = {}): ReplayTask {
  const since = isoTime(world.clock.now() - 10 * DAY);
  const until = isoTime(world.clock.now());
  const id = randomUUID();
  return {
    kind: "replay",
    continuationQueue: CONTINUATION_QUEUE,
    id,
    since,
    until,
    dryRun: false,
    ...changes,
  };
}

const progressOf = ({ id }: ReplayTask) => world.object(`replays/${id}.json`);

/** Sign-ins a minute apart that end an hour ago, oldest first. */
function past(count: number): string[] {
  return Array.from({ length: count }, (_, index) =>
    world.signIns(1, HOUR_MS + (count - index) * MINUTE),
  ).flat();
}

/** Takes the last continuation from its queue. */
function continuation(): ReplayContinuation {
  const task = world.lasting.continuations.at(-1)?.task;
  if (task?.kind !== "replay-continuation") throw new Error("There is no continuation of a replay.");
  return task;
}

describe("a replay", () => {
  it("asks for its window in the bounded form, queues what the rules want, and reports that it is done", async () => {
    const outside = [...world.signIns(1, 11 * DAY), ...world.signIns(1, -MINUTE)];
    const wanted = past(3);
    const task = replay();
    const began = world.clock.now();
    const answer = await world.run(task);
    expect([answer.status, answer.body]).toEqual([
      200,
      { outcome: "done", pages: 1, events: 3, wanted: 3, queued: 3, alreadyQueued: 0 },
    ]);
    expect(Object.fromEntries(world.lasting.log.requests[0]?.searchParams ?? [])).toEqual({
      since: task.since,
      until: task.until,
      limit: "1000",
      sortOrder: "ASCENDING",
      filter: '(eventType eq "user.session.start") and outcome.result eq "SUCCESS"',
    });
    expect(world.queuedUuids()).toEqual(wanted);
    expect(world.queuedUuids()).not.toEqual(expect.arrayContaining(outside));
    expect(progressOf(task)).toEqual({
      state: "done",
      since: task.since,
      until: task.until,
      dryRun: false,
      reached: isoTime(began - HOUR_MS - MINUTE),
      counts: { events: 3, wanted: 3, queued: 3 },
      chunk: 1,
    });
    expect(world.entriesOf("INFO").at(-1)).toMatchObject({ replay: task.id, outcome: "done", queued: 3 });
  });

  it("is not swallowed by what the queue remembers, nor by another replay", async () => {
    const [uuid = ""] = past(1);
    const poll: PollTask = { kind: "poll", continuationQueue: CONTINUATION_QUEUE };
    await world.run(poll, { stackSince: world.clock.now() - DAY });
    const [one, other] = [replay(), replay()];
    await world.run(one);
    await world.run(other);
    expect([...world.lasting.queue.keys()]).toEqual(
      ["", one.id, other.id].map((id) => taskName(uuid, GROUP, id)),
    );
  });

  it("only counts when it is a dry run", async () => {
    past(3);
    const task = replay({ dryRun: true });
    expect((await world.run(task)).body).toMatchObject({ outcome: "done", wanted: 3, queued: 0 });
    expect(world.lasting.queue.size).toBe(0);
    expect(progressOf(task)).toMatchObject({ dryRun: true, counts: { events: 3, wanted: 3, queued: 0 } });
  });

  it("of nothing is done at once", async () => {
    const task = replay();
    const began = world.clock.now();
    expect((await world.run(task)).body).toMatchObject({ outcome: "done", events: 0 });
    expect(progressOf(task)).toMatchObject({ state: "done", reached: isoTime(began) });
  });

  it("ends where an empty page leads to itself", async () => {
    const task = replay();
    let link = "";
    world.lasting.log.refuse = (url) => {
      link = url.href;
      return { status: 200, headers: { link: `<${link}>; rel="next"` }, body: [] };
    };
    expect((await world.run(task)).body).toMatchObject({ outcome: "done", pages: 1 });
  });
});

describe("a long replay", () => {
  it("goes on chunk by chunk, and its progress can be seen", async () => {
    world.lasting.log.pageSize = 2;
    const wanted = past(50);
    const task = replay();
    const began = world.clock.now();
    expect((await world.run(task)).body).toMatchObject({ outcome: "more", pages: 20, queued: 40 });
    expect(progressOf(task)).toMatchObject({
      state: "running",
      counts: { events: 40, wanted: 40, queued: 40 },
    });
    expect(progressOf(task).reached).toBe(isoTime(began - HOUR_MS - 11 * MINUTE));
    const next = continuation();
    const { continuationQueue, id } = task;
    expect(next).toEqual({ kind: "replay-continuation", continuationQueue, id, chunk: 1 });
    expect((await world.run(next)).body).toMatchObject({ outcome: "done", queued: 10 });
    expect(progressOf(task)).toMatchObject({ state: "done", counts: { events: 50, wanted: 50, queued: 50 } });
    expect(world.queuedUuids()).toEqual(wanted);
  });

  it("ends a chunk when half of the time is used", async () => {
    world.lasting.log.pageSize = 1;
    past(50);
    const task = replay();
    const answer = await world.run(task, {
      timeoutMs: 60_000,
      step: async (kind, effect) => {
        if (kind === "page") await world.clock.sleep(10_000);
        return effect();
      },
    });
    expect(answer.body).toMatchObject({ outcome: "more", pages: 4 });
    expect((await world.run(continuation())).body).toMatchObject({ outcome: "more", pages: 20 });
    expect(continuation().chunk).toBe(2);
    expect(progressOf(task)).toMatchObject({ chunk: 2, counts: { events: 24 } });
  });

  it("keeps what is done of a chunk when a later page fails", async () => {
    world.lasting.log.pageSize = 1;
    const wanted = past(5);
    const task = replay();
    world.lasting.log.refuse = (url) =>
      url.searchParams.get("after") === "3" ? oktaError(500, "E0000009") : undefined;
    expect((await world.run(task)).body).toMatchObject({ outcome: "more", pages: 3, queued: 3 });
    expect(world.entriesOf("WARNING")).toEqual([expect.objectContaining({ replay: task.id, status: 500 })]);
    const next = continuation();
    expect((await world.run(next)).status).toBe(503);
    world.lasting.log.refuse = () => undefined;
    expect((await world.run(next)).body).toMatchObject({ outcome: "done", queued: 2 });
    expect(progressOf(task)).toMatchObject({ state: "done", counts: { events: 5, wanted: 5, queued: 5 } });
    expect(world.queuedUuids()).toEqual(wanted);
  });

  it("counts no page of which a task could not be queued", async () => {
    world.lasting.log.pageSize = 2;
    past(4);
    let tasks = 0;
    const step = failing("task", () => {
      tasks += 1;
      return tasks === 4 ? new GoogleApiError("Cloud Tasks tasks.create", 503, "") : undefined;
    });
    const task = replay();
    expect((await world.run(task, { step })).body).toMatchObject({ outcome: "more", pages: 1, queued: 2 });
    expect((await world.run(continuation())).body).toMatchObject({ queued: 1, alreadyQueued: 1 });
    expect(progressOf(task)).toMatchObject({ state: "done", counts: { events: 4, wanted: 4, queued: 4 } });
  });
});

describe("a replay of a page that is too large to be read", () => {
  it("reads it in parts, and passes over a single event that is too large", async () => {
    const wanted = past(6);
    const at = world.clock.now() - HOUR_MS;
    world.lasting.log.events.push(signInEvent({ published: isoTime(at), debug: "x".repeat(9_000) }));
    world.lasting.log.maximumAnswerBytes = 3_000;
    const task = replay();
    expect((await world.run(task)).body).toMatchObject({ outcome: "done", events: 6, queued: 6 });
    expect(world.queuedUuids()).toEqual(wanted);
    expect(world.entriesOf("ERROR")).toEqual([
      expect.objectContaining({ fault: "event-too-large", after: isoTime(at - MINUTE) }),
    ]);
    expect(progressOf(task)).toMatchObject({ state: "done", counts: { events: 6 } });
  });
});

describe("a chunk that is repeated", () => {
  const lost = () => Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });

  it.each([
    ["before its continuation is called for", failing("continuation", lost)],
    ["after that", unanswered("continuation", lost)],
    ["before its place is written", failing("write", lost)],
    ["after that", unanswered("write", lost)],
    ["before its end is written", failing("write", second(lost))],
    ["after that", unanswered("write", second(lost))],
  ])("because it broke off %s counts once", async (_name, step) => {
    world.lasting.log.pageSize = 1;
    past(30);
    const task = replay();
    expect((await world.run(task, { step })).status).toBe(503);
    expect((await world.run(task)).status).toBe(200);
    expect(world.lasting.continuations).toHaveLength(1);
    expect((await world.run(continuation())).body).toMatchObject({ outcome: "done", queued: 10 });
    expect(progressOf(task)).toMatchObject({ state: "done", counts: { events: 30, wanted: 30, queued: 30 } });
  });

  it("though its continuation is on its way reads nothing", async () => {
    world.lasting.log.pageSize = 1;
    past(30);
    const task = replay();
    await world.run(task);
    const { length } = world.lasting.log.requests;
    world.lasting.continuations.length = 0;
    expect((await world.run(task)).body).toMatchObject({ outcome: "overtaken", pages: 0 });
    // The call for it may have failed, so it is called for again.
    expect(world.lasting.continuations.map(({ name }) => name)).toEqual([`${task.id} 1`]);
    await world.run(continuation());
    expect((await world.run(task)).body).toMatchObject({ outcome: "done", pages: 0 });
    expect(world.lasting.log.requests).toHaveLength(length + 10);
    expect(progressOf(task)).toMatchObject({ state: "done", counts: { events: 30 } });
  });

  it("while another delivery of it is quicker is counted once, and goes on once", async () => {
    world.lasting.log.pageSize = 1;
    past(30);
    const task = replay();
    const slow = await world.start({
      step: async (kind, effect) => {
        if (kind === "page") await world.clock.sleep(5_000);
        return effect();
      },
    });
    const quick = await world.start();
    const [late, early] = await world.clock.until(Promise.all([send(slow, task), send(quick, task)]));
    expect([early.body.outcome, late.body.outcome]).toEqual(["more", "overtaken"]);
    expect(world.lasting.continuations).toHaveLength(1);
    expect((await world.run(continuation())).body).toMatchObject({ outcome: "done", queued: 10 });
    expect(progressOf(task)).toMatchObject({ state: "done", counts: { events: 30, wanted: 30, queued: 30 } });
  });

  it("begins where it was, whatever window the task names now", async () => {
    past(3);
    const task = replay();
    const step = failing("page", () => new GoogleApiError("stopped", 503, ""));
    expect((await world.run(task, { step })).status).toBe(503);
    await world.run({ ...task, since: isoTime(world.clock.now() - 80 * DAY), dryRun: true });
    expect(progressOf(task)).toMatchObject({ state: "done", since: task.since, dryRun: false });
  });

  const progress = {
    state: "done",
    since: "2026-01-01T00:00:00.000Z",
    until: "2026-01-02T00:00:00.000Z",
    dryRun: false,
    reached: "2026-01-02T00:00:00.000Z",
    counts: { events: 9, wanted: 9, queued: 9 },
    chunk: 1,
  };

  it("that has ended is done, and nothing is read", async () => {
    const task = replay();
    world.lasting.objects.set(`replays/${task.id}.json`, {
      content: JSON.stringify(progress),
      generation: "5",
    });
    expect((await world.run(task)).body).toMatchObject({ outcome: "done" });
    expect(world.lasting.log.requests).toEqual([]);
  });

  it.each([
    ["no JSON", "{"],
    ["a number", "7"],
    ["empty", "{}"],
    ["of another state", JSON.stringify({ ...progress, state: "x" })],
    ["of a time that is none", JSON.stringify({ ...progress, reached: "at noon" })],
    ["of a chunk that is not a number", JSON.stringify({ ...progress, chunk: "1" })],
    ["without counts", JSON.stringify({ ...progress, counts: { events: -1, wanted: 9, queued: 9 } })],
    ["without a place to read on from", JSON.stringify({ ...progress, state: "running" })],
  ])("writes over a damaged progress: %s", async (_name, content) => {
    const task = replay();
    world.lasting.objects.set(`replays/${task.id}.json`, { content, generation: "5" });
    expect((await world.run(task)).body).toMatchObject({ outcome: "done" });
    expect(progressOf(task)).toMatchObject({ state: "done", since: task.since });
    expect(world.lasting.log.requests).toHaveLength(1);
  });
});

describe("a continuation", () => {
  const made = (changes: object = {}) => ({
    kind: "replay-continuation",
    continuationQueue: CONTINUATION_QUEUE,
    id: randomUUID(),
    chunk: 1,
    ...changes,
  });

  it.each([
    ["of a replay that nobody has begun", async () => made()],
    [
      "of a chunk that no replay has come to",
      async () => {
        world.lasting.log.pageSize = 1;
        past(30);
        const task = replay();
        await world.run(task);
        world.lasting.log.requests.length = 0;
        return made({ id: task.id, chunk: 7 });
      },
    ],
    [
      "whose place leads out of the System Log",
      async () => {
        world.lasting.log.pageSize = 1;
        past(30);
        const task = replay();
        await world.run(task);
        world.lasting.log.requests.length = 0;
        const place = { ...progressOf(task), next: "/api/v1/users?limit=1" };
        world.lasting.objects.set(`replays/${task.id}.json`, {
          content: JSON.stringify(place),
          generation: "9",
        });
        return made({ id: task.id });
      },
    ],
  ])("%s reads nothing, and says so once", async (_name, make) => {
    const task = await make();
    const answer = await world.run(task);
    expect([answer.status, answer.body.outcome]).toEqual([200, "failed"]);
    expect(world.lasting.log.requests).toEqual([]);
    expect(world.entriesOf("ERROR")).toEqual([
      expect.objectContaining({ replay: task.id, fault: "replay-lost" }),
    ]);
  });

  it("reads what the replay has reached, whatever else it carries", async () => {
    world.lasting.log.pageSize = 1;
    past(30);
    const task = replay();
    await world.run(task);
    const { next } = progressOf(task);
    world.lasting.log.requests.length = 0;
    const forged = { next: "/api/v1/logs?filter=eventType+sw+%22user%22", since: "2026-01-01" };
    await world.run({ ...continuation(), ...forged, continued: forged });
    expect(world.lasting.log.requests[0]?.href).toBe(`${world.lasting.log.url}${next}`);
    for (const url of world.lasting.log.requests) expect(url.searchParams.get("filter")).toContain("outcome");
  });

  it("of each of two replays at once goes on with its own", async () => {
    world.lasting.log.pageSize = 1;
    const wanted = past(30);
    const tasks = [replay(), replay()];
    const handler = await world.start();
    await world.clock.until(Promise.all(tasks.map((task) => send(handler, task))));
    await world.clock.until(Promise.all(world.lasting.continuations.map(({ task }) => send(handler, task))));
    for (const task of tasks) {
      expect(progressOf(task)).toMatchObject({ state: "done", counts: { events: 30, queued: 30 } });
      for (const uuid of wanted) expect(world.lasting.queue.has(taskName(uuid, GROUP, task.id))).toBe(true);
    }
  });
});

describe("a replay that can't be", () => {
  const at = (milliseconds: number) => isoTime(world.clock.now() + milliseconds);
  it.each([
    [
      "ends before it begins",
      () => replay({ since: at(-HOUR_MS), until: at(-2 * HOUR_MS) }),
      /not before its end/,
    ],
    ["is of no length", () => replay({ since: at(-HOUR_MS), until: at(-HOUR_MS) }), /not before its end/],
    ["ends in the future", () => replay({ until: at(2 * HOUR_MS) }), /in the future/],
    ["begins before Okta's memory", () => replay({ since: at(-92 * DAY) }), /90 days/],
  ])("%s fails, and says why", async (_name, make, fault) => {
    const task = make();
    const answer = await world.run(task);
    expect([answer.status, answer.body.outcome]).toEqual([200, "failed"]);
    expect(progressOf(task)).toMatchObject({ state: "failed", fault: expect.stringMatching(fault) });
    expect(world.entriesOf("ERROR")).toEqual([
      expect.objectContaining({ replay: task.id, fault: progressOf(task).fault }),
    ]);
    expect(world.lasting.log.requests).toEqual([]);
    expect((await world.run(task)).body).toMatchObject({ outcome: "failed" });
  });

  it("is refused by Okta fails, and says from where on another one can go on", async () => {
    world.lasting.log.pageSize = 1;
    past(3);
    const task = replay();
    const began = world.clock.now();
    world.lasting.log.refuse = (url) =>
      url.searchParams.get("after") === "2" ? oktaError(400, "E0000001") : undefined;
    expect((await world.run(task)).body).toMatchObject({ outcome: "failed", pages: 2 });
    const reached = isoTime(began - HOUR_MS - 2 * MINUTE);
    expect(progressOf(task)).toMatchObject({
      state: "failed",
      reached,
      fault: `Okta refuses to read on (400 E0000001). Start another replay from ${reached} on, which this one has reached.`,
    });
  });

  it("would lead away from the org fails", async () => {
    world.lasting.log.pageSize = 1;
    past(2);
    world.lasting.log.link = () => "https://evil.example/api/v1/logs?after=1";
    const task = replay();
    expect((await world.run(task)).body).toMatchObject({ outcome: "failed" });
    expect(progressOf(task).fault).toContain("leads away");
  });

  it.each([
    ["a day and a bit late", () => replay({ since: at(-90 * DAY - HOUR_MS) })],
    ["by a clock that is ahead", () => replay({ until: at(2 * MINUTE) })],
  ])("is asked for %s is one all the same", async (_name, make) => {
    expect((await world.run(make())).body).toMatchObject({ outcome: "done" });
  });
});

describe("a replay that can't be now", () => {
  it.each([
    ["a role", oktaError(403, "E0000006"), "ERROR"],
    ["a moment", oktaError(429, "E0000047"), "WARNING"],
    ["a way past a proxy", { status: 400, headers: {}, body: undefined }, "ERROR"],
  ])("for want of %s is left to the queue", async (_name, answer, severity) => {
    const task = replay();
    world.lasting.log.refuse = () => answer;
    expect((await world.run(task)).status).toBe(503);
    expect(world.entriesOf(severity)).toHaveLength(1);
    expect(progressOf(task)).toMatchObject({ state: "running", counts: { events: 0 } });
  });

  it("for want of a bucket reads nothing, and says so", async () => {
    past(3);
    const step = failing(
      "write",
      () => new NoBucketError("state", "Cloud Storage objects.insert", 404, "notFound"),
    );
    expect((await world.run(replay(), { step })).status).toBe(503);
    expect(world.lasting.log.requests).toEqual([]);
    expect(world.entriesOf("ERROR")).toEqual([
      expect.objectContaining({ fault: "bucket-gone", remedy: expect.stringContaining("--refresh") }),
    ]);
  });
});

/** The second time only. */
function second(fault: () => Error): () => Error | undefined {
  let times = 0;
  return () => {
    times += 1;
    return times === 2 ? fault() : undefined;
  };
}
