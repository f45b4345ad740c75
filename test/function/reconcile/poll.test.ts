import { beforeEach, describe, expect, it } from "vitest";
import { GoogleApiError } from "../../../function/google/api.ts";
import { ObjectChangedError } from "../../../function/google/object-store.ts";
import { TokenError } from "../../../function/okta/access-token.ts";
import { RateLimitError } from "../../../function/okta/rate-limit.ts";
import type { PollTask, Rule } from "../../../function/settings.ts";
import { signInEvent } from "../../support/deliveries.ts";
import { CONTINUATION_QUEUE, send } from "../../support/reconciliation.ts";
import { oktaError } from "../../support/system-log.ts";
import { createWorld, DAY, failing, HOUR, isoTime, MINUTE, unanswered, type World } from "./world.ts";

const task: PollTask = { kind: "poll", continuationQueue: CONTINUATION_QUEUE };
const LINK = "/api/v1/logs?";

let world: World;

beforeEach(() => {
  world = createWorld();
});

const poll = (changes?: Parameters<World["run"]>[1]) => world.run(task, changes);

/** Replaces the cursor by something else. */
const putCursor = (content: string) =>
  world.lasting.objects.set("cursor.json", { content, generation: "77" });

const refuseLinks = (status: number) => {
  world.lasting.log.refuse = (url) =>
    url.searchParams.has("after") ? oktaError(status, "E0000001") : undefined;
};

