import type { Cursor, Cursors, FoundCursor } from "./cursor.ts";

/**
 * The cursor of one run. It moves with each page, and is written as often as its object may be, once a second: while that
 * second lasts, the run reads on instead of waiting.
 *
 * Whoever moves it has put the memberships of everything before the place into the queue. What is written is always such a
 * place, and the newest one. So a run that is killed has done in vain, and the next one repeats, no more than the pages of one
 * second and the one after them. A run that ends in any other way has written the place to which it has come (`end`).
 */
export interface Bookmark {
  /** The newest place, whether it is written or not. */
  readonly cursor: Cursor | undefined;
  /**
   * Moves on, and writes that if no wait is needed.
   *
   * @throws what Cursors.write throws
   */
  moveTo(cursor: Cursor): Promise<void>;
  /**
   * Writes the newest place, unless it is written.
   *
   * @throws what Cursors.write throws
   */
  end(): Promise<void>;
}

/** @param signal ends every write */
export function createBookmark(cursors: Cursors, found: FoundCursor, signal: AbortSignal): Bookmark {
  let { cursor, generation } = found;
  let unwritten: Cursor | undefined;
  const end = async (): Promise<void> => {
    if (unwritten === undefined) return;
    const newest = unwritten;
    // A write that fails may have had its effect: a second one would take that for another run's.
    unwritten = undefined;
    generation = await cursors.write(newest, generation, signal);
  };
  return {
    get cursor() {
      return cursor;
    },
    async moveTo(moved) {
      cursor = moved;
      unwritten = moved;
      if (cursors.mayWrite()) await end();
    },
    end,
  };
}
