import { beforeEach, describe, expect, it } from "vitest";
import type { Rule } from "../../../function/shared/contract.ts";
import { GoogleApiError, ObjectChangedError } from "../../../function/shared/errors.ts";
import type { OktaRequest } from "../../../function/shared/okta/client.ts";
import { signInEvent } from "../../support/deliveries.ts";
import { type Step, send } from "../../support/reconciliation.ts";
import { oktaError } from "../../support/system-log.ts";
import { createWorld, failing, HOUR_MS, isoTime, MINUTE, pollTask, unanswered, type World } from "./world.ts";

let world: World;

beforeEach(() => {
  world = createWorld();
});

describe("reading on", () => {
  it("asks for the rules' successful events in the polling form", async () => {
    const rules: Rule[] = [
      { groupId: "00gOne", on: ["user.session.start"] },
      { groupId: "00gTwo", on: ["user.session.start", "user.authentication.sso"] },
    ];
    expect((await world.poll({ rules })).status).toBe(200);
    expect(Object.fromEntries(world.lasting.log.requests[0]?.searchParams ?? [])).toEqual({
      since: isoTime(world.stackSince - HOUR_MS),
      limit: "1000",
      sortOrder: "ASCENDING",
      filter:
        '(eventType eq "user.authentication.sso" or eventType eq "user.session.start") and outcome.result eq "SUCCESS"',
    });
  });

  it("queues what the rules want, and says what it did", async () => {
    world.lasting.log.pageSize = 2;
    const wanted = world.signIns(3, 10 * MINUTE);
    world.lasting.log.events.push(signInEvent({ eventType: "user.session.end" }));
    const answer = await world.poll();
    const summary = { outcome: "done", pages: 3, events: 4, wanted: 3, queued: 3, alreadyQueued: 0 };
    expect([answer.status, answer.body]).toEqual([200, summary]);
    expect(world.queuedUuids()).toEqual(wanted);
    // The last page was asked for before the cursor's second was over.
    expect(world.entriesOf("INFO").at(-1)).toMatchObject({ ...summary, behindSeconds: 1 });
  });

  it("begins where the run before ended", async () => {
    const first = world.signIns(2);
    await world.poll();
    const second = world.signIns(2);
    expect((await world.poll()).body).toMatchObject({
      outcome: "done",
      events: 2,
      queued: 2,
      alreadyQueued: 0,
    });
    expect(world.queuedUuids()).toEqual([...first, ...second]);
  });

  it("finds what comes late, and out of order", async () => {
    world.signIns(1);
    await world.poll();
    const late = world.signIns(1, 30 * MINUTE);
    await world.poll();
    expect(world.queuedUuids()).toEqual(expect.arrayContaining(late));
  });

  it("counts what is in the queue already", async () => {
    world.signIns(2);
    await world.poll();
    world.lasting.objects.clear();
    expect((await world.poll()).body).toMatchObject({ wanted: 2, queued: 0, alreadyQueued: 2 });
  });

  it("skips what can never be processed, and logs no more of it than its place", async () => {
    world.lasting.log.events.push({ uuid: "x", actor: { alternateId: "hunter2" } });
    const wanted = world.signIns(1);
    expect((await world.poll()).status).toBe(200);
    expect(world.queuedUuids()).toEqual(wanted);
    expect(world.entriesOf("ERROR")).toEqual([
      expect.objectContaining({ index: 0, fault: "the event has no eventType" }),
    ]);
    expect(JSON.stringify(world.entries)).not.toContain("hunter2");
  });

  it("takes events with a chain under request, and a null target", async () => {
    world.lasting.log.events.push(
      signInEvent({ client: null, request: { ipChain: [{ ip: "203.0.113.9" }] }, target: null }),
    );
    expect((await world.poll()).body).toMatchObject({ queued: 1 });
  });

  it("stops at a page that is not full and reaches to now, whatever comes meanwhile", async () => {
    world.signIns(3);
    world.lasting.log.link = (next) => {
      world.signIns(1);
      return next;
    };
    expect((await world.poll()).body).toMatchObject({ outcome: "done", pages: 1 });
  });
});

