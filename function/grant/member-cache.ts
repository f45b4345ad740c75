import type { Clock, Deadline } from "../shared/clock.ts";
import { MemberListError, RateLimitError } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";
import type { OktaTransport, RateLimitShare } from "../shared/okta/client.ts";
import { createMemberList, type MemberList, readLastChange } from "./member-list.ts";

/** The known members of the groups, so that a known member need not be added again. No task waits for it to be filled. */
export interface MemberCache {
  /** Whether the user is known to be a member, by information that is not older than the longest age. */
  has(groupId: string, userId: string): boolean;
  /** To be called when a user who is not known to be a member is being added. */
  startAdding(groupId: string, userId: string): Addition;
  /**
   * Counts the sign-in, and reads more of the group's list where that saves calls. A task does this next to its own work, since an
   * instance has a CPU only while it answers. Ends some seconds later, or with the last page, and never rejects.
   */
  readMore(groupId: string, userId: string, deadline: Deadline): Promise<void>;
}

/** A user is being added. */
export interface Addition {
  /** Aborted when the list shows that the user is a member. */
  readonly needless: AbortSignal;
  /** How much of the rate limit adding may take, so that the list has room as well. */
  readonly share: RateLimitShare;
  /** @param isMember whether the user is a member now */
  end(isMember: boolean): void;
}

/** When a user was seen to be a member, in milliseconds since the epoch. The users of one page share one. */
interface Sighting {
  readonly at: number;
}

/** What is known of one group. */
interface Group {
  readonly seen: Map<string, Sighting>;
  /** Users who are being added. */
  readonly adding: Map<string, AbortController>;
  /** The list that is being read, or waits for its next page to be read. */
  list: MemberList | undefined;
  /** The last list that was read to its end. */
  last: LastList | undefined;
  /** For how many sign-ins a list would have saved a call, since `usesSince`. */
  uses: number;
  usesSince: number;
  /** How many there were when the list was started. */
  usesBefore: number;
  /** Whether a task is reading the list. */
  isReading: boolean;
  /** Okta has failed or refused; it is not asked again before this time. */
  notBefore: number;
  /** Whether that was warned about. */
  isFailing: boolean;
}

/** A list that was read to its end. */
interface LastList extends Pick<MemberList, "startedAt" | "startedAtOkta" | "pages"> {
  /** How long it took, in milliseconds. */
  readonly tookMs: number;
  /** All on it are known to be members at this moment, since the group has not changed. */
  confirmedAt: number;
  /** Whether somebody was added or removed since. */
  isChanged: boolean;
}

/** One page, with some time to wait for the rate limit. */
const PAGE_TIMEOUT_MS = 30_000;

/** A task stops reading so long before its own deadline, when it has to answer. */
const SPARE_TIME_MS = 1_000;

/** How long a task reads next to its own work; longer only while users are being added. */
const READING_TIME_MS = 10_000;

/** How long after a failure Okta is asked again. */
const RETRY_AFTER_MS = 60_000;

/** How late `lastMembershipUpdated` may follow a change; Okta does not document it. */
const LATENESS_MS = 60_000;

/**
 * Lists that are read at once, for all groups together. A page takes a connection for seconds; most of the connections, and
 * of the tasks that the queue has under way, are left to users who are being added.
 */
const MAXIMUM_READERS = 3;

/** The parts of a window of Okta's rate limit: pages take half at most, and memberships leave a quarter to pages. */
const LIST_SHARE = 0.5;
const MEMBERSHIP_SHARE = 0.75;

/**
 * Knows the groups' members from what `grant` adds and from Okta's lists, each for as long as `maximumAgeMs`.
 *
 * A list must save more calls than it costs. So the first list grows by a page for each sign-in, and a list is read again when as
 * many people on it signed in within its age as it has pages. Before that, one call asks whether the group has changed at all. A
 * page that failed is read again from its link.
 *
 * A list that Okta refuses, or that would be too long, stops nothing: known members count, everybody else is added by a call, and
 * one warning reports it.
 *
 * @param send to the bucket of memberships and lists
 * @param sendToGroup to the bucket of single groups (Okta, "Rate limits": management)
 * @param maximumAgeMs in milliseconds: how long a member whom an administrator removed may still count as a member
 * @param maximumMembers how many members are kept of all groups together
 */
