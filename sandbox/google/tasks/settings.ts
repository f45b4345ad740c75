import { invalidField } from "../errors.ts";
import { type Fields, formatDuration, optionalDuration } from "../fields.ts";
import { type HttpTarget, readHttpTarget } from "./http-request.ts";
import type { Answer } from "./send.ts";

/** How often and how many at once a queue dispatches (Cloud Tasks, RateLimits). */
export interface RateLimits {
  readonly maxDispatchesPerSecond: number;
  readonly maxBurstSize: number;
  readonly maxConcurrentDispatches: number;
}

/** When a task is tried again (Cloud Tasks, RetryConfig). `maxAttempts` -1 and `maxRetryMilliseconds` 0 are unlimited. */
export interface RetryConfig {
  readonly maxAttempts: number;
  readonly maxRetryMilliseconds: number;
  readonly minBackoffMilliseconds: number;
  readonly maxBackoffMilliseconds: number;
  readonly maxDoublings: number;
}

/** What a queue does. */
export interface QueueSettings {
  readonly rateLimits: RateLimits;
  readonly retryConfig: RetryConfig;
  readonly httpTarget: HttpTarget | undefined;
  /** The share of operations that are logged; nothing is logged here, so it is only kept. */
  readonly loggedRatio: number | undefined;
}

/** Reads the settings of a queue, with Cloud Tasks' defaults. @throws GoogleError naming the field that is wrong */
export function readSettings(body: Fields): QueueSettings {
  /**
   * @own There is no App Engine in the sandbox.
   */
  if (body.has("appEngineRoutingOverride")) {
    throw body.invalid("appEngineRoutingOverride", "only tasks with an HTTP target are dispatched here");
  }
  const loggedRatio = body.optionalObject("stackdriverLoggingConfig")?.optionalNumber("samplingRatio");
  /**
   * @decision A queue logs the fraction of its operations that samplingRatio says, from 0.0 to 1.0; others are refused.
   * @evidence documentation: Google Cloud, "Use Cloud Logging with queues" and Cloud Tasks REST API, StackdriverLoggingConfig
   * @matters misleading: the queues' own log, with the last attempt of a task that is given up, needs 1.0.
   */
  if (loggedRatio !== undefined && (loggedRatio < 0 || loggedRatio > 1)) {
    throw body.invalid("stackdriverLoggingConfig.samplingRatio", "must be from 0 to 1");
  }
  return {
    loggedRatio,
    rateLimits: readRateLimits(body.optionalObject("rateLimits")),
    retryConfig: readRetryConfig(body.optionalObject("retryConfig")),
    httpTarget: readHttpTarget(body.optionalObject("httpTarget")),
  };
}

/** The settings as the API answers them. */
export function describeSettings({
  rateLimits,
  retryConfig,
  httpTarget,
  loggedRatio,
}: QueueSettings): object {
  return {
    ...(loggedRatio === undefined ? {} : { stackdriverLoggingConfig: { samplingRatio: loggedRatio } }),
    rateLimits,
    retryConfig: {
      maxAttempts: retryConfig.maxAttempts,
      maxRetryDuration: formatDuration(retryConfig.maxRetryMilliseconds),
      minBackoff: formatDuration(retryConfig.minBackoffMilliseconds),
      maxBackoff: formatDuration(retryConfig.maxBackoffMilliseconds),
      maxDoublings: retryConfig.maxDoublings,
    },
    ...(httpTarget ? { httpTarget: httpTarget.raw } : {}),
  };
}

/**
 * @decision A queue dispatches up to 500 tasks a second and 5,000 at once; more, or none, is refused with 400.
 * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/tasks/v2/queue.proto, RateLimits: "The maximum
 * allowed value is 500", and 5,000 for the dispatches at once.
 * @matters deployment fails: the program checks its two settings against the same bounds.
 *
 * @decision The burst is a fifth of the rate, 10 at least: 100 for 500 a second.
 * @evidence documentation: the description of RateLimits.maxBurstSize in Cloud Tasks v2beta2
 * (https://docs.rs/google-cloudtasks2_beta2): "if rate is 1", 10, else a fifth of the rate; in v2 it says only that it is
 * chosen from the rate (googleapis/googleapis f8291d2, google/cloud/tasks/v2/queue.proto).
 * @matters late: how many sign-ins of a morning go to Okta at once.
 */
