import fc from "fast-check";
import { expect, it } from "vitest";
import { createWorkPool } from "../../../function/shared/enqueue.ts";
import { createSimulatedClock } from "../../../sandbox/simulation/clock.ts";

const SPARE = 250;

/** A caller: when it comes, how long it waits, and how long each of its items takes, in milliseconds. */
interface Caller {
  readonly comes: number;
  readonly patience: number;
  /** "never" is work that ignores the deadline; "fails" rejects, which it should not. */
  readonly items: readonly (number | "never" | "fails")[];
}

const caller = (item: fc.Arbitrary<Caller["items"][number]>, patience: fc.Arbitrary<number>) =>
  fc.record({
    comes: fc.nat(2_000),
    patience,
    items: fc.array(item, { maxLength: 40 }),
  });

/** Lets callers come; what began, what ended, and when each caller was answered. */
async function run(most: number, callers: readonly Caller[]) {
  const clock = createSimulatedClock(0);
  const pool = createWorkPool({ most, spareMs: SPARE, now: clock.now });
  const begun: { readonly caller: number; readonly item: number; readonly at: number }[] = [];
  const answered: (number | undefined)[] = callers.map(() => undefined);
  const atAnswer: number[] = [];
  const ended = callers.map(() => 0);
  let underWay = 0;
  for (const [index, { comes, patience, items }] of callers.entries()) {
    clock.setTimer(() => {
      const deadline = clock.deadline(patience);
      const work = async (item: number): Promise<void> => {
        begun.push({ caller: index, item, at: clock.now() });
        underWay += 1;
        expect(underWay).toBeLessThanOrEqual(most);
        const takes = items[item];
        if (takes === "never") return new Promise(() => undefined);
        if (typeof takes === "number") await clock.sleep(takes);
        underWay -= 1;
        ended[index] = (ended[index] ?? 0) + 1;
        if (takes === "fails") throw new Error("failed");
      };
      void pool.each([...items.keys()], work, deadline).then(() => {
        answered[index] = clock.now();
        atAnswer[index] = ended[index] ?? 0;
      });
    }, comes);
  }
  await clock.advance(1_000_000);
  return { begun, answered, atAnswer, ended, clock, pool };
}

it("begins each item once, never too many at once, and answers each caller by its deadline", async () => {
  const item = fc.oneof(
    { weight: 6, arbitrary: fc.nat(500) },
    { weight: 1, arbitrary: fc.constantFrom("never" as const, "fails" as const) },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 8 }),
      fc.array(caller(item, fc.integer({ min: 1, max: 4_000 })), { minLength: 1, maxLength: 8 }),
      async (most, callers) => {
        const { begun, answered, atAnswer } = await run(most, callers);
        const names = begun.map((one) => `${one.caller} ${one.item}`);
        expect(new Set(names).size).toBe(names.length);
        for (const one of begun) {
          const { comes, patience } = callers[one.caller] ?? { comes: 0, patience: 0 };
          expect(one.at).toBeLessThan(comes + patience - SPARE);
        }
        for (const [index, { comes, patience, items }] of callers.entries()) {
          expect(answered[index]).toBeLessThanOrEqual(comes + patience);
          // Before its time is up a caller is answered only when all of its work has ended.
          if ((answered[index] ?? 0) < comes + patience) expect(atAnswer[index]).toBe(items.length);
        }
      },
    ),
    { numRuns: 300 },
  );
});

it("does all work of all callers who have the time, and loses no place", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 8 }),
      fc.array(caller(fc.nat(500), fc.constant(900_000)), { minLength: 1, maxLength: 8 }),
      fc.array(caller(fc.nat(500), fc.integer({ min: 1, max: 3_000 })), { maxLength: 4 }),
      async (most, patient, impatient) => {
        const { ended, clock, pool } = await run(most, [...patient, ...impatient]);
        for (const [index, { items }] of patient.entries()) expect(ended[index]).toBe(items.length);
        let underWay = 0;
        let all = () => {};
        const together = new Promise<void>((resolve) => {
          all = resolve;
        });
        const meet = async () => {
          underWay += 1;
          if (underWay === most) all();
          await together;
        };
        // They end only if as many as ever are under way at once.
        await clock.until(pool.each(Array.from({ length: most }), meet, clock.deadline(10_000)));
        expect(underWay).toBe(most);
      },
    ),
    { numRuns: 100 },
  );
});

it("lets a caller with one item go before one with many", async () => {
  const many = { comes: 0, patience: 900_000, items: Array.from({ length: 500 }, () => 100) };
  const { answered } = await run(2, [many, { comes: 10, patience: 900_000, items: [100] }]);
  expect(answered).toEqual([25_100, 200]);
});

it("serves callers with as many items one after the other, so that some end in time where not all can", async () => {
  const ten = { comes: 0, patience: 1_000, items: Array.from({ length: 10 }, () => 100) };
  const { ended } = await run(2, [ten, ten, ten]);
  expect(ended).toEqual([10, 6, 0]);
});
