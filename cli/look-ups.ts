import { type Clock, within } from "../function/shared/clock.ts";
import type { Screen } from "./screen.ts";

/** Runs look-ups, a few at a time, and shows how far they are when they take long. */
export interface LookUps {
  /**
   * Runs a look-up as soon as there is room for it.
   *
   * @param what it looks at, for the progress: `billing`
   * @param work what it does; its signal is also aborted when it takes too long
   * @throws what the look-up throws; what an aborted signal throws
   */
  run<Result>(what: string, work: (signal: AbortSignal) => Promise<Result>): Promise<Result>;
  /** Ends the progress. */
  end(): Promise<void>;
}

/** How many look-ups are under way at most: few enough for the smallest rate limits of Okta. */
const AT_ONCE = 6;

/** How long a look-up may take, in milliseconds. */
const TIMEOUT = 60_000;

/** How long nothing is shown, and then how often it is shown again, in milliseconds. */
const SHOW_AFTER = 1_000;
const SHOW_EVERY = 250;

/** @param signal ends all look-ups */
export function createLookUps({
  screen,
  clock,
  signal,
}: {
  readonly screen: Screen;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}): LookUps {
  const waiting: (() => void)[] = [];
  const underWay = new Set<string>();
  const over = new AbortController();
  let free = AT_ONCE;
  let begun = 0;
  let done = 0;

  async function show(): Promise<void> {
    await clock.sleep(SHOW_AFTER, over.signal);
    while (!over.signal.aborted) {
      const [first] = underWay;
      if (first !== undefined) screen.progress(`  ${done} of ${begun} looked at; waiting for: ${first}`);
      await clock.sleep(SHOW_EVERY, over.signal);
    }
    screen.clear();
  }
  const showing = show();

  return {
    async run(what, work) {
      begun += 1;
      if (free > 0) free -= 1;
      // Whoever ends hands its room over.
      else await new Promise<void>((resolve) => waiting.push(resolve));
      const deadline = clock.deadline(TIMEOUT);
      underWay.add(what);
      try {
        return await within(work(AbortSignal.any([signal, deadline.signal])), signal);
      } finally {
        deadline[Symbol.dispose]();
        underWay.delete(what);
        done += 1;
        const next = waiting.shift();
        if (next === undefined) free += 1;
        else next();
      }
    },
    async end() {
      over.abort();
      await showing;
    },
  };
}