describe("reading on", () => {
  it("asks for the rules' successful events in the polling form", async () => {
    const rules: Rule[] = [
      { groupId: "00gOne", on: ["user.session.start"] },
      { groupId: "00gTwo", on: ["user.session.start", "user.authentication.sso"] },
    ];
    expect((await poll({ rules })).status).toBe(200);
    expect(Object.fromEntries(world.lasting.log.requests[0]?.searchParams ?? [])).toEqual({
      since: isoTime(world.stateSince - HOUR),
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
    const answer = await poll();
    const summary = { outcome: "done", pages: 3, events: 4, wanted: 3, queued: 3, queuedBefore: 0 };
    expect([answer.status, answer.body]).toEqual([200, summary]);
    expect(world.queuedUuids()).toEqual(wanted);
    expect(world.entriesOf("INFO").at(-1)).toMatchObject({ ...summary, behindSeconds: 0 });
  });

  it("begins where the run before ended", async () => {
    const first = world.signIns(2);
    await poll();
    const second = world.signIns(2);
    expect((await poll()).body).toMatchObject({ outcome: "done", events: 2, queued: 2, queuedBefore: 0 });
    expect(world.queuedUuids()).toEqual([...first, ...second]);
  });

  it("finds what comes late, and out of order", async () => {
    world.signIns(1);
    await poll();
    const late = world.signIns(1, 30 * MINUTE);
    await poll();
    expect(world.queuedUuids()).toEqual(expect.arrayContaining(late));
  });

  it("counts what is in the queue already", async () => {
    world.signIns(2);
    await poll();
    world.lasting.objects.clear();
    expect((await poll()).body).toMatchObject({ wanted: 2, queued: 0, queuedBefore: 2 });
  });

  it("skips what can never be processed, and logs no more of it than its place", async () => {
    world.lasting.log.events.push({ uuid: "x", actor: { alternateId: "hunter2" } });
    const wanted = world.signIns(1);
    expect((await poll()).status).toBe(200);
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
    expect((await poll()).body).toMatchObject({ queued: 1 });
  });

  it("stops at a page that is not full and reaches to now, whatever comes meanwhile", async () => {
    world.signIns(3);
    world.lasting.log.link = (next) => {
      world.signIns(1);
      return next;
    };
    expect((await poll()).body).toMatchObject({ outcome: "done", pages: 1 });
  });

  it("writes the cursor no more than once a second", async () => {
    world.lasting.log.pageSize = 1;
    world.signIns(5, 10 * MINUTE);
    const times: number[] = [];
    await poll({
      step: async (kind, effect) => {
        if (kind === "write") times.push(world.clock.now());
        return effect();
      },
    });
    expect(times).toHaveLength(5);
    for (const [index, time] of times.slice(1).entries()) {
      expect(time - (times[index] ?? 0)).toBeGreaterThanOrEqual(1000);
    }
  });
});

describe("a run with nothing new", () => {
  it("writes nothing, but for a reminder of the hour", async () => {
    world.signIns(1);
    await poll();
    // The page behind the first one is empty: it says up to when there was nothing.
    await poll();
    const before = world.lasting.objects.get("cursor.json");
    await world.clock.advance(5 * MINUTE);
    expect((await poll()).body).toMatchObject({ outcome: "done", pages: 1, events: 0 });
    expect(world.lasting.objects.get("cursor.json")).toBe(before);
    await world.clock.advance(HOUR);
    await poll();
    expect(Date.parse(world.object().reached)).toBe(world.clock.now());
  });

  it("is not behind, however long ago the last sign-in was", async () => {
    world.signIns(1);
    await poll();
    await world.clock.advance(3 * HOUR);
    await poll();
    expect(world.entriesOf("INFO").at(-1)).toMatchObject({ behindSeconds: 0 });
  });
});

describe("more than one run can read", () => {
  it("is left to the next one, which is called at once", async () => {
    world.lasting.log.pageSize = 1;
    const wanted = world.signIns(60, 10 * MINUTE);
    expect((await poll()).body).toMatchObject({ outcome: "more", pages: 50, queued: 50 });
    expect(world.lasting.continuations.map((one) => one.task)).toEqual([task]);
    expect((await poll()).body).toMatchObject({ outcome: "done", queued: 10 });
    expect(world.queuedUuids()).toEqual(wanted);
  });

  it("is left to the next one, too, when half of the time is used", async () => {
    world.lasting.log.pageSize = 1;
    world.signIns(20, 10 * MINUTE);
    const answer = await poll({
      timeout: 60_000,
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
    expect((await poll({ step })).status).toBe(503);
    expect((await poll()).body).toMatchObject({ outcome: "done", events: 10 });
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
    const answer = await poll({ step: failing("task", unavailable) });
    expect([answer.status, answer.body]).toEqual([
      503,
      expect.objectContaining({ outcome: "retry", pages: 1 }),
    ]);
    expect(world.object().next).toMatch(/after=2$/);
    expect(world.entriesOf("ERROR").at(-1)).toMatchObject({
      failed: 1,
      reasons: ["Cloud Tasks tasks.create: 503 UNAVAILABLE"],
    });
    expect((await poll()).body).toMatchObject({ queued: 3, queuedBefore: 1 });
    expect(new Set(world.queuedUuids())).toEqual(new Set(wanted));
  });

  it("for which no time is left stops the run, too, and it answers in time", async () => {
    world.signIns(1);
    const began = world.clock.now();
    const answer = await poll({
      timeout: 60_000,
      step: (kind, effect) => (kind === "task" ? new Promise(() => {}) : Promise.resolve(effect())),
    });
    expect(answer.status).toBe(503);
    expect(world.clock.now() - began).toBeLessThanOrEqual(60_000);
    expect(world.object()).toBeNull();
  });
});

describe("the end of a run's time", () => {
  it("is answered, whatever hangs", async () => {
    const began = world.clock.now();
    const answer = await poll({
      timeout: 60_000,
      step: (kind, effect) => (kind === "read" ? new Promise(() => {}) : Promise.resolve(effect())),
    });
    expect(answer.status).toBe(503);
    expect(world.clock.now() - began).toBe(60_000);
    expect(world.entriesOf("WARNING").at(-1)).toMatchObject({ reason: "The run's time is up." });
  });
});

describe("two runs at once", () => {
  it("let the faster one go on", async () => {
    world.lasting.log.pageSize = 2;
    const wanted = world.signIns(6, 10 * MINUTE);
    const slow = await world.start({
      step: async (kind, effect) => {
        if (kind === "page") await world.clock.sleep(7_000);
        return effect();
      },
    });
    const quick = await world.start();
    const [late, early] = await world.clock.until(Promise.all([send(slow, task), send(quick, task)]));
    expect([early.status, early.body]).toEqual([200, expect.objectContaining({ outcome: "done" })]);
    expect([late.status, late.body]).toEqual([200, expect.objectContaining({ outcome: "overtaken" })]);
    expect(new Set(world.queuedUuids())).toEqual(new Set(wanted));
    expect(world.object().next).toMatch(/after=6$/);
    expect(world.entriesOf("INFO").map((entry) => entry["outcome"])).toContain("overtaken");
  });

  it("are told apart on the very first write as well", async () => {
    world.signIns(1);
    const step = failing("write", () => {
      putCursor("{}");
      return new ObjectChangedError("cursor.json");
    });
    expect((await poll({ step })).body).toMatchObject({ outcome: "overtaken" });
  });
});

describe("where a poll begins", () => {
  it.each([
    ["an hour before the bucket was made", 0, 0, -HOUR],
    ["so much earlier as is to be filled in", 0, 30, -HOUR - 30 * DAY],
    ["no earlier than Okta remembers", 0, 90, -90 * DAY + MINUTE],
  ])("first: %s", async (_name, later, backfillDays, expected) => {
    await world.clock.advance(later);
    await poll({ backfillDays });
    expect(world.sinceOf(0) - world.stateSince).toBe(expected);
    expect(world.entriesOf("WARNING")).toEqual([]);
  });

  it.each([
    ["an hour before the bucket was made, if that is not long ago", 2 * HOUR, 0, -HOUR],
    ["7 days ago, if that is later", 20 * DAY, 0, 20 * DAY - 7 * DAY],
    ["as far back as is filled in, if that is more", 20 * DAY, 30, 20 * DAY - 30 * DAY],
  ])("when the cursor is lost: %s", async (_name, age, backfillDays, expected) => {
    const stateSince = world.clock.now() - age;
    await poll({ stateSince, backfillDays });
    expect(world.sinceOf(0) - stateSince).toBe(expected);
    expect(world.entriesOf("WARNING")).toEqual([
      expect.objectContaining({ message: expect.stringContaining("lost"), since: isoTime(world.sinceOf(0)) }),
    ]);
    expect(world.object().next).toContain(LINK);
  });

  it.each([
    ["no JSON", "{"],
    ["nothing", ""],
    [
      "another version",
      JSON.stringify({ version: 2, next: `${LINK}after=1`, eventTypes: [], reached: isoTime(0) }),
    ],
    ["no time", JSON.stringify({ version: 1, next: `${LINK}after=1`, eventTypes: [], reached: "soon" })],
    ["no event types", JSON.stringify({ version: 1, next: `${LINK}after=1`, reached: isoTime(0) })],
    ["a link to another host", cursorWith("https://evil.example/api/v1/logs?after=1")],
    ["a link to another host without a scheme", cursorWith("//evil.example/api/v1/logs?after=1")],
    ["a link to something else", cursorWith("/api/v1/users?limit=1")],
    ["a link that is none", cursorWith(7)],
  ])("when the cursor is damaged (%s): as when it is lost", async (_name, content) => {
    const wanted = world.signIns(1);
    const stateSince = world.clock.now() - 20 * DAY;
    putCursor(content);
    expect((await poll({ stateSince })).status).toBe(200);
    expect(world.sinceOf(0)).toBe(world.clock.now() - 7 * DAY);
    expect(world.queuedUuids()).toEqual(wanted);
    expect(world.entriesOf("WARNING")).toEqual([
      expect.objectContaining({ message: expect.stringContaining("damaged") }),
    ]);
    // It was overwritten by who had seen it.
    expect(world.lasting.objects.get("cursor.json")?.generation).toBe("78");
  });

  it.each([400, 404, 410])(
    "when Okta refuses the cursor (%i): an hour before what was reached",
    async (status) => {
      world.signIns(1, 20 * MINUTE);
      await poll();
      const reached = Date.parse(world.object().reached);
      await world.clock.advance(2 * DAY);
      const missed = world.signIns(2, DAY);
      refuseLinks(status);
      world.lasting.log.refuse = once(world.lasting.log.refuse);
      expect((await poll()).body).toMatchObject({ outcome: "done", queued: 2, queuedBefore: 1 });
      const begun = world.lasting.log.requests.find(
        (url, index) => index > 1 && url.searchParams.has("since"),
      );
      expect(begun?.searchParams.get("since")).toBe(isoTime(reached - HOUR));
      expect(world.queuedUuids()).toEqual(expect.arrayContaining(missed));
      expect(world.entriesOf("WARNING")).toEqual([
        expect.objectContaining({ status, code: "E0000001", since: isoTime(reached - HOUR) }),
      ]);
    },
  );

  it("when Okta refuses every cursor: an hour before what was reached, once in a run", async () => {
    world.lasting.log.pageSize = 1;
    const wanted = world.signIns(2, 10 * MINUTE);
    refuseLinks(400);
    const answers = [await poll(), await poll()];
    expect(answers.map(({ status }) => status)).toEqual([503, 503]);
    expect(world.queuedUuids()).toEqual(wanted.slice(0, 1));
    expect(world.lasting.log.requests.length).toBeLessThanOrEqual(8);
    expect(world.entriesOf("ERROR").at(-1)).toMatchObject({ status: 400, code: "E0000001" });
  });

  it("when the rules name other events: an hour before what was reached", async () => {
    await poll();
    const reached = world.clock.now();
    await world.clock.advance(2 * HOUR);
    const rules = [{ groupId: "00gAppUsers", on: ["user.session.start", "user.authentication.sso"] }];
    await poll({ rules });
    expect(world.sinceOf(-1)).toBe(reached - HOUR);
    expect(world.entriesOf("INFO")).toContainEqual(
      expect.objectContaining({ since: isoTime(reached - HOUR), message: expect.stringContaining("rules") }),
    );
    expect(world.object().eventTypes).toEqual(["user.authentication.sso", "user.session.start"]);
    await poll({ rules });
    expect(world.lasting.log.requests.at(-1)?.searchParams.has("after")).toBe(true);
  });

  it("goes by no event that claims to come from the future", async () => {
    world.signIns(1, -400 * DAY);
    await poll();
    expect(Date.parse(world.object().reached)).toBeLessThanOrEqual(world.clock.now());
  });
});

describe("a next link", () => {
  it.each([
    ["to another host", () => "https://evil.example/api/v1/logs?after=1"],
    ["to another port", () => "https://acme.okta.com:8443/api/v1/logs?after=1"],
    ["with somebody's name in it", () => "https://okta@acme.okta.com/api/v1/logs?after=1"],
    ["to something else in the org", () => "https://acme.okta.com/api/v1/users?after=1"],
    ["that is no address", () => "http://["],
    ["that is missing", () => undefined],
  ])("%s is not followed: the next run begins again", async (_name, link) => {
    world.signIns(1, 20 * MINUTE);
    await poll();
    const { reached } = world.object();
    const { requests } = world.lasting.log;
    const follow = world.lasting.log.link;

    const wanted = world.signIns(1);
    world.lasting.log.link = link;
    expect((await poll()).status).toBe(503);
    expect(world.object()).toEqual({ version: 1, eventTypes: ["user.session.start"], reached });
    expect(world.entriesOf("ERROR")).toHaveLength(1);
    for (const url of requests) expect(url.href).toMatch(/^https:\/\/acme\.okta\.com\/api\/v1\/logs\?/);
    expect(world.queuedUuids()).toEqual(expect.arrayContaining(wanted));

    world.lasting.log.link = follow;
    expect((await poll()).status).toBe(200);
    expect(
      requests.some((url) => url.searchParams.get("since") === isoTime(Date.parse(reached) - HOUR)),
    ).toBe(true);
    expect(world.object().next).toContain(LINK);
  });

  it("that leads to its own page is not followed either", async () => {
    world.lasting.log.pageSize = 1;
    world.signIns(2, 10 * MINUTE);
    world.lasting.log.link = (next) => next.replace(/after=\d+/, "after=0");
    expect((await poll()).status).toBe(503);
    expect(world.lasting.log.requests.length).toBeLessThanOrEqual(2);
  });
});

describe("what Okta refuses", () => {
  const refusals: [
    name: string,
    step: () => Error | undefined,
    answer: ReturnType<typeof oktaError> | undefined,
    severity: string,
    entry: object,
  ][] = [
    [
      "scope or role",
      () => undefined,
      oktaError(403, "E0000006"),
      "ERROR",
      { status: 403, code: "E0000006", requestId: "request-1" },
    ],
    ["the token", () => undefined, oktaError(401, "E0000011"), "ERROR", { status: 401 }],
    [
      "a token",
      () => new TokenError(401, "invalid_client", "request-2"),
      undefined,
      "ERROR",
      { fault: "token-refused", code: "invalid_client" },
    ],
    [
      "the scope",
      () => new TokenError(400, "invalid_scope", ""),
      undefined,
      "ERROR",
      { code: "invalid_scope" },
    ],
    ["for too many requests", () => undefined, oktaError(429, "E0000047"), "WARNING", { status: 429 }],
    ["for an error of its own", () => undefined, oktaError(500, "E0000009"), "WARNING", { status: 500 }],
    [
      "tokens for the moment",
      () => new TokenError(503, "E0000010", ""),
      undefined,
      "WARNING",
      { status: 503 },
    ],
    [
      "with half an answer",
      () => undefined,
      { status: 200, headers: {}, body: undefined },
      "WARNING",
      { status: 200 },
    ],
    [
      "with another answer",
      () => undefined,
      { status: 200, headers: {}, body: { events: [] } },
      "WARNING",
      { status: 200 },
    ],
    [
      "to be reached",
      () =>
        Object.assign(new TypeError("fetch failed"), {
          cause: Object.assign(new Error("no"), { code: "ECONNREFUSED" }),
        }),
      undefined,
      "WARNING",
      { reason: "fetch failed" },
    ],
    ["the query", () => undefined, oktaError(400, "E0000053"), "ERROR", { status: 400, code: "E0000053" }],
  ];
  it.each(refusals)("%s: 503, the cursor where it was", async (_name, step, answer, severity, entry) => {
    world.signIns(1);
    await poll();
    const before = world.lasting.objects.get("cursor.json");
    await world.clock.advance(5 * MINUTE);
    const missed = world.signIns(1);
    world.lasting.log.refuse = () => answer;
    const { status, body } = await poll({ step: failing("page", step) });
    expect([status, body]).toEqual([
      503,
      { outcome: "retry", pages: 0, events: 0, wanted: 0, queued: 0, queuedBefore: 0 },
    ]);
    expect(world.lasting.objects.get("cursor.json")).toBe(before);
    expect(world.entriesOf(severity).at(-1)).toMatchObject({
      ...entry,
      outcome: "retry",
      behindSeconds: 300,
    });
    const { remedy } = world.entriesOf(severity).at(-1) ?? {};
    if (severity === "ERROR" && answer?.status !== 400) expect(remedy).toContain("pulumi up --refresh");

    world.lasting.log.refuse = () => undefined;
    await poll();
    expect(world.queuedUuids()).toEqual(expect.arrayContaining(missed));
  });

  it("says when there will be room in the rate limit", async () => {
    const { status, headers } = await poll({ step: failing("page", () => new RateLimitError(41_200)) });
    expect([status, headers["retry-after"]]).toEqual([503, "42"]);
  });
});

describe("what Google refuses", () => {
  it.each([
    ["read", 403, "ERROR"],
    ["read", 503, "WARNING"],
    ["write", 403, "ERROR"],
    ["write", 404, "ERROR"],
    ["write", 429, "WARNING"],
  ] as const)("%s %i: 503, and nothing is lost", async (kind, status, severity) => {
    const wanted = world.signIns(1);
    const step = failing(kind, () => new GoogleApiError("Cloud Storage", status, ""));
    expect((await poll({ step })).status).toBe(503);
    expect(world.entriesOf(severity).at(-1)).toMatchObject({ reason: `Cloud Storage: ${status}` });
    await poll();
    expect(world.queuedUuids()).toEqual(wanted);
  });

  it("a write whose answer is lost counts", async () => {
    world.signIns(1);
    const error = Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
    expect((await poll({ step: unanswered("write", () => error) })).status).toBe(503);
    expect((await poll()).body).toMatchObject({ outcome: "done", events: 0 });
  });
});

function cursorWith(next: unknown): string {
  return JSON.stringify({ version: 1, next, eventTypes: ["user.session.start"], reached: isoTime(0) });
}

/** What happens the first time only. */
function once<A, R>(does: (argument: A) => R | undefined): (argument: A) => R | undefined {
  let done = false;
  return (argument) => {
    if (done) return undefined;
    const result = does(argument);
    done = result !== undefined;
    return result;
  };
}
