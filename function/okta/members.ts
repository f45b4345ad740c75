import { aborted, type Clock, type Deadline } from "../clock.ts";
import type { Log } from "../log.ts";
import { type OktaSend, objectOf } from "./client.ts";
import { nextPage } from "./pages.ts";

/** Who is known to be in the groups, so that nobody who is has to be added again. */
export interface MemberSnapshots {
  /**
   * Whether the user is known to be a member, by a list that is not older than the longest age. Waits for the list
   * when there is none yet; false also when it can't be had in time.
   */
  has(groupId: string, userId: string, deadline: Deadline): Promise<boolean>;
  /** Takes note of a member who has just been added. */
  add(groupId: string, userId: string): void;
}

/** What is known of one group. */
interface Snapshot {
  readonly members: Set<string>;
  validUntil: number;
  /** Ends with the listing, never rejects; undefined when none is under way. */
  listing: Promise<void> | undefined;
}

/** A page holds so many members (Okta, "Groups API": list all member users). */
const PAGE = 1000;

/** How long one listing may take: 50 pages of a group of 50,000, and two windows of Okta's rate limit. In milliseconds. */
const LISTING_TIMEOUT = 180_000;

/** When a listing is tried again that failed for a passing reason, in milliseconds. */
const TRY_AGAIN_AFTER = 60_000;

/**
 * Lists of the groups' members, made when they are first asked for and again when they are older than `maximumAge`.
 * A list that Okta refuses, or that would be too long, is no reason to stop: what is known counts, everybody else is added by
 * a call, and one warning says so.
 *
 * @param maximumAge in milliseconds: so long may a member whom an administrator removed count as one
 * @param maximumMembers how many members all lists together may hold
 */
export function createMemberSnapshots(settings: {
  readonly send: OktaSend;
  readonly orgUrl: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly maximumAge: number;
  readonly maximumMembers: number;
}): MemberSnapshots {
  const { send, orgUrl, clock, log, maximumAge, maximumMembers } = settings;
  const snapshots = new Map<string, Snapshot>();
  /** Groups whose listing failed, and was warned about. */
  const failing = new Set<string>();

  const isFull = () =>
    [...snapshots.values()].reduce((sum, { members }) => sum + members.size, 0) >= maximumMembers;

  const list = async (groupId: string, snapshot: Snapshot): Promise<void> => {
    const deadline = clock.deadline(LISTING_TIMEOUT);
    const users = {
      path: `/api/v1/groups/${encodeURIComponent(groupId)}/users`,
      name: "the group's members",
    };
    let path: string | undefined = `${users.path}?limit=${PAGE}`;
    while (path !== undefined) {
      const answer = await send({ method: "GET", path, headers: {}, deadline });
      if (answer.status !== 200 || !Array.isArray(answer.body)) {
        const reason =
          `Okta answered ${answer.status} ${String(objectOf(answer)["errorCode"] ?? "")}`.trimEnd();
        throw answer.status < 500 ? new ListingError(reason) : new Error(reason);
      }
      for (const user of answer.body) {
        const { id } = objectOf({ body: user });
        if (typeof id === "string") snapshot.members.add(id);
      }
      path = nextPage(answer, orgUrl, users);
      if (path !== undefined && isFull()) {
        throw new ListingError(`there are more than ${maximumMembers} members, which is all that is kept`);
      }
    }
  };

  const refresh = (groupId: string): Snapshot => {
    const began = clock.now();
    const snapshot: Snapshot = { members: new Set(), validUntil: began + maximumAge, listing: undefined };
    snapshots.set(groupId, snapshot);
    snapshot.listing = list(groupId, snapshot)
      .then(
        () => {
          if (failing.delete(groupId)) log.info("The members of a group can be listed again.", { groupId });
        },
        (error: unknown) => {
          if (!(error instanceof ListingError)) {
            snapshot.validUntil = Math.min(snapshot.validUntil, clock.now() + TRY_AGAIN_AFTER);
          }
          if (failing.has(groupId)) return;
          failing.add(groupId);
          log.warning(
            "The members of a group can't be listed; until they can, who is one costs a call to Okta.",
            {
              groupId,
              reason: error instanceof Error ? error.message : "unknown",
              remedy:
                'If Okta refuses it, run "pulumi up --refresh": the service app lacks the right okta.groups.read.',
            },
          );
        },
      )
      .finally(() => {
        snapshot.listing = undefined;
      });
    return snapshot;
  };

  const current = (groupId: string): Snapshot => {
    const snapshot = snapshots.get(groupId);
    const usable =
      snapshot !== undefined && (snapshot.listing !== undefined || clock.now() < snapshot.validUntil);
    return usable ? snapshot : refresh(groupId);
  };

  return {
    async has(groupId, userId, deadline) {
      const snapshot = current(groupId);
      if (snapshot.members.has(userId)) return true;
      if (snapshot.listing === undefined) return false;
      await Promise.race([snapshot.listing, aborted(deadline.signal)]);
      return snapshot.members.has(userId);
    },
    add(groupId, userId) {
      if (!isFull()) snapshots.get(groupId)?.members.add(userId);
    },
  };
}

/** A list can't be had, and asking again soon would not help. */
class ListingError extends Error {
  override readonly name = "ListingError";
}
