/** Tells who waits for it when nothing is under way any more. */
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
