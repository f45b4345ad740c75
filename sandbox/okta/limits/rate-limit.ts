import type { Bucket, Limits } from "../model/limits.ts";

/**
 * The length of a window. It begins with the first request in it, not on the minute.
 *
 * @decision A window lasts 60 seconds and does not begin on the minute.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/reference/rate-limits.
 * @matters late: `grant` waits until the reset that the headers name.
 *
 * @decision A window begins with the first call in it.
 * @evidence assumed: the documentation says only that windows are not those of the clock.
 * @show nothing that the product needs.
 * @matters sandbox only: `grant` goes by the reset alone.
 */
const WINDOW_MILLISECONDS = 60_000;

/**
 * An OAuth app may use this part of each bucket, so that no app starves the org.
 *
 * @decision One OAuth app may use half of a bucket unless an administrator set another share.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/reference/rl2-token-oauth. It holds for an API token
 *   too, and is recorded for one (okta-sdk-python, see below); the sandbox limits apps only.
 * @matters late: docs/benchmarks.md reckons with half.
 */
const SHARE_OF_ONE_APP = 0.5;

/** What is left of a limit. */
export interface Allowance {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** When the window ends, in whole seconds since the epoch. */
  readonly reset: number;
}

/** Counts calls. */
export interface RateLimiter {
  /**
   * Counts one call.
   *
   * @param appId the OAuth app that calls, if it is one
   * @returns what is left of the tighter limit, or undefined when the path has none
   */
  take(method: string, path: string, appId: string | undefined): Allowance | undefined;
  /** Uses up the bucket of such a call for everybody, until its window ends. */
  exhaust(method: string, path: string): void;
}

/** The limits a minute (Okta, "Rate limits"), kept by the given clock. */
export function createRateLimiter(now: () => number, { rates }: Limits): RateLimiter {
  const windows = new Map<string, { readonly startedAt: number; used: number }>();

  const look = (key: string, limit: number) => {
    let window = windows.get(key);
    if (window === undefined || now() >= window.startedAt + WINDOW_MILLISECONDS) {
      window = { startedAt: now(), used: 0 };
      windows.set(key, window);
    }
    return { window, limit };
  };

  return {
    /**
     * @decision The headers tell of the tighter of the caller's share and the org's bucket.
     * @evidence recorded: okta/okta-sdk-python v3.4.4, tests/integration/cassettes/test_users_it/…test_list_user_groups
     *   (50 for members, where the documentation of the free plan has 100 for the org); documentation:
     *   docs/reference/rl2-monitor ("applicable for the current request").
     * @matters late: `grant` paces itself by its own share.
     *
     * @decision A call that is refused by one limit does not count in the other.
     * @evidence assumed: not documented.
     * @show nothing that the product needs.
     * @matters sandbox only: `grant` waits for the reset in either case.
     */
    take(method, path, appId) {
      const bucket = bucketOf(method, path);
      if (bucket === undefined) return undefined;
      const counters = [look(bucket, rates[bucket])];
      if (appId !== undefined) {
        counters.push(look(`${bucket} of ${appId}`, Math.floor(rates[bucket] * SHARE_OF_ONE_APP)));
      }
      const allowed = counters.every(({ window, limit }) => window.used < limit);
      if (allowed) for (const { window } of counters) window.used += 1;
      const [tightest] = counters
        .map(({ window, limit }) => ({
          allowed,
          limit,
          remaining: Math.max(limit - window.used, 0),
          reset: Math.ceil((window.startedAt + WINDOW_MILLISECONDS) / 1000),
        }))
        .sort((one, other) => one.remaining - other.remaining);
      return tightest;
    },
    exhaust(method, path) {
      const bucket = bucketOf(method, path);
      if (bucket !== undefined) look(bucket, rates[bucket]).window.used = rates[bucket];
    },
  };
}

/**
 * The bucket that a call counts in: the one whose path fits most closely. Undefined when it counts in none.
 *
 * @decision Adding and listing members counts in the bucket of /api/v1/groups, with creating and listing groups; only
 *   /api/v1/groups/{id} itself has another.
 * @evidence recorded: okta/okta-sdk-python v3.4.4,
 *   tests/integration/cassettes/test_groups_it/…test_group_users_operations (one counter falls from 483 to 479 over
 *   POST groups, PUT, GET and DELETE members; the DELETE of the group shows the other limit).
 * @matters late: `grant` leaves part of this bucket to others.
 */
export function bucketOf(method: string, path: string): Bucket | undefined {
  if (path === "/oauth2/v1/token") return "token";
  if (path.startsWith("/oauth2/v1/clients")) return "clients";
  if (/^\/api\/v1\/groups\/[^/]+$/.test(path)) return "group";
  if (/^\/api\/v1\/groups(\/|$)/.test(path)) return "groups";
  if (method === "GET" && /^\/api\/v1\/users\/[^/]+$/.test(path)) return "user";
  if (path === "/api/v1/logs") return "logs";
  if (path.startsWith("/api/v1/")) return "other";
  return undefined;
}
