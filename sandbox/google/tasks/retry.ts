import type { Answer } from "./send.ts";
import type { RetryConfig } from "./settings.ts";

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
 * How long the one who answered asks to be left alone: seconds, or the time until a date (RFC 9110, 10.2.3); 0 when it
 * does not ask.
 * @param now in milliseconds since the epoch
 */
export function retryAfterMilliseconds(answer: Answer | undefined, now: number): number {
  const text = answer?.retryAfter?.trim() ?? "";
  if (!THROTTLING.has(answer?.status ?? 0) || text === "") return 0;
  const milliseconds = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : 0;
}