describe("the cursor", () => {
  /** When it is written, and where to. */
  let writes: { readonly at: number; readonly place: string }[];
  const begin = () => {
    const at = world.clock.now();
    return () =>
      writes.push({ at: world.clock.now() - at, place: /after=(\d+)/.exec(world.object().next)?.[1] ?? "" });
  };

  beforeEach(() => {
    writes = [];
    world.lasting.log.pageSize = 1;
    world.signIns(5, 10 * MINUTE);
  });

  it("is written once a second and before the run ends, and no page waits for it", async () => {
    const wrote = begin();
    const answer = await world.poll({
      step: async (kind, effect) => {
        if (kind === "page") await world.clock.sleep(400);
        const result = await effect();
        if (kind === "write") wrote();
        return result;
      },
    });
    expect(answer.body).toMatchObject({ outcome: "done", pages: 6 });
    expect(writes).toEqual([
      { at: 0, place: "" },
      { at: 1200, place: "3" },
      // The last page is empty, and came at 2400.
      { at: 2400, place: "5" },
    ]);
  });

  it("is behind the last page that was queued when a later one fails", async () => {
    const refuse = (url: URL) =>
      url.searchParams.get("after") === "3" ? oktaError(500, "E0000009") : undefined;
    world.lasting.log.refuse = refuse;
    const wrote = begin();
    const step: Step = async (kind, effect) => {
      const result = await effect();
      if (kind === "write") wrote();
      return result;
    };
    expect((await world.poll({ step })).status).toBe(503);
    expect(writes).toEqual([
      { at: 0, place: "" },
      { at: 1000, place: "3" },
    ]);
  });

  it("is written before another run is called for", async () => {
    world.signIns(60, 10 * MINUTE);
    const steps: string[] = [];
    const step: Step = async (kind, effect) => {
      if (kind === "write" || kind === "continuation") steps.push(kind);
      return effect();
    };
    expect((await world.poll({ step })).body).toMatchObject({ outcome: "more" });
    expect(steps).toEqual(["write", "write", "continuation"]);
    expect(world.object().next).toMatch(/after=50$/);
  });

  it("is not written again after a write that failed, which may have had its effect", async () => {
    let count = 0;
    const second = unanswered("write", () => {
      count += 1;
      return count === 2 ? Object.assign(new Error("socket hang up"), { code: "ECONNRESET" }) : undefined;
    });
    const step: Step = async (kind, effect) => {
      if (kind === "page") await world.clock.sleep(600);
      return second(kind, effect);
    };
    expect((await world.poll({ step })).status).toBe(503);
    // The beginning, and the second page of five.
    expect([count, world.object().next]).toEqual([2, expect.stringMatching(/after=2$/)]);
    expect((await world.poll()).body).toMatchObject({ outcome: "done", events: 3 });
  });
});

describe("the page behind the one that is queued", () => {
  it("is read meanwhile, and no more than that one", async () => {
    world.lasting.log.pageSize = 1;
    world.signIns(4, 10 * MINUTE);
    const steps: string[] = [];
    let pages = 0;
    const step: Step = async (kind, effect) => {
      const name = kind === "page" ? `page ${++pages}` : kind;
      if (kind !== "page" && kind !== "task") return effect();
      steps.push(`${name} begins`);
      await world.clock.sleep(kind === "page" ? 1_000 : 3_000);
      steps.push(`${name} ends`);
      return effect();
    };
    await world.poll({ step });
    expect(steps.slice(0, 9)).toEqual([
      "page 1 begins",
      "page 1 ends",
      "page 2 begins",
      "task begins",
      "page 2 ends",
      "task ends",
      "page 3 begins",
      "task begins",
      "page 3 ends",
    ]);
  });

  it("is not waited for when the run ends before", async () => {
    world.lasting.log.pageSize = 1;
    world.signIns(4, 10 * MINUTE);
    const signals: AbortSignal[] = [];
    const { send: answer } = world.lasting.log;
    Object.assign(world.lasting.log, {
      send: (request: OktaRequest) => {
        signals.push(request.deadline.signal);
        return signals.length === 2 ? new Promise(() => {}) : answer(request);
      },
    });
    const refused = () => new GoogleApiError("Cloud Tasks tasks.create", 503, "UNAVAILABLE");
    const began = world.clock.now();
    expect((await world.poll({ step: failing("task", refused) })).status).toBe(503);
    expect(world.clock.now()).toBe(began);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });
});