export function createMemberCache(settings: {
  readonly send: OktaTransport;
  readonly sendToGroup: OktaTransport;
  readonly orgUrl: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly maximumAgeMs: number;
  readonly maximumMembers: number;
}): MemberCache {
  const { sendToGroup, clock, log, maximumAgeMs, maximumMembers } = settings;
  const groups = new Map<string, Group>();
  const share: RateLimitShare = { kind: "list", most: () => LIST_SHARE };

  const groupOf = (groupId: string): Group => {
    const group = groups.get(groupId) ?? {
      seen: new Map(),
      adding: new Map(),
      list: undefined,
      last: undefined,
      uses: 0,
      usesSince: clock.now(),
      usesBefore: 0,
      isReading: false,
      notBefore: Number.NEGATIVE_INFINITY,
      isFailing: false,
    };
    groups.set(groupId, group);
    return group;
  };

  const countReaders = () => [...groups.values()].filter((group) => group.isReading).length;

  const isFull = () => [...groups.values()].reduce((sum, { seen }) => sum + seen.size, 0) >= maximumMembers;

  const isKnown = ({ seen, last }: Group, userId: string): boolean => {
    const at = seen.get(userId)?.at;
    if (at === undefined) return false;
    const confirmedAt = last !== undefined && at >= last.startedAt ? last.confirmedAt : at;
    return clock.now() < Math.max(at, confirmedAt) + maximumAgeMs;
  };

  /** Forgets members who were seen too long ago. */
  const forgetOld = (group: Group) => {
    for (const userId of group.seen.keys()) if (!isKnown(group, userId)) group.seen.delete(userId);
  };

  const countUse = (group: Group, userId: string): void => {
    const { list, last, seen } = group;
    if (list !== undefined && clock.now() >= list.reachedAt + maximumAgeMs) {
      // The members on its first pages have expired, and Okta may have forgotten the link.
      group.list = undefined;
      startCounting(group, clock.now());
    } else if (list === undefined && clock.now() >= group.usesSince + maximumAgeMs) {
      startCounting(group, clock.now());
    }
    // The list would have saved no call for a user who is not on it.
    if (last === undefined || seen.has(userId)) group.uses += 1;
  };

  const startCounting = (group: Group, since: number): void => {
    group.uses = 0;
    group.usesSince = since;
  };

  /** Whether it is time to read the list again, so that the new one is complete before the last one expires. */
  const isDue = ({ startedAt, confirmedAt, tookMs }: LastList): boolean => {
    // Pages that were read one by one expire one by one; pages that were confirmed expire together.
    const needed = confirmedAt > startedAt ? tookMs * 1.25 : tookMs / 4;
    const lead = Math.min(maximumAgeMs / 2, maximumAgeMs / 10 + needed);
    return clock.now() >= Math.max(startedAt, confirmedAt) + maximumAgeMs - lead;
  };

  /** Asks whether somebody was added or removed since the last list. If not, the list counts as read again. */
  const checkChange = async (groupId: string, group: Group, last: LastList, deadline: Deadline) => {
    // Compared by Okta's clock only, so ours may be wrong.
    const { startedAtOkta = Number.NEGATIVE_INFINITY } = last;
    last.isChanged = true;
    if (startedAtOkta === Number.NEGATIVE_INFINITY || maximumAgeMs <= 2 * LATENESS_MS) return;
    const askedAt = clock.now();
    const changedAt = await readLastChange(groupId, sendToGroup, deadline);
    if (changedAt === undefined || changedAt >= startedAtOkta - LATENESS_MS) return;
    last.isChanged = false;
    last.confirmedAt = askedAt - LATENESS_MS;
    startCounting(group, askedAt);
  };

  /** The next step for the group's list, if it saves calls now. */
  const nextStep = ({ list, last, uses, notBefore }: Group): "check" | "page" | undefined => {
    if (clock.now() < notBefore) return undefined;
    if (list === undefined && last !== undefined) {
      if (!isDue(last)) return undefined;
      if (!last.isChanged) return uses < 2 ? undefined : "check";
      if (uses <= last.pages) return undefined;
    }
    // With one more page, the list would cost as many calls as it has saved.
    return uses < (list?.pages ?? 0) + 2 ? undefined : "page";
  };

  const readNextPage = async (groupId: string, group: Group, deadline: Deadline): Promise<void> => {
    if (group.list === undefined) group.usesBefore = group.uses;
    group.list ??= createMemberList(groupId, settings, { share });
    const { list } = group;
    const sighting: Sighting = { at: clock.now() };
    for (const userId of await list.readPage(deadline)) {
      group.seen.set(userId, sighting);
      group.adding.get(userId)?.abort();
    }
    if (!list.isComplete && isFull()) for (const each of groups.values()) forgetOld(each);
    if (list.isComplete) complete(groupId, group, list);
    else if (isFull()) {
      complete(groupId, group, list);
      warn(groupId, group, `there are more than ${maximumMembers} members, which is all that is kept`);
    }
  };

  const perform = async (step: "check" | "page", groupId: string, group: Group, deadline: Deadline) => {
    if (step === "page") await readNextPage(groupId, group, deadline);
    else if (group.last !== undefined) await checkChange(groupId, group, group.last, deadline);
  };

  const complete = (groupId: string, group: Group, list: MemberList): void => {
    const { startedAt, startedAtOkta, pages } = list;
    const tookMs = clock.now() - startedAt;
    group.list = undefined;
    group.last = { startedAt, startedAtOkta, pages, tookMs, confirmedAt: startedAt, isChanged: false };
    group.uses -= Math.max(pages, group.usesBefore);
    group.usesSince = startedAt;
    if (list.isComplete) {
      forgetOld(group);
      if (group.isFailing) log.info("The members of a group can be listed again.", { groupId });
      group.isFailing = false;
    }
  };

  const warn = (groupId: string, group: Group, reason: string): void => {
    if (group.isFailing) return;
    group.isFailing = true;
    log.signal("members-not-listed", {
      groupId,
      reason,
      remedy:
        'If Okta refuses it, run "pulumi up --refresh": the service app lacks the right okta.groups.read.',
    });
  };

  const fail = (groupId: string, group: Group, error: unknown): void => {
    if (error instanceof RateLimitError) {
      group.notBefore = clock.now() + error.retryAfterMs;
      return;
    }
    const kind = error instanceof MemberListError ? error.kind : "unavailable";
    const pause = kind === "refused" ? maximumAgeMs : RETRY_AFTER_MS;
    group.notBefore = clock.now() + pause;
    if (kind !== "unavailable") {
      // The calls for the pages that were read are lost.
      group.uses = Math.max(0, group.uses - (group.list?.pages ?? 0));
      group.list = undefined;
    }
    warn(groupId, group, error instanceof Error ? error.message : "unknown");
  };

  return {
    has(groupId, userId) {
      const group = groups.get(groupId);
      return group !== undefined && isKnown(group, userId);
    },
    startAdding(groupId, userId) {
      const group = groupOf(groupId);
      const controller = new AbortController();
      const since: Sighting = { at: clock.now() };
      group.adding.set(userId, controller);
      return {
        needless: controller.signal,
        share: { kind: "membership", most: () => (group.isReading ? MEMBERSHIP_SHARE : 1) },
        end(isMember) {
          group.adding.delete(userId);
          if (isMember && (group.seen.has(userId) || !isFull())) group.seen.set(userId, since);
        },
      };
    },
    async readMore(groupId, userId, deadline) {
      const group = groupOf(groupId);
      countUse(group, userId);
      if (group.isReading || countReaders() >= MAXIMUM_READERS) return;
      group.isReading = true;
      const until = clock.now() + READING_TIME_MS;
      const endsAt = deadline.at - SPARE_TIME_MS;
      const hasTime = () => clock.now() < endsAt && (clock.now() < until || group.adding.size > 0);
      try {
        for (let step = nextStep(group); step !== undefined && hasTime(); step = nextStep(group)) {
          using page = clock.deadline(Math.min(PAGE_TIMEOUT_MS, endsAt - clock.now()));
          await perform(step, groupId, group, page);
        }
      } catch (error) {
        // A task that ran out of time is not a failure of Okta; the next task reads the same page.
        if (clock.now() < endsAt) fail(groupId, group, error);
      } finally {
        group.isReading = false;
      }
    },
  };
}
