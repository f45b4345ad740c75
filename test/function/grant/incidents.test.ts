import { describe, expect, it } from "vitest";
import type { AddMember } from "../../../function/grant/add-member.ts";
import { createGrant } from "../../../function/grant/grant.ts";
import { RateLimitError } from "../../../function/shared/errors.ts";
import { createSimulatedClock, type SimulatedClock } from "../../../sandbox/simulation/clock.ts";
import { exchange } from "../../../sandbox/simulation/service.ts";
import { createTestLog } from "../../support/log.ts";

const MINUTE = 60_000;

/** One instance of grant, and the queue that tries one task again every 5 minutes. */
function instance(clock: SimulatedClock, addMember: AddMember, queuedAt: number, groupId = "00gA") {
  const { log, entries } = createTestLog();
  const grant = createGrant({
    addMember,
    groupIds: new Set(["00gA"]),
    log,
    clock,
    timeoutMs: 30_000,
    retryDurationMs: 7 * 24 * 60 * MINUTE,
  });
  const attempt = async (since = queuedAt) =>
    (
      await exchange(grant, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          groupId,
          userId: "00u1",
          eventUuid: "u1",
          queuedAt: new Date(since).toISOString(),
        }),
      })
    ).status;
  return {
    attempt,
    errors: () => entries.filter(({ severity }) => severity === "ERROR"),
    async retryFor(minutes: number) {
      for (let passed = 0; passed < minutes; passed += 5) {
        await clock.advance(5 * MINUTE);
        await attempt();
      }
    },
  };
}

const noRoom: AddMember = async () => {
  throw new RateLimitError(40_000);
};
const noWay: AddMember = async () => {
  throw new TypeError("fetch failed");
};

describe("what used to pass in silence", () => {
  it.each([
    ["others use up Okta's rate limit", noRoom, "rate-limit-used-up", "Reports > Rate Limits"],
    ["Okta can't be reached", noWay, "unreached", "DNS"],
  ])("is one error every hour while it lasts: %s", async (_name, addMember, fault, remedy) => {
    const clock = createSimulatedClock();
    const began = clock.now();
    const first = instance(clock, addMember, began);
    await first.attempt();
    await first.retryFor(5);
    expect(first.errors()).toEqual([]);
    await first.retryFor(125);
    expect(first.errors()).toHaveLength(3);
    const since = new Date(began).toISOString();
    for (const error of first.errors()) {
      expect(error).toMatchObject({ fault, since, remedy: expect.stringContaining(remedy) });
    }
    // The next instance knows of nothing, but the task does.
    const second = instance(clock, addMember, began);
    await second.attempt();
    await second.retryFor(15);
    expect(second.errors()).toMatchObject([{ fault, since }]);
  });

  it("is not an error while calls get through in between", async () => {
    const clock = createSimulatedClock();
    let turn = 0;
    const everySecond: AddMember = async () => {
      turn += 1;
      if (turn % 2 === 0) throw new RateLimitError(40_000);
      return { kind: "member", known: false };
    };
    const busy = instance(clock, everySecond, clock.now());
    await busy.retryFor(180);
    expect(busy.errors()).toEqual([]);
  });
});

it.each([
  ["something else than an error", "no way", "unknown"],
  ["an error", new TypeError("fetch failed"), "fetch failed"],
  ["an error with a cause", new TypeError("fetch failed", { cause: "a wall" }), "fetch failed"],
  [
    "an error whose cause has a code",
    new TypeError("fetch failed", { cause: Object.assign(new Error("no"), { code: "ENOTFOUND" }) }),
    "fetch failed (ENOTFOUND)",
  ],
])("says why Okta can't be reached, by %s", async (_name, thrown, reason) => {
  const clock = createSimulatedClock();
  const { attempt, retryFor, errors } = instance(
    clock,
    async () => {
      throw thrown;
    },
    clock.now(),
  );
  await attempt();
  await retryFor(15);
  expect(errors()).toMatchObject([{ fault: "unreached", reason }]);
});

it.each([
  ["user deactivated", "user-status", "permanent"],
  ["no right to the group", "role-missing", "transient"],
  ["user not known", "user-not-found", "missing"],
] as const)(
  "a moment without Okta is forgotten as soon as Okta answers (%s)",
  async (_name, reason, kind) => {
    const clock = createSimulatedClock();
    const refusal = { status: 403, code: "E0000000", requestId: "request-1" };
    let isDown = true;
    const { attempt, errors } = instance(
      clock,
      async () =>
        isDown
          ? { kind: "transient", refusal: { ...refusal, reason: "unavailable" } }
          : { kind, refusal: { ...refusal, reason } },
      clock.now(),
    );
    await attempt();
    isDown = false;
    await attempt();
    await clock.advance(60 * MINUTE);
    isDown = true;
    await attempt(clock.now());
    expect(errors().filter(({ fault }) => fault === "unavailable")).toEqual([]);
  },
);

describe("a group that this revision does not know", () => {
  const days = (
    from: number,
    entries: readonly Readonly<Record<string, unknown>>[],
    times: readonly number[],
  ) =>
    entries.map(({ fault }, index) => [fault, Math.floor(((times[index] ?? 0) - from) / (24 * 60 * MINUTE))]);

  it("is an error for a day where its rule was removed, and again when the queue gives its last tasks up", async () => {
    const clock = createSimulatedClock();
    const began = clock.now();
    const { attempt, errors } = instance(clock, noWay, began, "00gRemoved");
    const times: number[] = [];
    for (let hour = 0; hour < 7 * 24; hour += 1) {
      expect(await attempt()).toBe(409);
      while (times.length < errors().length) times.push(clock.now());
      await clock.advance(60 * MINUTE);
    }
    const said = days(began, errors(), times).map((entry) => entry.join(" on day "));
    expect([...new Set(said)]).toEqual(["group-unknown on day 0", "giving-up on day 6"]);
  });

  it("is an error every hour for as long as new sign-ins lead to it, as after a roll-back", async () => {
    const clock = createSimulatedClock();
    const { attempt, errors } = instance(clock, noWay, clock.now(), "00gNextRevision");
    for (let hour = 0; hour < 72; hour += 1) {
      await attempt(clock.now());
      await clock.advance(60 * MINUTE);
    }
    expect(errors().map(({ fault }) => fault)).toEqual(Array(72).fill("group-unknown"));
  });
});
