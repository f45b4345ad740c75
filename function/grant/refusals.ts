import { errorCodeOf, headerOf, type OktaAnswer, objectOf, requestIdOf } from "../shared/okta/client.ts";

/** How Okta, or something that answered in its place, refused to add a user. */
export interface Refusal {
  readonly status: number;
  /** Okta's error code, such as E0000007, or OAuth's, such as insufficient_scope; empty when the answer is not Okta's. */
  readonly code: string;
  readonly requestId: string;
  readonly reason: RefusalReason;
}

/** `refused`: Okta gave an unknown error. `foreign`: something other than Okta answered. */
export type RefusalReason =
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
  | "refused"
  | "foreign";

/**
 * Whether to try again. `permanent`: never. `missing`: Okta does not know the user or the group, which is permanent unless
 * they are so new that Okta does not know them everywhere yet. `transient`: later it may work, at the latest when an
 * administrator has fixed it.
 */
export type RefusalKind = "permanent" | "missing" | "transient";

type Meaning = readonly [kind: RefusalKind, reason: RefusalReason];

/**
 * The errors of Okta that are known, by status and code (Okta, "Error codes"; E0000060 for Everyone:
 * okta/terraform-provider-okta#903). Only they can end a task; everything else is retried. Missing rights count as transient:
 * a role or scope that an administrator took away comes back, and until then no sign-in may be lost.
 */
const known: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ["404 E0000007", ["missing", "not-found"]],
  ["403 E0000038", ["permanent", "user-status"]],
  ["501 E0000060", ["permanent", "group-not-supported"]],
  ["409 E0000112", ["transient", "user-not-ready"]],
  ["403 E0000006", ["transient", "role-missing"]],
  ["403 insufficient_scope", ["transient", "scope-missing"]],
  ["401 E0000005", ["transient", "token-refused"]],
  ["401 E0000011", ["transient", "token-refused"]],
  ["401 invalid_token", ["transient", "token-refused"]],
]);

/**
 * What an answer other than success means.
 *
 * 408, 429 and 5xx pass by themselves (RFC 9110, RFC 6585), so they need no error code.
 */
export function readRefusal(answer: OktaAnswer): { readonly kind: RefusalKind; readonly refusal: Refusal } {
  const { status } = answer;
  const code = errorCodeOf(answer);
  const [kind, reason] = meaningOf(answer, code);
  return { kind, refusal: { status, code: code ?? "", requestId: requestIdOf(answer), reason } };
}

function meaningOf(answer: OktaAnswer, code: string | undefined): Meaning {
  const { status } = answer;
  const challenge = challengeOf(answer);
  if (status === 403 && challenge === "insufficient_scope") return ["transient", "scope-missing"];
  const meaning = known.get(`${status} ${code}`);
  if (meaning?.[1] === "not-found") return ["missing", missingResource(answer)];
  if (meaning !== undefined) return meaning;
  if (status === 429) return ["transient", "rate-limited"];
  if (status === 408 || status >= 500) return ["transient", "unavailable"];
  if (status === 401 && challenge !== undefined) return ["transient", "token-refused"];
  return ["transient", code === undefined ? "foreign" : "refused"];
}

/**
 * The error of a challenge to a bearer of tokens (RFC 6750, section 3), or an empty text without one. A missing scope and a
 * missing role have the same error code; the challenge distinguishes them.
 */
function challengeOf(answer: OktaAnswer): string | undefined {
  const challenge = headerOf(answer, "www-authenticate");
  if (!/^(Bearer|DPoP)\b/i.test(challenge)) return undefined;
  return /\berror="?([a-z_]+)/.exec(challenge)?.[1] ?? "";
}

/** Okta distinguishes a missing user from a missing group only by its wording. */
function missingResource(answer: OktaAnswer): RefusalReason {
  const summary = String(objectOf(answer)["errorSummary"]);
  if (summary.endsWith("(User)")) return "user-not-found";
  if (summary.endsWith("(UserGroup)")) return "group-not-found";
  return "not-found";
}
