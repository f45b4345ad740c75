import { expect, it } from "vitest";
import { createLookUps } from "../../cli/look-ups.ts";
import { createScreen } from "../../cli/screen.ts";
import { type Clock, systemClock } from "../../function/shared/clock.ts";

/** A clock whose pauses end when a test says so. */
function handClock(): { readonly clock: Clock; pass(): void } {
  let now = 0;
  let end = () => {};
  return {
    clock: {
      ...systemClock,
      now: () => now,
      sleep: (_, signal) =>
        new Promise((resolve) => {
          end = resolve;
          signal?.addEventListener("abort", () => resolve(), { once: true });
        }),
    },
    pass() {
      now += 1_000;
      end();
    },
  };
}

/** Waits until all that can happen now has happened. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

it("runs six look-ups at once, the others in their order, and shows what it waits for after a while", async () => {
  const { clock, pass } = handClock();
  const written: string[] = [];
  const screen = createScreen({ write: (text: string) => written.push(text) }, clock.now);
  const lookUps = createLookUps({ screen, clock, signal: new AbortController().signal });
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const results = Array.from({ length: 8 }, (_, index) =>
    lookUps.run(`look-up ${index}`, async () => {
      begun.push(index);
      await new Promise<void>((resolve) => ends.push(resolve));
      return index;
    }),
  );
  await settled();
  expect(begun).toEqual([0, 1, 2, 3, 4, 5]);
  expect(written).toEqual([]);
  pass();
  await settled();
  expect(written).toEqual(["  0 of 8 looked at; waiting for: look-up 0\n"]);
  ends[0]?.();
  await settled();
  expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6]);
  for (const end of ends) end();
  await settled();
  for (const end of ends) end();
  expect(await Promise.all(results)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  await lookUps.end();
});

it("ends all look-ups when the command is interrupted, also those that ignore it", async () => {
  const controller = new AbortController();
  const lookUps = createLookUps({
    screen: createScreen({ write: () => undefined }, Date.now),
    clock: systemClock,
    signal: controller.signal,
  });
  const results = Array.from({ length: 7 }, (_, index) =>
    lookUps.run(`${index}`, () => new Promise(() => {})),
  );
  controller.abort();
  const ended = await Promise.allSettled(results);
  expect(ended.map(({ status }) => status)).toEqual(Array(7).fill("rejected"));
  await lookUps.end();
});
