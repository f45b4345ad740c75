import fc from "fast-check";
import { expect, it } from "vitest";
import type { PollTask } from "../../../function/shared/contract.ts";
import { GoogleApiError } from "../../../function/shared/errors.ts";
import { CONTINUATION_QUEUE, type Step, type StepKind, send } from "../../support/reconciliation.ts";
import { createWorld, MINUTE, type World } from "./world.ts";

const task: PollTask = { kind: "poll", continuationQueue: CONTINUATION_QUEUE };

const PAGE = 2;

/** How many events lie before the cursor. */
function placeOf(world: World): number {
  return Number(/after=(\d+)/.exec(world.object()?.next ?? "")?.[1] ?? 0);
}

/** Pages before a place of which every task is queued, and no page before them has one that is not. */
function queuedPages(world: World): number {
  const { log, queue } = world.lasting;
  const uuids = new Set([...queue.values()].map(({ eventUuid }) => eventUuid));
  const missing = log.events.findIndex((event) => !uuids.has(String(event["uuid"])));
  return Math.floor((missing === -1 ? log.events.length : missing) / PAGE);
}

const takes: fc.Arbitrary<Record<StepKind, number>> = fc.record({
  page: fc.integer({ min: 1, max: 2_000 }),
  task: fc.integer({ min: 1, max: 800 }),
  read: fc.integer({ min: 1, max: 100 }),
  write: fc.integer({ min: 1, max: 2_000 }),
  continuation: fc.constant(10),
});

it("repeats, after a kill at any moment, what came within a second of the last write, and the pages under way", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(takes, { minLength: 1, maxLength: 20 }),
      fc.nat({ max: 30_000 }),
      fc.boolean(),
      async (all, killedAfter, before) => {
        const world = createWorld();
        const { clock, lasting } = world;
        lasting.log.pageSize = PAGE;
        const uuids = world.signIns(60 * PAGE, 10 * MINUTE);
        let killed = false;
        let steps = 0;
        /** When the last write began that had its effect. */
        let written = clock.now();
        /** When each page had ended: its tasks were queued, and the run knew. */
        const ends: number[] = [];
        const step: Step = async (kind, effect) => {
          const pause = async () => {
            await clock.sleep(all[steps++ % all.length]?.[kind] ?? 0);
            if (killed) await new Promise(() => {});
          };
          if (killed) await new Promise(() => {});
          const began = clock.now();
          // The answer takes the time, or the way there.
          if (before) await pause();
          const result = await effect();
          if (kind === "write") written = began;
          if (!before) await pause();
          if (kind === "task") while (ends.length < queuedPages(world)) ends.push(clock.now());
          return result;
        };
        const handler = await world.start({ step });
        void send(handler, task);
        await clock.advance(killedAfter);
        killed = true;

        const place = placeOf(world) / PAGE;
        const asked = lasting.log.requests.length;
        expect(place).toBeLessThanOrEqual(ends.length);
        // All but the last one, whose write may be under way, ended while the cursor could not be written.
        for (const end of ends.slice(place, -1)) expect(end - written).toBeLessThan(1_000);
        // One is being queued, and one read meanwhile.
        expect(asked - ends.length).toBeLessThanOrEqual(2);

        for (let outcome = "more"; outcome !== "done"; ) outcome = (await world.run(task)).body.outcome;
        expect(new Set(world.queuedUuids())).toEqual(new Set(uuids));
        // The next run reads on from the cursor.
        const { requests } = lasting.log;
        if (asked > place) expect(requests[asked]?.href).toBe(requests[place]?.href);
      },
    ),
    { numRuns: 200 },
  );
});

it("has written the place behind what was queued, whatever else ends a run", async () => {
  const failure = fc.record({
    kind: fc.constantFrom<StepKind>("page", "task", "continuation"),
    after: fc.nat({ max: 130 }),
  });
  await fc.assert(
    fc.asyncProperty(takes, failure, async (times, { kind: failing, after }) => {
      const world = createWorld();
      world.lasting.log.pageSize = PAGE;
      world.signIns(60 * PAGE, 10 * MINUTE);
      let count = 0;
      const step: Step = async (kind, effect) => {
        await world.clock.sleep(times[kind]);
        if (kind === failing && count++ >= after) throw new GoogleApiError("stopped", 503, "");
        return effect();
      };
      const { body } = await world.run(task, { step });
      expect(placeOf(world)).toBe(body.pages * PAGE);
      expect(queuedPages(world)).toBeGreaterThanOrEqual(body.pages);
    }),
    { numRuns: 100 },
  );
});
