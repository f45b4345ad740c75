import { abortLate, type Clock } from "../../function/shared/clock.ts";
import type { Timers } from "../google/timers.ts";

/** A clock whose time passes only when nothing more can happen without it. */
export interface SimulatedClock extends Clock, Timers {
  /** Time stands still until this real work (a signature, a request in memory) has ended. */
  during<T>(work: Promise<T>): Promise<T>;
  /** As `sleep`, from within work that time stands still for. */
  sleepDuring(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** Lets everything happen that happens now; time stands still. */
  settle(): Promise<void>;
  /** Lets so much time pass, and everything happen that falls into it. */
  advance(milliseconds: number): Promise<void>;
  /** Lets time pass until the promise has ended, whatever it ends with. */
  until<T>(promise: Promise<T>): Promise<T>;
  /** Lets time pass until nobody waits for it any more; deadlines don't count. */
  drain(): Promise<void>;
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
  /** Deadlines: nobody waits for them. */
  readonly weak: boolean;
  cancelled: boolean;
}

/** @param start in milliseconds since the epoch */
export function createSimulatedClock(start = Date.parse("2026-01-05T09:00:00.000Z")): SimulatedClock {
  let time = start;
  let order = 0;
  let work = 0;
  let strong = 0;
  const timers: Timer[] = [];

  const before = (one: Timer, other: Timer) => one.at - other.at || one.order - other.order;

  // A binary heap: worlds have thousands of timers.
  const push = (timer: Timer): void => {
    let index = timers.push(timer) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = timers[parent];
      if (above === undefined || before(above, timer) <= 0) break;
      timers[index] = above;
      index = parent;
    }
    timers[index] = timer;
  };
  const pop = (): Timer | undefined => {
    const [top] = timers;
    const last = timers.pop();
    if (top === undefined || last === undefined || timers.length === 0) return top;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const one = timers[left];
      const other = timers[left + 1];
      if (one === undefined) break;
      const [child, at] = other !== undefined && before(other, one) < 0 ? [other, left + 1] : [one, left];
      if (before(child, last) >= 0) break;
      timers[index] = child;
      index = at;
    }
    timers[index] = last;
    return top;
  };
  const next = (): Timer | undefined => {
    while (timers[0]?.cancelled) pop();
    return timers[0];
  };

  const add = (callback: () => void, milliseconds: number, weak: boolean): (() => void) => {
    const timer: Timer = { at: time + Math.max(0, milliseconds), order, callback, weak, cancelled: false };
    order += 1;
    push(timer);
    if (!weak) strong += 1;
    return () => {
      if (timer.cancelled) return;
      timer.cancelled = true;
      if (!weak) strong -= 1;
    };
  };

  const settle = async (): Promise<void> => {
    do await new Promise(setImmediate);
    while (work > 0);
  };

  /** Fires the next timer. */
  const step = (): void => {
    const timer = next();
    if (timer === undefined) return;
    pop();
    timer.cancelled = true;
    if (!timer.weak) strong -= 1;
    time = timer.at;
    timer.callback();
  };

  const sleep = (milliseconds: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const end = () => {
        cancel();
        signal?.removeEventListener("abort", end);
        resolve();
      };
      const cancel = add(end, milliseconds, false);
      signal?.addEventListener("abort", end, { once: true });
    });

  return {
    now: () => time,
    sleep,
    deadline(milliseconds) {
      const controller = new AbortController();
      const cancel = add(() => abortLate(controller), milliseconds, true);
      return { at: time + milliseconds, signal: controller.signal, [Symbol.dispose]: cancel };
    },
    setTimer: (callback, milliseconds) => add(callback, milliseconds, false),
    async during(promise) {
      work += 1;
      try {
        return await promise;
      } finally {
        work -= 1;
      }
    },
    async sleepDuring(milliseconds, signal) {
      work -= 1;
      await sleep(milliseconds, signal);
      work += 1;
    },
    settle,
    async advance(milliseconds) {
      const end = time + milliseconds;
      await settle();
      for (let timer = next(); timer !== undefined && timer.at <= end; timer = next()) {
        step();
        await settle();
      }
      time = end;
    },
    async until(promise) {
      let ended = false;
      const end = () => {
        ended = true;
      };
      promise.then(end, end);
      for (await settle(); !ended; await settle()) {
        if (next() === undefined)
          throw new Error("Nothing is left to happen, and the promise has not ended.");
        step();
      }
      return promise;
    },
    async drain() {
      for (await settle(); strong > 0; await settle()) step();
    },
  };
}

/** Numbers from 0 up to 1 that look random and are the same for the same seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
