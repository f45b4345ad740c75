import { type GoogleApiError, isFunctionError, type SystemLogError } from "../shared/errors.ts";
import type { LogFields } from "../shared/log.ts";
import { FOREIGN_REMEDY } from "../shared/okta/client.ts";

/** Why a run failed. The next run continues where this one stopped. */
export interface ClassifiedError {
  /** What is wrong, in a word, such as `bucket-gone`. */
  readonly fault: string;
  /** The same in a sentence. */
  readonly message: string;
  /** What to do when it lasts. */
  readonly remedy: string;
  /** How long it may last before it is an error, in milliseconds: for faults that often pass by themselves. */
  readonly toleratedMs?: number;
  readonly fields: LogFields;
  /** When the run may be tried again, in seconds. */
  readonly retryAfterSeconds?: number;
}

/** Six polls of the default schedule, in milliseconds. */
const TOLERATED_MS = 30 * 60_000;

const unavailable = {
  fault: "okta-unavailable",
  message: "Okta did not give its System Log; the next run retries.",
  remedy: "See https://status.okta.com. If Okta works, show its support the requestId.",
  toleratedMs: TOLERATED_MS,
};

const foreign = {
  fault: "foreign",
  message: "Something other than Okta answers in its place; the next run retries.",
  remedy: FOREIGN_REMEDY,
};

const notPermitted = {
  fault: "not-permitted",
  message: "Okta does not let reconcile read its System Log.",
  remedy:
    'The service app of reconcile lacks its scope okta.logs.read, its role REPORT_ADMIN or its key. Run "pulumi up --refresh" to give them again.',
};

/** Why an error ended the run. Holds nothing of what was sent or read. */
export function classifyError(error: unknown): ClassifiedError {
  if (!isFunctionError(error)) return isUnreached(error) ? ofUnreached(error) : ofUnexpected(error);
  switch (error.code) {
    case "no-log-page":
      return ofSystemLog(error);
    case "no-okta-token": {
      const { kind, status, oktaCode: code, requestId } = error;
      const known = { refused: { ...notPermitted, fault: "token-refused" }, foreign, unavailable }[kind];
      return { ...known, fields: { status, code, requestId } };
    }
    case "rate-limited": {
      const retryAfterSeconds = Math.ceil(error.retryAfterMs / 1000);
      return {
        fault: "rate-limit-used-up",
        message: "Okta's rate limit leaves no room in time; the next run reads on.",
        remedy:
          "Other clients use up the rate limit of the System Log. Find them in Okta's Admin Console under Reports > Rate Limits, and slow them down; or lower rateLimitReservePercent, or ask Okta for a higher limit.",
        toleratedMs: TOLERATED_MS,
        fields: { seconds: retryAfterSeconds },
        retryAfterSeconds,
      };
    }
    case "no-next-link":
      return {
        fault: "no-next-link",
        message: "Okta's System Log gives no next page; the next run starts again from an earlier time.",
        remedy:
          "If it lasts, show Okta's support that GET /api/v1/logs returns no next link that can be followed.",
        fields: { reason: error.message },
      };
    case "not-queued": {
      const { failed, reasons } = error;
      return {
        fault: "not-queued",
        message: "Could not queue every task of a page; it is read again.",
        remedy: `The reasons say what Cloud Tasks answered. ${GOOGLE_REMEDY}`,
        toleratedMs: TOLERATED_MS,
        fields: { failed, reasons },
      };
    }
    case "bucket-missing":
      return {
        fault: "bucket-gone",
        message:
          "The state bucket is gone, or reconcile may not use it; nothing is read until that is fixed.",
        remedy:
          'Run "pulumi up --refresh", which grants the permission again or makes a new bucket; a deleted one can be restored, too (docs/replay.md). After a loss, reconcile reads the System Log again from an earlier time, and logs the replay command for the rest, if any.',
        fields: { bucket: error.bucket },
      };
    case "signing-key-unusable":
      return {
        fault: "signing-key-unusable",
        message: "The signing key of reconcile cannot be used, so Okta gives no token; the next run retries.",
        remedy: error.remedy,
        fields: { reason: error.message },
      };
    case "google-refused":
      return ofGoogle(error);
    case "out-of-time":
      return ofUnreached(error);
    default:
      return ofUnexpected(error);
  }
}

function ofSystemLog({ kind, status, oktaCode: code, requestId }: SystemLogError): ClassifiedError {
  const fields = { status, code, requestId };
  switch (kind) {
    case "unavailable":
      return { ...unavailable, fields };
    case "foreign":
      return { ...foreign, fields };
    case "not-permitted":
      return { ...notPermitted, fields };
    case "refused":
      return {
        fault: "query-refused",
        message: "Okta refuses this query of its System Log.",
        remedy:
          "Look the code up at https://developer.okta.com/docs/reference/error-codes/, and the requestId in the org's System Log.",
        fields,
      };
  }
}

function ofGoogle({ status, message }: GoogleApiError): ClassifiedError {
  const isForPerson = status === 401 || status === 403 || status === 404;
  return {
    fault: isForPerson ? "google-refused" : "google-unavailable",
    message: "Google Cloud refused a call; the next run retries.",
    remedy: isForPerson ? GOOGLE_REMEDY : "See https://status.cloud.google.com.",
    ...(isForPerson ? {} : { toleratedMs: TOLERATED_MS }),
    fields: { reason: message },
  };
}

const GOOGLE_REMEDY =
  'The service account of reconcile lacks a permission, or a resource that it uses is gone. Run "pulumi up --refresh" to make it again.';

function ofUnreached({ message }: Error): ClassifiedError {
  return {
    fault: "unreached",
    message: "Something did not answer in time; the next run retries.",
    remedy:
      "The reason says what did not answer. Check the function's way out (VPC, firewall, DNS), https://status.okta.com and https://status.cloud.google.com.",
    toleratedMs: TOLERATED_MS,
    fields: { reason: message },
  };
}

function ofUnexpected(error: unknown): ClassifiedError {
  return {
    fault: "unexpected",
    message: "A run failed unexpectedly; the next one retries.",
    remedy: "This is an error of signin-groups. Report it with the reason.",
    fields: { reason: error instanceof Error ? `${error.name}: ${error.message}` : "unknown" },
  };
}

/** Whether fetch, a socket or a signal threw it because nobody answered (Node.js, "Errors": error.code). */
function isUnreached(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  if (error.name === "AbortError" || error.name === "TimeoutError") return true;
  return hasCode(error) || hasCode(error.cause);
}

function hasCode(value: unknown): boolean {
  return value instanceof Error && "code" in value && typeof value.code === "string";
}
