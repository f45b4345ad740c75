import { newId } from "./ids.ts";

/** A group: made here, built in, or brought in by an app or a directory. */
export interface Group {
  readonly id: string;
  readonly type: "OKTA_GROUP" | "BUILT_IN" | "APP_GROUP";
  readonly name: string;
  readonly description: string | null;
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly lastUpdated: number;
  readonly members: Members;
}

/** A group with no members. */
export function newGroup(fields: Pick<Group, "type" | "name" | "description">, now: () => number): Group {
  return { ...fields, id: newId("00g"), created: now(), lastUpdated: now(), members: createMembers(now) };
}

/** The built-in group that every user is in. */
export function createEveryone(now: () => number): Group {
  const description = "All users in your organization";
  return newGroup({ type: "BUILT_IN", name: "Everyone", description }, now);
}

/** The members of one group, in the order in which they joined. */
interface Members {
  /** When somebody joined or left last, in milliseconds since the epoch; at first when the group was made. */
  readonly changedAt: number;
  /** How many there are. */
  readonly size: number;
  has(userId: string): boolean;
  /** One who is a member already keeps their place. */
  add(userId: string): void;
  /** Nothing happens when there is no such member. */
  remove(userId: string): void;
  /**
   * A part of the list. Positions only grow, so a page stays right while members come and go.
   *
   * @decision Who joins or leaves while a list is read moves nobody else to another page.
   * @evidence assumed: Okta says that `after` is opaque and not what happens to a list that changes.
   * @show that a list of members that changes while it is read leaves out no member who stays.
   * @matters late: somebody who is on no page gets a call that was not needed; nobody who is not a member counts as one.
   *
   * @param after the position to begin behind, 0 at first
   * @returns `next`: the position for the next page, or undefined when this is the last
   */
  page(after: number, limit: number): { readonly userIds: readonly string[]; readonly next?: number };
}

/**
 * No members yet.
 *
 * @decision Adding somebody who is a member already does not change a group's lastMembershipUpdated.
 * @evidence assumed: Okta, "Groups API" only says "Timestamp when the groups memberships were last updated".
 * @matters late: if it does change it, `grant` reads a list again that it could have kept, once after each needless PUT.
 * @show Note lastMembershipUpdated of a group, PUT one of its members into it, and look whether it is the same.
 *
 * @param now in milliseconds since the epoch
 */
export function createMembers(now: () => number): Members {
  let changedAt = now();
  const positions = new Map<string, number>();
  /** By position; who has left leaves a gap, so that nobody's position changes. */
  const joined: (string | undefined)[] = [undefined];
  return {
    get changedAt() {
      return changedAt;
    },
    get size() {
      return positions.size;
    },
    has: (userId) => positions.has(userId),
    add(userId) {
      if (positions.has(userId)) return;
      positions.set(userId, joined.length);
      joined.push(userId);
      changedAt = now();
    },
    remove(userId) {
      const position = positions.get(userId);
      if (position === undefined) return;
      positions.delete(userId);
      joined[position] = undefined;
      changedAt = now();
    },
    page(after, limit) {
      const userIds: string[] = [];
      let last = after;
      for (let position = after + 1; position < joined.length; position += 1) {
        const userId = joined[position];
        if (userId === undefined) continue;
        if (userIds.length === limit) return { userIds, next: last };
        userIds.push(userId);
        last = position;
      }
      return { userIds };
    },
  };
}
