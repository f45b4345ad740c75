import { beforeEach, describe, expect, it } from "vitest";
import { systemLogError } from "../../../function/reconcile/system-log.ts";
import type { PollTask } from "../../../function/shared/contract.ts";
import {
  GoogleApiError,
  NoBucketError,
  OutOfTimeError,
  RateLimitError,
  SigningKeyError,
  TokenError,
} from "../../../function/shared/errors.ts";
import { CONTINUATION_QUEUE, type Step, send } from "../../support/reconciliation.ts";
import { oktaError } from "../../support/system-log.ts";
import { createWorld, failing, HOUR_MS, MINUTE, unanswered, type World } from "./world.ts";

const task: PollTask = { kind: "poll", continuationQueue: CONTINUATION_QUEUE };

let world: World;

beforeEach(() => {
  world = createWorld();
});

const poll = (changes?: Parameters<World["run"]>[1]) => world.run(task, changes);

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
    [
      "by a proxy's page in its place",
      () => undefined,
      { status: 451, headers: {}, body: undefined },
      "ERROR",
      { fault: "foreign", status: 451 },
    ],
    [
      "by a firewall's page in its place",
      () => undefined,
      { status: 403, headers: {}, body: { error: "blocked" } },
      "ERROR",
      { fault: "foreign", status: 403 },
    ],
    [
      "a token, since the key is disabled",
      () => new SigningKeyError(400, "FAILED_PRECONDITION", "Run gcloud, or pulumi up --refresh."),
      undefined,
      "ERROR",
      { fault: "signing-key-unusable" },
    ],
    ["the query", () => undefined, oktaError(400, "E0000053"), "ERROR", { status: 400, code: "E0000053" }],
  ];
  it.each(refusals)("%s: 503, the cursor where it was", async (_name, step, answer, severity, entry) => {
    world.signIns(1);
    const signedInAt = world.clock.now();
    await poll();
    const before = world.lasting.objects.get("cursor.json");
    await world.clock.advance(5 * MINUTE);
    const missed = world.signIns(1);
    world.lasting.log.refuse = () => answer;
    const behindSeconds = (world.clock.now() - signedInAt) / 1000;
    const { status, body } = await poll({ step: failing("page", step) });
    expect([status, body]).toEqual([
      503,
      { outcome: "retry", pages: 0, events: 0, wanted: 0, queued: 0, alreadyQueued: 0 },
    ]);
    expect(world.lasting.objects.get("cursor.json")).toBe(before);
    const { fault: _, ...said } = Object(entry);
    expect(world.entriesOf("WARNING").at(-1)).toMatchObject({ ...said, outcome: "retry", behindSeconds });
    const errors = world.entriesOf("ERROR");
    expect(errors).toEqual(
      severity === "ERROR"
        ? [expect.objectContaining({ ...entry, behindSeconds, remedy: expect.any(String) })]
        : [],
    );
    if (severity === "ERROR" && answer?.status !== 400 && Object(entry).fault !== "foreign") {
      expect(errors[0]?.["remedy"]).toContain("pulumi up --refresh");
    }

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
    ["write", 429, "WARNING"],
  ] as const)("%s %i: 503, and nothing is lost", async (kind, status, severity) => {
    const wanted = world.signIns(1);
    const step = failing(kind, () => new GoogleApiError("Cloud Storage", status, "REFUSED"));
    expect((await poll({ step })).status).toBe(503);
    expect(world.entriesOf(severity).at(-1)).toMatchObject({ reason: `Cloud Storage: ${status} REFUSED` });
    await poll();
    expect(world.queuedUuids()).toEqual(wanted);
  });

  it("says what did not answer when the time of a run is up", async () => {
    const step = failing("page", () => new OutOfTimeError("Okta's System Log did not answer in 20 s."));
    expect((await poll({ step })).status).toBe(503);
    expect(world.entriesOf("WARNING").at(-1)).toMatchObject({
      reason: "Okta's System Log did not answer in 20 s.",
    });
  });

  it.each([
    [new RangeError("Invalid array length"), "RangeError: Invalid array length"],
    ["text", "unknown"],
  ])("reports what is nobody else's error as its own: %s", async (thrown, reason) => {
    const step = failing("page", () => {
      throw thrown;
    });
    expect((await poll({ step })).status).toBe(503);
    expect(world.entriesOf("ERROR")).toMatchObject([{ fault: "unexpected", reason }]);
  });

  it("a write whose answer is lost counts", async () => {
    await poll();
    world.signIns(1);
    const error = Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
    expect((await poll({ step: unanswered("write", () => error) })).status).toBe(503);
    expect((await poll()).body).toMatchObject({ outcome: "done", events: 0 });
  });
});

describe("trouble that lasts", () => {
  /** Polls of one instance, every five minutes, for so many hours. */
  const pollFor = async (hours: number, step: Step) => {
    const handler = await world.start({ step });
    for (let minute = 0; minute < hours * 60; minute += 5) {
      await world.clock.until(send(handler, task));
      await world.clock.advance(5 * MINUTE);
    }
    return handler;
  };
  const role = () => systemLogError("not-permitted", oktaError(403, "E0000006"));

  it("is one error, repeated every hour while it lasts, and its end is said", async () => {
    let isOver = false;
    const step = failing("page", () => (isOver ? undefined : role()));
    const handler = await pollFor(3, step);
    expect(world.entriesOf("ERROR").map(({ fault }) => fault)).toEqual(Array(3).fill("not-permitted"));
    const [{ since } = {}] = world.entriesOf("ERROR");
    for (const error of world.entriesOf("ERROR")) expect(error["since"]).toBe(since);
    isOver = true;
    await world.clock.until(send(handler, task));
    expect(world.entriesOf("INFO")).toContainEqual(
      expect.objectContaining({ event: "fault-resolved", fault: "not-permitted", since }),
    );
  });

  it("waits since the place up to which the log has been read, also in a new instance", async () => {
    await poll();
    const { reached } = world.object();
    await world.clock.advance(3 * HOUR_MS);
    await poll({ step: failing("page", role) });
    expect(world.entriesOf("ERROR")).toEqual([expect.objectContaining({ since: reached })]);
  });

  it("is an error where an instance ends between two runs, as by an hourly schedule", async () => {
    await poll();
    await world.clock.advance(HOUR_MS);
    await poll({ step: failing("page", () => systemLogError("unavailable", oktaError(503, ""))) });
    expect(world.entriesOf("ERROR")).toEqual([expect.objectContaining({ fault: "okta-unavailable" })]);
  });

  it.each([
    [
      "the bucket is gone",
      "bucket-gone",
      "write",
      () => new NoBucketError("state", "Cloud Storage objects.insert", 404, "notFound"),
    ],
    ["Okta is down", "okta-unavailable", "page", () => systemLogError("unavailable", oktaError(503, ""))],
    ["Okta's limit is used up", "rate-limit-used-up", "page", () => new RateLimitError(60_000)],
    ["nobody answers", "unreached", "page", () => Object.assign(new Error("no"), { code: "ECONNREFUSED" })],
    ["Cloud Storage is down", "google-unavailable", "read", () => new GoogleApiError("x", 503, "")],
    ["Cloud Tasks takes nothing", "not-queued", "task", () => new GoogleApiError("x", 503, "")],
  ] as const)("is an error with a remedy within the hour: %s", async (_name, fault, kind, error) => {
    world.signIns(1);
    await pollFor(1, failing(kind, error));
    expect(world.entriesOf("ERROR")).toEqual([
      expect.objectContaining({ fault, remedy: expect.any(String), since: expect.any(String) }),
    ]);
  });
});
