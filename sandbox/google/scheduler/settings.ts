import { type Fields, formatDuration, optionalDuration } from "../fields.ts";
import { type HttpMethod, type OidcToken, readHttpMethod, readOidcToken } from "../tasks/http-request.ts";
import type { RetryConfig } from "../tasks/settings.ts";
import { readSchedule, type Schedule } from "./cron.ts";

/** What a job does. Times are milliseconds. */
export interface JobSettings {
  readonly schedule: Schedule;
  readonly attemptDeadline: number;
  readonly retry: RetryConfig;
  readonly target: JobTarget;
  /** As the API answers them. */
  readonly described: Readonly<Record<string, unknown>>;
}

/** The request that a job makes (Cloud Scheduler, HttpTarget). */
export interface JobTarget {
  readonly uri: string;
  readonly method: HttpMethod;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly oidcToken: OidcToken | undefined;
}

/** The user agent of a job's requests. */
export const USER_AGENT = "Google-Cloud-Scheduler";

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** What the service sets itself, whatever the job says (Cloud Scheduler, HttpTarget: headers). */
const REPLACED = /^(?:host|content-length|user-agent|x-google-.*|x-appengine-.*|x-cloudscheduler.*)$/i;

/** Reads a job, with Cloud Scheduler's defaults. @throws GoogleError naming the field that is wrong */
export function readJob(body: Fields): JobSettings {
  /**
   * @own Jobs with another target than HTTP are not run here: the product has none.
   */
  for (const key of ["pubsubTarget", "appEngineHttpTarget"]) {
    if (body.has(key)) throw body.invalid(key, "only jobs with an HTTP target are run here");
  }
  const schedule = body.string("schedule");
  const timeZone = body.optionalString("timeZone") ?? "Etc/UTC";
  const description = body.optionalString("description") ?? "";
  /**
   * @decision The description of a job has up to 500 characters; more is refused with 400.
   * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/scheduler/v1/job.proto, Job.description:
   * "must not contain more than 500 characters".
   * @matters sandbox only: the program's is far below it.
   */
  if (description.length > 500) throw body.invalid("description", "over 500 characters");
  const attemptDeadline = optionalDuration(body, "attemptDeadline") ?? 180 * SECOND;
  /**
   * @decision An attempt has from 15 s to 30 minutes, three minutes unless set; else it is refused with 400.
   * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/scheduler/v1/job.proto,
   * Job.attempt_deadline: "For HTTP targets, between 15 seconds and 30 minutes"; three minutes: the provider's
   * default, services/cloudscheduler/resource_cloud_scheduler_job.go.
   * @matters late: the program gives `reconcile` the time of its function.
   */
  if (attemptDeadline < 15 * SECOND || attemptDeadline > HOUR / 2) {
    throw body.invalid("attemptDeadline", "must be from 15s to 1800s");
  }
  const retryConfig = body.optionalObject("retryConfig");
  const retry = readRetry(retryConfig);
  const http = body.object("httpTarget");
  const target = readTarget(http);
  return {
    schedule: readSchedule(schedule, timeZone),
    attemptDeadline,
    retry,
    target,
    described: {
      ...(description === "" ? {} : { description }),
      schedule,
      timeZone,
      attemptDeadline: formatDuration(attemptDeadline),
      ...(retryConfig ? { retryConfig: describeRetry(retry) } : {}),
      httpTarget: describeTarget(http, target),
    },
  };
}

/**
 * `maxAttempts` counts the first one, as with Cloud Tasks; `retryCount` does not.
 *
 * @decision A job retries up to five times, after 5 s to one hour, doubled five times, unless set; wrong bounds are
 * refused with 400.
 * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/scheduler/v1/job.proto,
 * RetryConfig.retry_count: "Values greater than 5 and negative values are not allowed", min_backoff_duration 5
 * seconds, max_backoff_duration 1 hour, max_doublings 5.
 * @matters late: the program sets what it needs.
 */
