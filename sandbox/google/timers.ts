/** The time, and what is to happen later. It is passed in, so that a simulation can hold a time of its own. */
export interface Timers {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once, so many milliseconds from now. @returns what takes it back */
  setTimer(callback: () => void, milliseconds: number): () => void;
}

/** The longest time a timer of Node can wait. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** The machine's own clock. */
export const machineTimers: Timers = {
  now: () => Date.now(),
  setTimer(callback, milliseconds) {
    let left = milliseconds;
    let timer: NodeJS.Timeout;
    const wait = () => {
      const part = Math.min(left, LONGEST_TIMER);
      left -= part;
      timer = setTimeout(() => (left > 0 ? wait() : callback()), part);
    };
    wait();
    return () => clearTimeout(timer);
  },
};

/** Does something again and again, each time so many milliseconds after the last. @returns what ends it */
export function repeat(clock: Pick<Timers, "setTimer">, milliseconds: number, act: () => void): () => void {
  let cancel = () => {};
  const next = () => {
    cancel = clock.setTimer(() => {
      next();
      act();
    }, milliseconds);
  };
  next();
  return () => cancel();
}

/** Resolves for its callers as soon as nothing is under way. */
export interface Idleness {
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
  /** To be called whenever that may have come to be. */
  check(): void;
}

export function createIdleness(isIdle: () => boolean): Idleness {
  const waiting = new Set<() => void>();
  return {
    idle: () => (isIdle() ? Promise.resolve() : new Promise((resolve) => waiting.add(resolve))),
    check() {
      if (!isIdle()) return;
      for (const resolve of waiting) resolve();
      waiting.clear();
    },
  };
}
