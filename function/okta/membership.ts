import type { AccessTokens } from "./access-token.ts";
import type { OktaAnswer, OktaSend } from "./client.ts";

/** What became of the wish to make a user a member. */
export type MembershipOutcome =
  | { readonly kind: "member" }
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
    | "not-permitted"
    | "token-refused"
    | "rate-limited"
    | "user-not-ready"
    | "unavailable"
    | "refused";
}

/** Makes a user a member of a group. Being one already is success: the call is idempotent. */
export type AddMember = (groupId: string, userId: string, signal: AbortSignal) => Promise<MembershipOutcome>;

/**
 * PUT /api/v1/groups/{groupId}/users/{userId} (Okta, "Groups API": assign a user to a group). A token that Okta does
 * not accept is replaced once.
 *
 * The call throws what the token or the connection throws when Okta was not reached.
 */
export function createAddMember(send: OktaSend, tokens: AccessTokens): AddMember {
  return async (groupId, userId, signal) => {
    const put = async () => {
      const token = await tokens.get(signal);
      const answer = await send({
        method: "PUT",
        path: `/api/v1/groups/${encodeURIComponent(groupId)}/users/${encodeURIComponent(userId)}`,
        headers: { authorization: `Bearer ${token}` },
        signal,
      });
      if (answer.status === 401) tokens.discard(token);
      return answer;
    };
    const first = await put();
    return classify(first.status === 401 ? await put() : first);
  };
}

/**
 * Tells what can be mended by waiting from what cannot. Rights count as mendable: a role or a scope that an
 * administrator took away comes back, and until then no sign-in may be lost.
 */
function classify(answer: OktaAnswer): MembershipOutcome {
  const { status, requestId } = answer;
  if (status >= 200 && status < 300) return { kind: "member" };
  const code = errorCode(answer);
  const permanent = (reason: Refusal["reason"]): MembershipOutcome => ({
    kind: "permanent",
    refusal: { status, code, requestId, reason },
  });
  const transient = (reason: Refusal["reason"]): MembershipOutcome => ({
    kind: "transient",
    refusal: { status, code, requestId, reason },
  });

  switch (code) {
    case "E0000007":
      return permanent(missingResource(answer));
    case "E0000038":
      return permanent("user-status");
    case "E0000060":
      return permanent("group-not-supported");
    case "E0000112":
      return transient("user-not-ready");
    case "E0000006":
    case "insufficient_scope":
      return transient("not-permitted");
  }
  if (status === 401) return transient("token-refused");
  if (status === 403) return transient("not-permitted");
  if (status === 408 || status === 409) return transient("unavailable");
  if (status === 429) return transient("rate-limited");
  if (status >= 400 && status < 500) return permanent("refused");
  return transient("unavailable");
}

function errorCode({ body }: OktaAnswer): string {
  const code = body["errorCode"] ?? body["error"];
  return typeof code === "string" ? code : "";
}

/** Okta tells a missing user from a missing group by its wording only. */
function missingResource({ body }: OktaAnswer): "user-not-found" | "group-not-found" | "not-found" {
  const summary = String(body["errorSummary"]);
  if (summary.endsWith("(User)")) return "user-not-found";
  if (summary.endsWith("(UserGroup)")) return "group-not-found";
  return "not-found";
}
