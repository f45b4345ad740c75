import type { Deadline } from "../clock.ts";
import { headerOf, type OktaAnswer, type OktaSend, objectOf, requestIdOf } from "./client.ts";
import type { MemberSnapshots } from "./members.ts";

/** What became of the wish to make a user a member. */
export type MembershipOutcome =
  /** `known`: they were one already, which cost no call. */
  | { readonly kind: "member"; readonly known: boolean }
  /** Trying again cannot help: the user or the group is gone, or can't be used. */
  | { readonly kind: "permanent"; readonly refusal: Refusal }
  /** Trying later may help: Okta is busy or down, or an administrator has to mend the app's rights first. */
  | { readonly kind: "transient"; readonly refusal: Refusal };

/** How Okta refused. */
export interface Refusal {
  readonly status: number;
  /** Okta's error code, such as E0000007, or OAuth's, such as insufficient_scope. */
  readonly code: string;
  readonly requestId: string;
  readonly reason:
    | "user-not-found"
    | "group-not-found"
    | "not-found"
    | "user-status"
    | "group-not-supported"
    | "role-missing"
    | "scope-missing"
    | "token-refused"
    | "rate-limited"
    | "user-not-ready"
    | "unavailable"
    | "refused";
}

/** Makes a user a member of a group. Being one already is success: the call is idempotent. */
export type AddMember = (groupId: string, userId: string, deadline: Deadline) => Promise<MembershipOutcome>;

/**
 * Adds who is not known to be a member already. However many want the same at the same time, it is done once and the
 * outcome is everybody's.
 *
 * The call throws what the token, the rate limit or the connection throws when Okta was not reached.
 */
export function createAddMember(send: OktaSend, members: MemberSnapshots): AddMember {
  const underWay = new Map<string, Promise<MembershipOutcome>>();
  const add: AddMember = async (groupId, userId, deadline) => {
    if (await members.has(groupId, userId, deadline)) return { kind: "member", known: true };
    const outcome = classify(await putMember(send, groupId, userId, deadline));
    if (outcome.kind === "member") members.add(groupId, userId);
    return outcome;
  };
  return (groupId, userId, deadline) => {
    const key = `${groupId} ${userId}`;
    const shared = underWay.get(key) ?? add(groupId, userId, deadline).finally(() => underWay.delete(key));
    underWay.set(key, shared);
    return shared;
  };
}

/** PUT /api/v1/groups/{groupId}/users/{userId} (Okta, "Groups API": assign a user to a group). */
function putMember(send: OktaSend, groupId: string, userId: string, deadline: Deadline): Promise<OktaAnswer> {
  const path = `/api/v1/groups/${encodeURIComponent(groupId)}/users/${encodeURIComponent(userId)}`;
  return send({ method: "PUT", path, headers: {}, deadline });
}

/**
 * Tells what can be mended by waiting from what cannot. Rights count as mendable: a role or a scope that an
 * administrator took away comes back, and until then no sign-in may be lost.
 */
function classify(answer: OktaAnswer): MembershipOutcome {
  const { status } = answer;
  if (status >= 200 && status < 300) return { kind: "member", known: false };
  const code = errorCode(answer);
  const refused = (kind: "permanent" | "transient", reason: Refusal["reason"]): MembershipOutcome => ({
    kind,
    refusal: { status, code, requestId: requestIdOf(answer), reason },
  });

  switch (code) {
    case "E0000007":
      return refused("permanent", missingResource(answer));
    case "E0000038":
      return refused("permanent", "user-status");
    case "E0000060":
      return refused("permanent", "group-not-supported");
    case "E0000112":
      return refused("transient", "user-not-ready");
    case "E0000006":
      return refused("transient", lacksScope(answer) ? "scope-missing" : "role-missing");
    case "insufficient_scope":
      return refused("transient", "scope-missing");
  }
  if (status === 401) return refused("transient", "token-refused");
  if (status === 403) return refused("transient", lacksScope(answer) ? "scope-missing" : "role-missing");
  if (status === 408 || status === 409) return refused("transient", "unavailable");
  if (status === 429) return refused("transient", "rate-limited");
  if (status >= 400 && status < 500) return refused("permanent", "refused");
  return refused("transient", "unavailable");
}

function errorCode(answer: OktaAnswer): string {
  const body = objectOf(answer);
  const code = body["errorCode"] ?? body["error"];
  return typeof code === "string" ? code : "";
}

/** Okta answers a missing scope with a challenge (RFC 6750, section 3), and mostly with no body. */
function lacksScope(answer: OktaAnswer): boolean {
  return headerOf(answer, "www-authenticate").includes("insufficient_scope");
}

/** Okta tells a missing user from a missing group by its wording only. */
function missingResource(answer: OktaAnswer): "user-not-found" | "group-not-found" | "not-found" {
  const summary = String(objectOf(answer)["errorSummary"]);
  if (summary.endsWith("(User)")) return "user-not-found";
  if (summary.endsWith("(UserGroup)")) return "group-not-found";
  return "not-found";
}