describe("a page that is too large to be read", () => {
  it("is read in parts, and the cursor moves behind it", async () => {
    const wanted = world.signIns(9, 10 * MINUTE);
    world.lasting.log.maximumAnswerBytes = 3_000;
    expect((await world.poll()).body).toMatchObject({ outcome: "done", events: 9, queued: 9 });
    expect(world.queuedUuids()).toEqual(wanted);
    const { length } = world.lasting.log.requests;
    expect((await world.poll()).body).toMatchObject({ outcome: "done", events: 0 });
    expect(world.lasting.log.requests).toHaveLength(length + 1);
    expect(world.entriesOf("WARNING")).toEqual([]);
  });

  it("for a single event is passed over with one error that says where it is, and nothing of whom", async () => {
    const now = world.clock.now();
    const before = world.signIns(2, 20 * MINUTE);
    world.lasting.log.events.push(
      signInEvent({ published: isoTime(now - 15 * MINUTE), debug: "x".repeat(9_000) }),
    );
    const after = world.signIns(2, 10 * MINUTE);
    world.lasting.log.maximumAnswerBytes = 3_000;
    expect((await world.poll()).body).toMatchObject({ outcome: "done", events: 4, queued: 4 });
    expect(world.queuedUuids()).toEqual([...before, ...after]);
    expect(world.entriesOf("ERROR")).toEqual([
      {
        severity: "ERROR",
        message: "Skipped an event that is too large to read.",
        event: "fault",
        fault: "event-too-large",
        after: isoTime(now - 20 * MINUTE),
        remedy: expect.stringContaining("Okta's System Log"),
      },
    ]);
    expect((await world.poll()).body).toMatchObject({ outcome: "done", events: 0 });
    expect(world.entriesOf("ERROR")).toHaveLength(1);
  });
});

describe("a run with nothing new", () => {
  it("writes nothing, but for a reminder of the hour", async () => {
    world.signIns(1);
    await world.poll();
    // The page behind the first one is empty: it says up to when there was nothing.
    await world.poll();
    const before = world.lasting.objects.get("cursor.json");
    await world.clock.advance(5 * MINUTE);
    expect((await world.poll()).body).toMatchObject({ outcome: "done", pages: 1, events: 0 });
    expect(world.lasting.objects.get("cursor.json")).toBe(before);
    await world.clock.advance(HOUR_MS);
    await world.poll();
    expect(Date.parse(world.object().reached)).toBe(world.clock.now());
  });

  it("is not behind, however long ago the last sign-in was", async () => {
    world.signIns(1);
    await world.poll();
    await world.clock.advance(3 * HOUR_MS);
    await world.poll();
    expect(world.entriesOf("INFO").at(-1)).toMatchObject({ behindSeconds: 0 });
  });
});

describe("more than one run can read", () => {
  it("is left to the next one, which is called at once", async () => {
    world.lasting.log.pageSize = 1;
    const wanted = world.signIns(60, 10 * MINUTE);
    expect((await world.poll()).body).toMatchObject({ outcome: "more", pages: 50, queued: 50 });
    expect(world.lasting.continuations.map((one) => one.task)).toEqual([pollTask]);
    expect((await world.poll()).body).toMatchObject({ outcome: "done", queued: 10 });
    expect(world.queuedUuids()).toEqual(wanted);
  });

  it("is left to the next one, too, when half of the time is used", async () => {
    world.lasting.log.pageSize = 1;
    world.signIns(20, 10 * MINUTE);
    const answer = await world.poll({
      timeoutMs: 60_000,
      step: async (kind, effect) => {
        if (kind === "page") await world.clock.sleep(10_000);
        return effect();
      },
    });
    expect(answer.body).toMatchObject({ outcome: "more", pages: 4 });
  });

  it("is tried again when the next one can't be called", async () => {
    world.lasting.log.pageSize = 1;
    world.signIns(60, 10 * MINUTE);
    const step = failing("continuation", () => new GoogleApiError("Cloud Tasks tasks.create", 503, ""));
    expect((await world.poll({ step })).status).toBe(503);
    expect((await world.poll()).body).toMatchObject({ outcome: "done", events: 10 });
  });
});

