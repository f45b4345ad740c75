import { setImmediate } from "node:timers/promises";

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
