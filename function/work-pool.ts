import type { Deadline } from "./clock.ts";

/** Work of many callers, of which only so much is under way at once. */
export interface WorkPool {
  /**
   * Does the work once for each item. The caller with the fewest items left goes first, of several the one that came first: so
   * a caller with few items does not wait for one with many, and of many with many, the most end in time. Resolves when all
   * work has ended, or at the deadline: then no further item begins, and work that is still under way counts until it ends.
   *
   * @param work must not reject
   */
  each<Item>(items: readonly Item[], work: (item: Item) => Promise<void>, deadline: Deadline): Promise<void>;
}

/** A caller with items that wait. */
interface Batch {
  /** How many wait. */
  left: number;
  /** In milliseconds since the epoch. */
  readonly lastBegin: number;
  begin(): void;
}

/**
 * @param most how many items may be under way at once
 * @param spare for so long before a caller's deadline none of its items begins, in milliseconds: when nothing ends any more,
 *   those whose time is up would hand their places on to those whose time is about to be
 * @param now the clock, in milliseconds
 */
export function createWorkPool({
  most,
  spare,
  now,
}: {
  readonly most: number;
  readonly spare: number;
  readonly now: () => number;
}): WorkPool {
  let underWay = 0;
  /** The fewest items first. A caller whose time is up leaves in one step, however many of its items wait. */
  const waiting: Batch[] = [];

  const fill = (): void => {
    for (let first = waiting[0]; first !== undefined && underWay < most; first = waiting[0]) {
      if (first.left === 0 || now() >= first.lastBegin) {
        waiting.shift();
        continue;
      }
      // It stays the first: others have as many or more.
      first.left -= 1;
      underWay += 1;
      first.begin();
    }
  };

  const enter = (batch: Batch): void => {
    const behind = waiting.findIndex(({ left }) => left > batch.left);
    waiting.splice(behind === -1 ? waiting.length : behind, 0, batch);
    fill();
  };

  return {
    each: (items, work, { at, signal }) =>
      new Promise((resolve) => {
        if (items.length === 0 || signal.aborted) return resolve();
        const rest = items.values();
        let unfinished = items.length;
        const end = (): void => {
          batch.left = 0;
          signal.removeEventListener("abort", end);
          resolve();
        };
        const onEnd = (): void => {
          underWay -= 1;
          unfinished -= 1;
          if (unfinished === 0) end();
          fill();
        };
        const batch: Batch = {
          left: items.length,
          lastBegin: at - spare,
          begin() {
            const { value, done } = rest.next();
            if (!done) work(value).then(onEnd, onEnd);
          },
        };
        signal.addEventListener("abort", end);
        enter(batch);
      }),
  };
}
