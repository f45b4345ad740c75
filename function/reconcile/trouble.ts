import { GoogleApiError } from "../google/api.ts";
import { NoBucketError } from "../google/object-store.ts";
import type { LogFields } from "../log.ts";
import { TokenError } from "../okta/access-token.ts";
import { RateLimitError } from "../okta/rate-limit.ts";
import { SystemLogError } from "../okta/system-log.ts";
import { NotQueuedError } from "./page.ts";
import { NoNextLinkError } from "./poll.ts";

/** Why a run did not get through, worded for the log. The next run goes on where this one stopped. */
export interface Trouble {
  /** An error is for a person to mend; a warning passes. */
  readonly severity: "warning" | "error";
  readonly message: string;
  readonly fields: LogFields;
  /** When it may do, in seconds. */
  readonly retryAfter?: number;
}

/** The run's time was up before it had ended. */
export class OutOfTimeError extends Error {
  override readonly name = "OutOfTimeError";
}

const OKTA_REMEDY =
  'The service app of reconcile lacks its scope okta.logs.read, its role REPORT_ADMIN or its key. Run "pulumi up --refresh" to give them again.';

const GOOGLE_REMEDY =
  'The service account of reconcile lacks a right, or what it works with is gone. Run "pulumi up --refresh" to make it again.';

const BUCKET_REMEDY =
  'Run "pulumi up --refresh" to make a new bucket, or restore this one. Then reconcile reads the System Log again from an earlier moment on, and says which replay makes up for the rest, if any.';

/** Tells what a person has to mend from what passes. Nothing of what was sent or read is in it. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof SystemLogError) return ofSystemLog(error);
  if (error instanceof TokenError) {
    const { status, code, requestId } = error;
    const passes = status === 429 || status >= 500;
    return oktaTrouble(passes ? "unavailable" : "not-permitted", {
      fault: "token-refused",
      status,
      code,
      requestId,
    });
  }
  if (error instanceof RateLimitError) {
    const retryAfter = Math.ceil(error.retryAfter / 1000);
    const message = "Okta's rate limit leaves no room in time; the next run reads on.";
    return { severity: "warning", message, fields: { seconds: retryAfter }, retryAfter };
  }
  if (error instanceof NotQueuedError) {
    const { failed, reasons } = error;
    const message = "Could not queue every task of a page; it is read again.";
    return { severity: "error", message, fields: { failed, reasons } };
  }
  if (error instanceof NoNextLinkError) {
    const message =
      "Okta's System Log can't be read on; the next run begins again from an earlier moment on.";
    return { severity: "error", message, fields: { reason: error.message } };
  }
  if (error instanceof NoBucketError) {
    const message = "The state bucket is gone; nothing is read until there is one.";
    return {
      severity: "error",
      message,
      fields: { fault: "bucket-gone", bucket: error.bucket, remedy: BUCKET_REMEDY },
    };
  }
  if (error instanceof GoogleApiError) {
    const isForPerson = error.status === 401 || error.status === 403 || error.status === 404;
    const remedy = isForPerson ? { remedy: GOOGLE_REMEDY } : {};
    const message = "Google Cloud refused a call; the next run tries again.";
    return {
      severity: isForPerson ? "error" : "warning",
      message,
      fields: { reason: error.message, ...remedy },
    };
  }
  if (error instanceof OutOfTimeError || isUnreached(error)) {
    const message = "Something did not answer in time; the next run tries again.";
    return { severity: "warning", message, fields: { reason: error.message } };
  }
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : "unknown";
  return {
    severity: "error",
    message: "A run failed unexpectedly; the next one tries again.",
    fields: { reason },
  };
}

function ofSystemLog({ kind, status, code, requestId }: SystemLogError): Trouble {
  const fields = { status, code, requestId };
  if (kind !== "refused") return oktaTrouble(kind, fields);
  return { severity: "error", message: "Okta refuses to read its System Log by this query.", fields };
}

function oktaTrouble(kind: "not-permitted" | "unavailable", fields: LogFields): Trouble {
  if (kind === "unavailable") {
    const message = "Okta did not give its System Log; the next run tries again.";
    return { severity: "warning", message, fields };
  }
  return {
    severity: "error",
    message: "Okta does not let reconcile read its System Log.",
    fields: { fault: "not-permitted", ...fields, remedy: OKTA_REMEDY },
  };
}

/** What fetch, its sockets and its signals throw when nobody answers (Node.js, "Errors": error.code). */
function isUnreached(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  if (error.name === "AbortError" || error.name === "TimeoutError") return true;
  return hasCode(error) || hasCode(error.cause);
}

function hasCode(value: unknown): boolean {
  return value instanceof Error && "code" in value && typeof value.code === "string";
}
