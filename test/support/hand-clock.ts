import type { Timers } from "../../sandbox/google/timers.ts";

/** A clock that a test moves by hand. */
export interface HandClock extends Timers {
  /** Lets so much time pass; timers call back at their time, in order. */
  advance(milliseconds: number): void;
  /** How many timers wait. */
  timers(): number;
}

/** @param start such as `2026-01-05T09:00:00Z` */
export function handClock(start = "2026-01-05T09:00:00Z"): HandClock {
  let now = Date.parse(start);
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  const next = () => [...timers].sort((one, other) => one.at - other.at)[0];
  return {
    now: () => now,
    setTimer(callback, milliseconds) {
      const timer = { at: now + milliseconds, callback };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance(milliseconds) {
      const end = now + milliseconds;
      for (let timer = next(); timer && timer.at <= end; timer = next()) {
        timers.delete(timer);
        now = timer.at;
        timer.callback();
      }
      now = end;
    },
    timers: () => timers.size,
  };
}
