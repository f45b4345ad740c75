import { setImmediate } from "node:timers/promises";

/** How long work may run before everything else in the process gets a turn. */
const TURN_MS = 10;

/** Steps between two looks at the clock, at most. A look can take as long as a short step does. */
const MAXIMUM_STEPS = 8;

/**
 * Begins a turn for work in many steps, which asks after each step whether the turn is over. The first steps are timed one by
 * one, in case each takes long.
 *
 * @param now the clock, in milliseconds
 */
export function beginTurn(now: () => number): () => boolean {
  const end = now() + TURN_MS;
  let steps = 1;
  let stepsLeft = steps;
  return () => {
    stepsLeft -= 1;
    if (stepsLeft > 0) return false;
    steps = Math.min(2 * steps, MAXIMUM_STEPS);
    stepsLeft = steps;
    return now() >= end;
  };
}

/** Resolves when the last caller before has had its turn. There is one event loop, so there is one row of callers. */
let last = Promise.resolve();

/**
 * Waits for a turn of the event loop, in which everything runs that is ready. Callers get one turn each, one after another:
 * all in the same turn, they would run without a pause, however many they are.
 */
export function nextTurn(): Promise<void> {
  last = last.then(() => setImmediate());
  return last;
}