function readRetry(from: Fields | undefined): RetryConfig {
  const retryCount = from?.optionalInteger("retryCount") ?? 0;
  if (retryCount < 0 || retryCount > 5) throw from?.invalid("retryCount", "must be from 0 to 5");
  const duration = (key: string, otherwise: number) => (from && optionalDuration(from, key)) ?? otherwise;
  const config = {
    maxAttempts: retryCount + 1,
    maxRetryMilliseconds: duration("maxRetryDuration", 0),
    minBackoffMilliseconds: duration("minBackoffDuration", 5 * SECOND),
    maxBackoffMilliseconds: duration("maxBackoffDuration", HOUR),
    maxDoublings: from?.optionalInteger("maxDoublings") ?? 5,
  };
  if (config.maxDoublings < 0) throw from?.invalid("maxDoublings", "must not be negative");
  if (config.minBackoffMilliseconds > config.maxBackoffMilliseconds) {
    throw from?.invalid("minBackoffDuration", "must not be above maxBackoffDuration");
  }
  return config;
}

function describeRetry(retry: RetryConfig): object {
  return {
    ...(retry.maxAttempts > 1 ? { retryCount: retry.maxAttempts - 1 } : {}),
    maxRetryDuration: formatDuration(retry.maxRetryMilliseconds),
    minBackoffDuration: formatDuration(retry.minBackoffMilliseconds),
    maxBackoffDuration: formatDuration(retry.maxBackoffMilliseconds),
    maxDoublings: retry.maxDoublings,
  };
}

/**
 * @decision A job calls an address that begins with http:// or https://, of up to 2,083 characters; another is
 * refused with 400.
 * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/scheduler/v1/target.proto, HttpTarget.uri:
 * "must begin with either \"http://\" or \"https://\""; "Cloud Scheduler may encode some characters for
 * compatibility. The maximum allowed URL length is 2083 characters after encoding".
 * @matters sandbox only: the address is the function's own.
 *
 * @decision A body is for POST, PUT and PATCH only; with another method it is refused with 400.
 * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/scheduler/v1/target.proto, HttpTarget.body: "A
 * request body is allowed only if the HTTP method is POST, PUT, or PATCH. It is an error to set body on a job with an
 * incompatible HttpMethod".
 * @matters sandbox only: the job POSTs.
 *
 * @own A job with an OAuth token is not run here: the product has none.
 */
function readTarget(http: Fields): JobTarget {
  if (http.has("oauthToken"))
    throw http.invalid("oauthToken", "OAuth tokens are for *.googleapis.com; use oidcToken");
  const uri = http.string("uri");
  if (!/^https?:\/\//.test(uri) || !URL.canParse(uri) || uri.length > 2083) {
    throw http.invalid("uri", "must be a URL that begins with http:// or https://");
  }
  const method = readHttpMethod(http) ?? "POST";
  const text = http.optionalString("body") ?? "";
  /**
   * @own Text that is not base64 is not a value of a field of bytes in JSON.
   */
  if (!BASE64.test(text)) throw http.invalid("body", "is not base64");
  const body = Buffer.from(text, "base64");
  if (body.length > 0 && method !== "POST" && method !== "PUT" && method !== "PATCH") {
    throw http.invalid("body", `a ${method} request can't have one`);
  }
  const own = Object.entries(http.strings("headers")).filter(([name]) => !REPLACED.test(name));
  const hasType = own.some(([name]) => name.toLowerCase() === "content-type");
  const type = body.length > 0 && !hasType ? { "Content-Type": "application/octet-stream" } : {};
  const headers = { ...Object.fromEntries(own), ...type, "User-Agent": USER_AGENT };
  return { uri, method, headers, body, oidcToken: readOidcToken(http) };
}

/** The target as the API answers it: the address with a path, the audience filled in. */
function describeTarget(http: Fields, { uri, method, headers, oidcToken }: JobTarget): object {
  return {
    ...http.raw,
    uri: new URL(uri).href,
    httpMethod: method,
    headers,
    ...(oidcToken ? { oidcToken: { ...oidcToken, audience: oidcToken.audience || uri } } : {}),
  };
}
