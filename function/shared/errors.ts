/*
 * The errors that the functions expect. Each has a `code` that stays the same when its message changes. A message names no
 * secret, no token and nothing that was sent. The errors of conditions stand in conditions/, since they are bundled apart.
 */

/** What all of them have. It is not exported, so that `FunctionError` names every class that extends it. */
abstract class ErrorWithCode extends Error {
  abstract readonly code: string;
}

/** An error that the functions expect, by its `code`. */
export type FunctionError =
  | RequestError
  | EnvelopeError
  | ConfigError
  | MetadataError
  | (GoogleApiError & { readonly code: "google-refused" })
  | NoBucketError
  | SigningKeyError
  | ObjectChangedError
  | TokenError
  | RateLimitError
  | ForeignLinkError
  | MemberListError
  | SystemLogError
  | NoNextLinkError
  | NotQueuedError
  | OutOfTimeError
  | ReplayError;

/** Whether an error is one that the functions expect; its `code` then says which. */
export function isFunctionError(error: unknown): error is FunctionError {
  return error instanceof ErrorWithCode;
}

/** A request that cannot be served; the status and the message go to the caller. */
export class RequestError extends ErrorWithCode {
  override readonly name = "RequestError";
  override readonly code = "request-refused";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** A body is not a delivery of an event hook; the message names the fault. */
export class EnvelopeError extends ErrorWithCode {
  override readonly name = "EnvelopeError";
  override readonly code = "invalid-delivery";
}

/** A function was started without variables that it needs; the message names each of them, and no value. */
export class ConfigError extends ErrorWithCode {
  override readonly name = "ConfigError";
  override readonly code = "invalid-config";
}

/** The metadata server gave no token. The message holds the status at most. */
export class MetadataError extends ErrorWithCode {
  override readonly name = "MetadataError";
  override readonly code = "no-google-token";
}

/** Google refused a call. The message names the call, the status and the reason. */
export class GoogleApiError extends ErrorWithCode {
  override readonly name: string = "GoogleApiError";
  override readonly code: "google-refused" | "bucket-missing" | "signing-key-unusable" = "google-refused";
  readonly status: number;
  /**
   * Google's own code, such as ALREADY_EXISTS (Google AIP-193), or notFound from Cloud Storage. Empty when the answer is not
   * Google's: then something in between answered, and the status says nothing about what was called.
   */
  readonly reason: string;

  constructor(call: string, status: number, reason: string) {
    super(`${call}: ${status} ${reason === "" ? "in an answer that is not Google's" : reason}`);
    this.status = status;
    this.reason = reason;
  }
}

/**
 * The bucket is missing, or the function lacks the right to it: Cloud Storage answers 403 for a missing one, too, unless a
 * right to it comes from elsewhere (googleapis/java-storage issue 1372). With such a right, a read of a missing bucket is
 * answered like that of a missing object, and only a write reports that the bucket is missing.
 */
export class NoBucketError extends GoogleApiError {
  override readonly name = "NoBucketError";
  override readonly code = "bucket-missing";
  readonly bucket: string;

  constructor(bucket: string, call: string, status: number, reason: string) {
    super(call, status, reason);
    this.bucket = bucket;
  }
}

/** The key cannot sign until an administrator fixes it. */
export class SigningKeyError extends GoogleApiError {
  override readonly name = "SigningKeyError";
  override readonly code = "signing-key-unusable";
  /** What to do, with the command. */
  readonly remedy: string;

  constructor(status: number, reason: string, remedy: string) {
    super("Cloud KMS asymmetricSign", status, reason);
    this.remedy = remedy;
  }
}

/** Another run wrote or deleted the object. */
export class ObjectChangedError extends ErrorWithCode {
  override readonly name = "ObjectChangedError";
  override readonly code = "object-changed";
}

/** Okta's token endpoint refused. The message holds Okta's error code. */
export class TokenError extends ErrorWithCode {
  override readonly name = "TokenError";
  override readonly code = "no-okta-token";
  /**
   * `refused`: Okta does not accept the service app, its key or its scope, until an administrator fixes it. `foreign`:
   * something that is not Okta answered. `unavailable`: later it may work.
   */
  readonly kind: "refused" | "foreign" | "unavailable";
  readonly status: number;
  /** OAuth's error code, such as invalid_client, or Okta's, such as E0000047; "without a code" when there is none. */
  readonly oktaCode: string;
  readonly requestId: string;

