import { aborted, type Deadline, within } from "../shared/clock.ts";
import type { OktaAnswer, OktaTransport } from "../shared/okta/client.ts";
import type { Addition, MemberCache } from "./member-cache.ts";
import { type Refusal, type RefusalKind, readRefusal } from "./refusals.ts";

/** The outcome of adding a user to a group. */
export type MembershipOutcome =
  /** `known`: the user was a member already, which cost no call. */
  | { readonly kind: "member"; readonly known: boolean }
  | { readonly kind: RefusalKind; readonly refusal: Refusal };

/** Adds a user to a group. The call is idempotent: a user who is a member already is a success. */
export type AddMember = (groupId: string, userId: string, deadline: Deadline) => Promise<MembershipOutcome>;

/** An attempt that other callers may join, and the deadline of the caller that started it. */
interface Attempt {
  readonly outcome: Promise<MembershipOutcome>;
  readonly deadline: Deadline;
}

/**
 * Adds users who are not known to be members, without waiting for the list of members, which is read at the same time. Equal
 * calls at the same time share one attempt and its outcome. Each caller waits until its own deadline only; when the deadline of
 * the one that started the attempt ends it, the others start another.
 *
 * The call throws what the token, the rate limit or the connection throws when Okta was not reached.
 */
export function createAddMember(send: OktaTransport, members: MemberCache): AddMember {
  const underWay = new Map<string, Attempt>();

  const put: AddMember = async (groupId, userId, deadline) => {
    const adding = members.startAdding(groupId, userId);
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

  const begin = (key: string, groupId: string, userId: string, deadline: Deadline): Attempt => {
    const outcome = within(put(groupId, userId, deadline), deadline.signal);
    const begun: Attempt = { outcome: outcome.finally(() => underWay.delete(key)), deadline };
    underWay.set(key, begun);
    return begun;
  };

  return async (groupId, userId, deadline) => {
    const key = `${groupId} ${userId}`;
    let reading: Promise<void> | undefined;
    try {
      for (;;) {
        const joined = underWay.get(key);
        const known = joined === undefined && members.has(groupId, userId);
        // The request goes before the list. A caller that joins an attempt waits for no list.
        const attempt = joined ?? (known ? undefined : begin(key, groupId, userId, deadline));
        if (joined === undefined) reading = members.readMore(groupId, userId, deadline);
        if (attempt === undefined) return { kind: "member", known };
        try {
          return await within(attempt.outcome, deadline.signal);
        } catch (error) {
          const isTheirs = attempt.deadline.signal.aborted && !deadline.signal.aborted;
          if (!isTheirs) throw error;
        }
      }
    } finally {
      await Promise.race([reading, aborted(deadline.signal)]);
    }
  };
}

/** Okta answers only 204 (Okta, "Groups API": assign a user to a group); a 200 comes from something in between. */
const SUCCESS = 204;

/** PUT /api/v1/groups/{groupId}/users/{userId} (Okta, "Groups API": assign a user to a group). */
function putMember(
  send: OktaTransport,
  groupId: string,
  userId: string,
  deadline: Deadline,
  { needless, share }: Addition,
): Promise<OktaAnswer> {
  const path = `/api/v1/groups/${encodeURIComponent(groupId)}/users/${encodeURIComponent(userId)}`;
  return send({ method: "PUT", path, headers: {}, deadline, needless, share });
}
