/** The members of one group, in the order in which they joined. */
export interface Members {
  has(userId: string): boolean;
  /** One who is a member already keeps their place. */
  add(userId: string): void;
  /** Nothing happens when there is no such member. */
  remove(userId: string): void;
  /**
   * A part of the list. Positions only grow, so a page stays right while members come and go.
   *
   * @param after the position to begin behind, 0 at first
   * @returns `next`: the position for the next page, or undefined when this is the last
   */
  page(after: number, limit: number): { readonly userIds: readonly string[]; readonly next?: number };
}

/** No members yet. */
export function createMembers(): Members {
  const positions = new Map<string, number>();
  let last = 0;
  return {
    has: (userId) => positions.has(userId),
    add(userId) {
      if (positions.has(userId)) return;
      last += 1;
      positions.set(userId, last);
    },
    remove(userId) {
      positions.delete(userId);
    },
    page(after, limit) {
      const behind = [...positions].filter(([, position]) => position > after);
      const shown = behind.slice(0, limit);
      const next = shown.at(-1)?.[1];
      const userIds = shown.map(([userId]) => userId);
      return behind.length > limit && next !== undefined ? { userIds, next } : { userIds };
    },
  };
}
