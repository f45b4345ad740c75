import type { Deadline } from "../clock.ts";
import { isObject, type JsonObject } from "../json.ts";

/** A complete answer of Okta. */
export interface OktaAnswer {
  readonly status: number;
  /** By name in lower case; a header that came more than once is a list. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The JSON of the body; undefined when there is none. */
  readonly body: unknown;
  /** The body is longer than the connection's `maximumAnswerBytes`, so it was not read. Status and headers are known. */
  readonly isTooLarge?: boolean;
}

/** The part of the rate limit that requests of one kind take, so that others of this app have room. */
export interface RateLimitShare {
  /** Such as `list`. */
  readonly kind: string;
  /** The part of each window, 0 to 1, that requests of this kind take at most. */
  readonly most: () => number;
}

/** One request to Okta, relative to the org. */
export interface OktaRequest {
  readonly method: "GET" | "POST" | "PUT";
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly deadline: Deadline;
  /** Without one, the request may use all that is left. */
  readonly share?: RateLimitShare;
  /** Aborted when the request is no longer needed. A request that is already sent continues. */
  readonly needless?: AbortSignal;
}

/** Sends a request to the org; throws when Okta is not reached in time. */
export type OktaTransport = (request: OktaRequest) => Promise<OktaAnswer>;

/** What connections to the org are used for. */
export interface ConnectionUse {
  /** How many calls may be under way at once. */
  readonly connections: number;
  /** How much of an answer is read, in bytes. */
  readonly maximumAnswerBytes: number;
  /** How long an answer may take to start, and how long it may pause, in milliseconds. */
  readonly answerTimeoutMs: number;
}

/** The value of a header, the first one if it came more than once. Empty when absent. */
export function headerOf({ headers }: Pick<OktaAnswer, "headers">, name: string): string {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? "";
}

/** How Okta's APIs write their own errors (Okta, "Error codes"). */
const OKTA_CODE = /^E\d{7}$/;

/**
 * OAuth's errors that Okta gives (Okta, "OAuth 2.0 error codes"; RFC 6749, section 5.2; RFC 6750, section 3.1). A list, since
 * other servers also have an `error` in their JSON.
 */
const oauthCodes: ReadonlySet<string> = new Set([
  "access_denied",
  "consent_required",
  "insufficient_scope",
  "invalid_client",
  "invalid_dpop_proof",
  "invalid_grant",
  "invalid_request",
  "invalid_scope",
  "invalid_token",
  "missing_scopes",
  "server_error",
  "temporarily_unavailable",
  "unauthorized_client",
  "unsupported_grant_type",
  "use_dpop_nonce",
]);

/**
 * The error code of an answer of Okta's: of its APIs, such as E0000007, or OAuth's, such as invalid_client. Undefined when the
 * answer has none: then it may come from something between the function and Okta, and its status says nothing about the
 * request.
 */
export function errorCodeOf(answer: Pick<OktaAnswer, "body">): string | undefined {
  const { errorCode, error } = objectOf(answer);
  if (typeof errorCode === "string" && OKTA_CODE.test(errorCode)) return errorCode;
  return typeof error === "string" && oauthCodes.has(error) ? error : undefined;
}

/** Whether Okta itself refused, and nothing in between. */
export function isOktaError(answer: Pick<OktaAnswer, "body">): boolean {
  return errorCodeOf(answer) !== undefined;
}

/** The remedy when something between the function and Okta answers. */
export const FOREIGN_REMEDY =
  "A proxy, a firewall or a content delivery network gave this answer, since it has no error code of Okta's. Find it by status and time, and let the function's calls to the org through.";

/** Okta's own id of the request, for its support; empty when absent. */
export function requestIdOf(answer: OktaAnswer): string {
  return headerOf(answer, "x-okta-request-id");
}

/** The body's object; an empty one when the body is not an object. */
export function objectOf({ body }: Pick<OktaAnswer, "body">): JsonObject {
  return isObject(body) ? body : {};
}