describe("a task that is not queued", () => {
  it("stops the run, with the cursor before its page", async () => {
    world.lasting.log.pageSize = 2;
    const wanted = world.signIns(6, 10 * MINUTE);
    let tasks = 0;
    const unavailable = () => {
      tasks += 1;
      return tasks === 4 ? new GoogleApiError("Cloud Tasks tasks.create", 503, "UNAVAILABLE") : undefined;
    };
    const answer = await world.poll({ step: failing("task", unavailable) });
    expect([answer.status, answer.body]).toEqual([
      503,
      expect.objectContaining({ outcome: "retry", pages: 1 }),
    ]);
    expect(world.object().next).toMatch(/after=2$/);
    expect(world.entriesOf("WARNING").at(-1)).toMatchObject({
      failed: 1,
      reasons: ["Cloud Tasks tasks.create: 503 UNAVAILABLE"],
    });
    expect((await world.poll()).body).toMatchObject({ queued: 3, alreadyQueued: 1 });
    expect(new Set(world.queuedUuids())).toEqual(new Set(wanted));
  });

  it("for which no time is left stops the run, too, and it answers in time", async () => {
    world.signIns(1);
    const began = world.clock.now();
    const answer = await world.poll({
      timeoutMs: 60_000,
      step: (kind, effect) => (kind === "task" ? new Promise(() => {}) : Promise.resolve(effect())),
    });
    expect(answer.status).toBe(503);
    expect(world.clock.now() - began).toBeLessThanOrEqual(60_000);
    expect(world.object().next).toContain("since=");
  });
});

describe("the end of a run's time", () => {
  it("is answered, whatever hangs", async () => {
    const began = world.clock.now();
    const answer = await world.poll({
      timeoutMs: 60_000,
      step: (kind, effect) => (kind === "read" ? new Promise(() => {}) : Promise.resolve(effect())),
    });
    expect(answer.status).toBe(503);
    expect(world.clock.now() - began).toBe(60_000);
    expect(world.entriesOf("WARNING").at(-1)).toMatchObject({ reason: "The run's time is up." });
  });
});

describe("two runs at once", () => {
  it("let the faster one go on", async () => {
    await world.poll();
    await world.clock.advance(HOUR_MS);
    world.lasting.log.pageSize = 2;
    const wanted = world.signIns(6, 10 * MINUTE);
    const slow = await world.start({
      step: async (kind, effect) => {
        if (kind === "page") await world.clock.sleep(7_000);
        return effect();
      },
    });
    const quick = await world.start();
    const [late, early] = await world.clock.until(Promise.all([send(slow, pollTask), send(quick, pollTask)]));
    expect([early.status, early.body]).toEqual([200, expect.objectContaining({ outcome: "done" })]);
    expect([late.status, late.body]).toEqual([200, expect.objectContaining({ outcome: "overtaken" })]);
    expect(new Set(world.queuedUuids())).toEqual(new Set(wanted));
    expect(world.object().next).toMatch(/after=6$/);
    expect(world.entriesOf("INFO").map((entry) => entry["outcome"])).toContain("overtaken");
  });

  it("are distinguished on the very first write as well", async () => {
    world.signIns(1);
    const step = failing("write", () => {
      world.putCursor("{}");
      return new ObjectChangedError("cursor.json");
    });
    expect((await world.poll({ step })).body).toMatchObject({ outcome: "overtaken" });
  });
});