  constructor(status: number, oktaCode: string | undefined, requestId: string) {
    super(`Okta's token endpoint refused: ${status} ${oktaCode ?? "without a code"}`);
    this.kind = tokenErrorKind(status, oktaCode);
    this.status = status;
    this.oktaCode = oktaCode ?? "without a code";
    this.requestId = requestId;
  }
}

/** 408, 429 and 5xx pass by themselves (RFC 9110, RFC 6585), so they are not a refusal, whichever server answers with them. */
function tokenErrorKind(status: number, oktaCode: string | undefined): TokenError["kind"] {
  if (status === 408 || status === 429 || status >= 500) return "unavailable";
  if (oktaCode === undefined) return "foreign";
  return oktaCode === "server_error" || oktaCode === "temporarily_unavailable" ? "unavailable" : "refused";
}

/** Okta's rate limit has no room before the request's deadline. */
export class RateLimitError extends ErrorWithCode {
  override readonly name = "RateLimitError";
  override readonly code = "rate-limited";
  /** When there may be room, in milliseconds from now. */
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    super("Okta's rate limit leaves no room in time.");
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * A next link leads away from the org, where following it would send the access token to somebody else, or from the list,
 * where something else would be taken for a part of it.
 */
export class ForeignLinkError extends ErrorWithCode {
  override readonly name = "ForeignLinkError";
  override readonly code = "foreign-link";
}

/** Okta gave no page of a group's members. */
export class MemberListError extends ErrorWithCode {
  override readonly name = "MemberListError";
  override readonly code = "no-member-page";
  /**
   * `refused`: asking again soon would not help. `lost`: Okta no longer knows the position in the list, so the list has to be
   * read from its beginning. `unavailable`: the same page may come later.
   */
  readonly kind: "refused" | "lost" | "unavailable";

  constructor(kind: MemberListError["kind"], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Okta gave no page of the System Log. The message holds status and error code. */
export class SystemLogError extends ErrorWithCode {
  override readonly name = "SystemLogError";
  override readonly code = "no-log-page";
  /**
   * `refused`: Okta will never answer this query or link. `not-permitted`: the service app lacks scope or role. `foreign`:
   * something that is not Okta answered. `unavailable`: later it may work.
   */
  readonly kind: "refused" | "not-permitted" | "foreign" | "unavailable";
  readonly status: number;
  /** Okta's error code; empty when there is none. */
  readonly oktaCode: string;
  readonly requestId: string;

  constructor(
    kind: SystemLogError["kind"],
    answer: { readonly status: number; readonly oktaCode: string; readonly requestId: string },
  ) {
    super(`Okta's System Log: ${answer.status} ${answer.oktaCode}`.trimEnd());
    this.kind = kind;
    this.status = answer.status;
    this.oktaCode = answer.oktaCode;
    this.requestId = answer.requestId;
  }
}

/** Okta's page of the System Log had no next link that can be followed. */
export class NoNextLinkError extends ErrorWithCode {
  override readonly name = "NoNextLinkError";
  override readonly code = "no-next-link";
}

/** Not every task of a page is in the queue. */
export class NotQueuedError extends ErrorWithCode {
  override readonly name = "NotQueuedError";
  override readonly code = "not-queued";
  readonly failed: number;
  readonly reasons: readonly string[];

  constructor(failed: number, of: number, reasons: readonly string[]) {
    super(`${failed} of ${of} tasks of a page could not be queued.`);
    this.failed = failed;
    this.reasons = reasons;
  }
}

/** A run's time was up before it had ended. */
export class OutOfTimeError extends ErrorWithCode {
  override readonly name = "OutOfTimeError";
  override readonly code = "out-of-time";
}

/** A replay cannot go on, whatever is retried. */
export class ReplayError extends ErrorWithCode {
  override readonly name = "ReplayError";
  override readonly code = "replay-failed";
}
