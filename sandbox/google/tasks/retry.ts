import type { RetryConfig } from "./settings.ts";

/**
 * How long to wait before the next attempt: doubles `maxDoublings` times, then grows by the same step, up to the
 * maximum (Cloud Tasks, Configure queues: retry parameters).
 * @param attempts attempts so far, at least 1
 */
export function backoffMilliseconds(config: RetryConfig, attempts: number): number {
  const retries = attempts - 1;
  const doubled = config.minBackoffMilliseconds * 2 ** Math.min(retries, config.maxDoublings);
  const steps = Math.max(0, retries - config.maxDoublings) + 1;
  return Math.min(doubled * steps, config.maxBackoffMilliseconds);
}

/**
 * Whether a task that failed is given up: only when its attempts and its time are both used up; a limit that is not
 * set does not hold it (Cloud Tasks, RetryConfig).
 */
export function isExhausted(config: RetryConfig, attempts: number, millisecondsSinceFirst: number): boolean {
  const unlimitedAttempts = config.maxAttempts === -1;
  const unlimitedTime = config.maxRetryMilliseconds === 0;
  if (unlimitedAttempts && unlimitedTime) return false;
  const attemptsUsed = unlimitedAttempts || attempts >= config.maxAttempts;
  const timeUsed = unlimitedTime || millisecondsSinceFirst >= config.maxRetryMilliseconds;
  return attemptsUsed && timeUsed;
}
