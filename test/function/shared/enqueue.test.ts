import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createReceive } from "../../../function/receive/receive.ts";
import { tasksOf } from "../../../function/shared/enqueue.ts";
import { parseEvents } from "../../../function/shared/events.ts";
import { createRuleMatcher, type RuleMatcher } from "../../../function/shared/rules.ts";
import { exchange } from "../../../sandbox/simulation/service.ts";
import { delivery, signInEvent } from "../../support/deliveries.ts";
import { createTestLog } from "../../support/log.ts";

const never = new AbortController().signal;

/** A matcher with so many checks, each of which runs this and leads to one group. */
function matcherOf(checks: number, run: () => void): RuleMatcher {
  const check = () => {
    run();
    return [{ groupId: "a", rule: 0 }];
  };
  return () => Array.from({ length: checks }, () => check);
}

/** A clock by which each look at it takes a second. */
function createSlowClock(): () => number {
  let time = 0;
  return () => {
    time += 1000;
    return time;
  };
}

describe("the tasks of a batch", () => {
  it("are one for each event and group, whichever rules name the group and however often the event is there", async () => {
    const matchRules = await createRuleMatcher(
      [
        { groupId: "a", on: ["user.session.start"] },
        { groupId: "a", on: ["user.session.start"], when: "true" },
        { groupId: "b", on: ["user.session.start"], when: "true" },
        { groupId: "b", on: ["user.session.start"] },
      ],
      createTestLog().log,
      Date.now,
    );
    const one = signInEvent();
    const other = signInEvent();
    const { events } = parseEvents([one, other, one]);
    const tasks = await tasksOf(events, matchRules, Date.now, never);
    expect(tasks.map(({ eventUuid, groupId }) => [eventUuid, groupId])).toEqual(
      [one, other].flatMap(({ uuid }) => [
        [uuid, "a"],
        [uuid, "b"],
      ]),
    );
    // Rules with the same condition are checked together, and the first rule of all counts.
    expect(tasks.map(({ groupId, rule }) => [groupId, rule])).toEqual([
      ["a", 0],
      ["b", 2],
      ["a", 0],
      ["b", 2],
    ]);
    expect(tasks[0]).toEqual({
      groupId: "a",
      userId: "00u1a2b3c4d5e6f7g8h9",
      eventUuid: one["uuid"],
      eventType: "user.session.start",
      published: "2026-01-05T10:00:01.159Z",
      rule: 0,
    });
  });
});

describe("matching that takes long", () => {
  const { events } = parseEvents(Array.from({ length: 20 }, () => signInEvent()));

  it("gives other work its turns, one for each of those who match", async () => {
    let matched = 0;
    const seen: number[] = [];
    const matching = [1, 2, 3].map(() =>
      tasksOf(
        events,
        matcherOf(2, () => {
          matched += 1;
        }),
        createSlowClock(),
        never,
      ),
    );
    const all = 3 * 20 * 2;
    while (matched < all) {
      seen.push(matched);
      await setImmediate();
    }
    await Promise.all(matching);
    // By this clock each check takes longer than a turn.
    const steps = seen.slice(1).map((count, turn) => count - (seen[turn] ?? 0));
    expect(Math.max(...steps)).toBe(1);
  });

  it("takes no turn while it does not take long, and seldom looks at the clock", async () => {
    let looks = 0;
    let isOver = false;
    const matchRules = matcherOf(50, () => undefined);
    const now = () => {
      looks += 1;
      return 0;
    };
    const matching = tasksOf(events, matchRules, now, never).then(() => {
      isOver = true;
    });
    await Promise.resolve();
    await Promise.resolve();
    expect(isOver).toBe(true);
    expect(looks).toBeLessThan((20 * 50) / 4);
    await matching;
  });

  it("ends when the time is up", async () => {
    const controller = new AbortController();
    let matched = 0;
    const matchRules = matcherOf(2, () => {
      matched += 1;
      if (matched === 3) controller.abort(new Error("the time is up"));
    });
    const matching = tasksOf(events, matchRules, createSlowClock(), controller.signal);
    await expect(matching).rejects.toThrow("the time is up");
    expect(matched).toBe(3);
  });

  it("has a delivery answered with 503 when the time is up, and nothing of it queued", async () => {
    const controller = new AbortController();
    const { status, body, entries, queued } = await deliver(controller, () => controller.abort());
    expect(status).toBe(503);
    expect(body).toEqual({ error: "The events could not be matched against the rules in time." });
    expect(entries).toMatchObject([{ severity: "WARNING", status: 503 }]);
    expect(queued).toBe(0);
  });

  it("is an error of ours where a rule fails for no known reason, so nothing of the delivery counts as queued", async () => {
    const delivered = deliver(new AbortController(), () => {
      throw new TypeError("it is broken");
    });
    await expect(delivered).rejects.toThrow("it is broken");
  });
});

/** Sends a delivery of one event to `receive`, whose only two checks run this. */
async function deliver(end: AbortController, run: () => void) {
  const { log, entries } = createTestLog();
  let queued = 0;
  const receive = createReceive({
    secrets: ["s3cret"],
    matchRules: matcherOf(2, run),
    queue: {
      enqueue: async () => {
        queued += 1;
        return "created";
      },
    },
    log,
    clock: {
      now: createSlowClock(),
      sleep: async () => undefined,
      deadline: () => ({ at: 0, signal: end.signal, [Symbol.dispose]: () => undefined }),
    },
  });
  const { status, body } = await exchange(receive, {
    method: "POST",
    headers: { authorization: "Bearer s3cret", "content-type": "application/json" },
    body: JSON.stringify(delivery(signInEvent())),
  });
  return { status, body: JSON.parse(body), entries, queued };
}
