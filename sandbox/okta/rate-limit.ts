/** The length of a window. It begins with the first request in it, not on the minute. */
const WINDOW_MILLISECONDS = 60_000;

/** An OAuth app may use this part of each bucket, so that no app starves the org. */
const SHARE_OF_ONE_APP = 0.5;

/** A group of calls that share one limit per window. */
interface Bucket {
  readonly name: string;
  readonly limit: number;
}

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
}

/** Okta's limits for Workforce orgs (Okta, "Rate limits": management and end-user APIs), kept by the given clock. */
export function createRateLimiter(now: () => number): RateLimiter {
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
    take(method, path, appId) {
      const bucket = bucketOf(method, path);
      if (bucket === undefined) return undefined;
      const counters = [look(bucket.name, bucket.limit)];
      if (appId !== undefined) {
        counters.push(look(`${bucket.name} of ${appId}`, Math.floor(bucket.limit * SHARE_OF_ONE_APP)));
      }
      const allowed = counters.every(({ window, limit }) => window.used < limit);
      if (allowed) for (const { window } of counters) window.used += 1;
      const [tightest] = counters
        .map(({ window, limit }) => ({
          allowed,
          limit,
          remaining: limit - window.used,
          reset: Math.ceil((window.startedAt + WINDOW_MILLISECONDS) / 1000),
        }))
        .sort((one, other) => one.remaining - other.remaining);
      return tightest;
    },
  };
}

function bucketOf(method: string, path: string): Bucket | undefined {
  if (path === "/oauth2/v1/token") return { name: "token", limit: 2000 };
  if (path.startsWith("/oauth2/v1/clients")) return { name: "clients", limit: 100 };
  if (/^\/api\/v1\/groups\/[^/]+$/.test(path)) return { name: "one group", limit: 1000 };
  if (/^\/api\/v1\/groups(\/|$)/.test(path)) return { name: "groups", limit: 500 };
  if (method === "GET" && /^\/api\/v1\/users\/[^/]+$/.test(path)) return { name: "one user", limit: 2000 };
  if (path === "/api/v1/logs") return { name: "logs", limit: 120 };
  if (path.startsWith("/api/v1/")) return { name: "other", limit: 1200 };
  return undefined;
}
