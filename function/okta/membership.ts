import { type Deadline, within } from "../clock.ts";
import type { OktaAnswer, OktaSend } from "./client.ts";
import type { Adding, KnownMembers } from "./members.ts";
import { type Refusal, type RefusalKind, readRefusal } from "./refusals.ts";

/** What became of the wish to make a user a member. */
export type MembershipOutcome =
  /** `known`: they were one already, which cost no call. */
  | { readonly kind: "member"; readonly known: boolean }
  | { readonly kind: RefusalKind; readonly refusal: Refusal };

/** Makes a user a member of a group. Being one already is success: the call is idempotent. */
export type AddMember = (groupId: string, userId: string, deadline: Deadline) => Promise<MembershipOutcome>;

/** An attempt that others may join, and the deadline of who began it. */
interface Attempt {
  readonly outcome: Promise<MembershipOutcome>;
  readonly deadline: Deadline;
}

/**
 * Adds who is not known to be a member already, without waiting for what is known. However many want the same at the same
 * time, it is done once and the outcome is everybody's; but each waits until their own deadline, and the end of somebody
 * else's is not theirs. The list of members is read on meanwhile.
 *
 * The call throws what the token, the rate limit or the connection throws when Okta was not reached.
 */
export function createAddMember(send: OktaSend, members: KnownMembers): AddMember {
  const underWay = new Map<string, Attempt>();

  const put: AddMember = async (groupId, userId, deadline) => {
    const adding = members.adding(groupId, userId);
    let isMember = false;
    try {
      const answer = await putMember(send, groupId, userId, deadline, adding);
      isMember = answer.status === SUCCESS;
      return isMember ? { kind: "member", known: false } : readRefusal(answer);
    } catch (error) {
      if (members.has(groupId, userId)) return { kind: "member", known: true };
      throw error;
    } finally {
      adding.end(isMember);
    }
  };

  const add: AddMember = async (groupId, userId, deadline) => {
    const known = members.has(groupId, userId);
    // The request goes first, and its failure is thrown below.
    const outcome = known ? undefined : put(groupId, userId, deadline);
    const reading = members.readOn(groupId, userId, deadline);
    try {
      return (await outcome) ?? { kind: "member", known: true };
    } finally {
      await reading;
    }
  };

  const begin = (key: string, attempt: () => Promise<MembershipOutcome>, deadline: Deadline): Attempt => {
    const begun: Attempt = {
      outcome: within(attempt(), deadline.signal).finally(() => underWay.delete(key)),
      deadline,
    };
    underWay.set(key, begun);
    return begun;
  };

  return async (groupId, userId, deadline) => {
    const key = `${groupId} ${userId}`;
    for (;;) {
      const attempt = underWay.get(key) ?? begin(key, () => add(groupId, userId, deadline), deadline);
      try {
        return await within(attempt.outcome, deadline.signal);
      } catch (error) {
        const isTheirs = attempt.deadline.signal.aborted && !deadline.signal.aborted;
        if (!isTheirs) throw error;
      }
    }
  };
}

/** Okta answers 204 and nothing else (Okta, "Groups API": assign a user to a group); a 200 is somebody else's. */
const SUCCESS = 204;

/** PUT /api/v1/groups/{groupId}/users/{userId} (Okta, "Groups API": assign a user to a group). */
function putMember(
  send: OktaSend,
  groupId: string,
  userId: string,
  deadline: Deadline,
  { needless, share }: Adding,
): Promise<OktaAnswer> {
  const path = `/api/v1/groups/${encodeURIComponent(groupId)}/users/${encodeURIComponent(userId)}`;
  return send({ method: "PUT", path, headers: {}, deadline, needless, share });
}