function readRateLimits(from: Fields | undefined): RateLimits {
  const maxDispatchesPerSecond = from?.optionalNumber("maxDispatchesPerSecond") ?? 500;
  const maxConcurrentDispatches = from?.optionalInteger("maxConcurrentDispatches") ?? 1000;
  if (maxDispatchesPerSecond <= 0 || maxDispatchesPerSecond > 500) {
    throw invalidField("queue.rateLimits.maxDispatchesPerSecond", "must be above 0 and at most 500");
  }
  if (maxConcurrentDispatches < 1 || maxConcurrentDispatches > 5000) {
    throw invalidField("queue.rateLimits.maxConcurrentDispatches", "must be from 1 to 5000");
  }
  // The service chooses the size of the burst from the rate: 100 for the default of 500 a second.
  const maxBurstSize = Math.max(10, Math.ceil(maxDispatchesPerSecond / 5));
  return { maxDispatchesPerSecond, maxBurstSize, maxConcurrentDispatches };
}

/**
 * @decision A queue tries a task 100 times, without an end in time, after 0.1 s to one hour, doubled 16 times, unless
 * it says otherwise.
 * @evidence assumed: these and the default rates, 500 a second and 1,000 at once, are those of a queue made by gcloud, from
 * memory; the API's description says only that Cloud Tasks picks them.
 * @show Read the queue with gcloud tasks queues describe: maxDoublings is 16.
 * @matters late: the program sets all but the doublings itself.
 *
 * @decision Attempts are 1 at least, or -1 for no limit; doublings are not negative, and the least pause is not above
 * the longest: others are refused with 400.
 * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/tasks/v2/queue.proto, RetryConfig:
 * max_attempts "must be >= -1", the retries "between min_backoff and max_backoff"; how the refusal reads is not
 * public.
 * @matters deployment fails: the program refuses the same settings in a preview.
 */
function readRetryConfig(from: Fields | undefined): RetryConfig {
  const config: RetryConfig = {
    maxAttempts: from?.optionalInteger("maxAttempts") ?? 100,
    maxRetryMilliseconds: from ? (optionalDuration(from, "maxRetryDuration") ?? 0) : 0,
    minBackoffMilliseconds: from ? (optionalDuration(from, "minBackoff") ?? 100) : 100,
    maxBackoffMilliseconds: from ? (optionalDuration(from, "maxBackoff") ?? 3_600_000) : 3_600_000,
    maxDoublings: from?.optionalInteger("maxDoublings") ?? 16,
  };
  if (config.maxAttempts < 1 && config.maxAttempts !== -1) {
    throw invalidField("queue.retryConfig.maxAttempts", "must be at least 1, or -1 for no limit");
  }
  if (config.maxDoublings < 0) throw invalidField("queue.retryConfig.maxDoublings", "must not be negative");
  if (config.minBackoffMilliseconds > config.maxBackoffMilliseconds) {
    throw invalidField("queue.retryConfig.minBackoff", "must not be above maxBackoff");
  }
  return config;
}

/**
 * How long to wait before the next attempt: doubles `maxDoublings` times, then grows by the same step, up to the
 * maximum (Cloud Tasks, Configure queues: retry parameters).
 * @param attempts attempts so far, at least 1
 */
export function backoffMilliseconds(config: Backoff, attempts: number): number {
  const retries = attempts - 1;
  const doubled = config.minBackoffMilliseconds * 2 ** Math.min(retries, config.maxDoublings);
  const steps = Math.max(0, retries - config.maxDoublings) + 1;
  return Math.min(doubled * steps, config.maxBackoffMilliseconds);
}

/** What of a configuration says how attempts spread. */
export type Backoff = Pick<RetryConfig, "minBackoffMilliseconds" | "maxBackoffMilliseconds" | "maxDoublings">;

/**
 * Whether a task that failed is given up: only when its attempts and its time are both used up; a limit that is not
 * set does not hold it (Cloud Tasks, RetryConfig).
 */
export function isExhausted(
  config: Pick<RetryConfig, "maxAttempts" | "maxRetryMilliseconds">,
  attempts: number,
  millisecondsSinceFirst: number,
): boolean {
  const unlimitedAttempts = config.maxAttempts === -1;
  const unlimitedTime = config.maxRetryMilliseconds === 0;
  if (unlimitedAttempts && unlimitedTime) return false;
  const attemptsUsed = unlimitedAttempts || attempts >= config.maxAttempts;
  const timeUsed = unlimitedTime || millisecondsSinceFirst >= config.maxRetryMilliseconds;
  return attemptsUsed && timeUsed;
}

/** The answers whose `Retry-After` counts (Cloud Tasks, HttpRequest: system throttling). */
const THROTTLING = new Set([429, 503]);

/**
 * How long the server that answered asks for no further request: seconds, or the time until a date (RFC 9110, 10.2.3); 0 when it
 * does not ask.
 * @param now in milliseconds since the epoch
 */
export function retryAfterMilliseconds(answer: Answer | undefined, now: number): number {
  const text = answer?.retryAfter?.trim() ?? "";
  if (!THROTTLING.has(answer?.status ?? 0) || text === "") return 0;
  const milliseconds = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : 0;
}
