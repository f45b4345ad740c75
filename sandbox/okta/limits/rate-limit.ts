import type { MiddlewareHandler } from "hono";
import { authenticate, principalName } from "../auth/access-control.ts";
import { troubleOf } from "../faults/calls.ts";
import { errorResponse, OktaError, tooManyRequests } from "../http/errors.ts";
import type { Principal, RouteContext, RouteEnvironment } from "../http/routes.ts";
import type { Bucket, Limits } from "../model/limits.ts";
import type { Org } from "../model/org.ts";

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
 * @matters sandbox only: `grant` uses only the reset.
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

/** How full a limit is. */
export interface Window {
  /** Such as `groups`, or `groups of 0oa…` for the share of an app. */
  readonly name: string;
  readonly limit: number;
  readonly used: number;
  /** When it ends, in milliseconds since the epoch. */
  readonly ends: number;
}

/** Counts calls. */
export interface RateLimiter {
  /** The windows that have not ended. */
  windows(): readonly Window[];
  /**
   * Counts one call.
   *
   * @param appId the OAuth app that calls, if it is one
   * @returns what is left of the tighter limit, or undefined when the path has none
   */
  take(method: string, path: string, appId: string | undefined): Allowance | undefined;
  /** Begins every window anew. */
  restore(): void;
  /** Uses up the bucket of such a call for everybody, until its window ends. */
  exhaust(method: string, path: string): void;
}

/** The limits a minute (Okta, "Rate limits"), kept by the given clock. */
export function createRateLimiter(now: () => number, { rates }: Limits): RateLimiter {
  const windows = new Map<string, { readonly startedAt: number; used: number; limit: number }>();

  const look = (key: string, limit: number) => {
    let window = windows.get(key);
    if (window === undefined || now() >= window.startedAt + WINDOW_MILLISECONDS) {
      window = { startedAt: now(), used: 0, limit };
      windows.set(key, window);
    }
    window.limit = limit;
    return { window, limit };
  };

  return {
    windows: () =>
      [...windows].flatMap(([name, { startedAt, used, limit }]) => {
        const ends = startedAt + WINDOW_MILLISECONDS;
        return ends > now() ? [{ name, limit, used, ends }] : [];
      }),
    /**
     * @decision The headers are those of the caller's share or of the org's bucket, whichever has less left.
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
    restore: () => windows.clear(),
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
function bucketOf(method: string, path: string): Bucket | undefined {
  if (path === "/oauth2/v1/token") return "token";
  if (path.startsWith("/oauth2/v1/clients")) return "clients";
  if (/^\/api\/v1\/groups\/[^/]+$/.test(path)) return "group";
  if (/^\/api\/v1\/groups(\/|$)/.test(path)) return "groups";
  if (method === "GET" && /^\/api\/v1\/users\/[^/]+$/.test(path)) return "user";
  if (path === "/api/v1/logs") return "logs";
  if (path.startsWith("/api/v1/")) return "other";
  return undefined;
}

/** Lets a request in that has a good credential and is within its limits. Every answer has the limits. */
export function admit(org: Org, limiter: RateLimiter): MiddlewareHandler<RouteEnvironment> {
  return async (context, next) => {
    const caller = authenticate(org, context.req.header("authorization"));
    if (caller instanceof OktaError) return limitRate(org, limiter, context, undefined, caller, next);
    context.set("principal", caller);
    context.set("principalName", principalName(caller));
    return limitRate(org, limiter, context, appIdOf(caller), undefined, next);
  };
}

/** Lets a request in that is within its limits, from any caller. */
export function admitAnybody(org: Org, limiter: RateLimiter): MiddlewareHandler<RouteEnvironment> {
  return (context, next) => limitRate(org, limiter, context, undefined, undefined, next);
}

/**
 * @decision Every answer of a limited path has x-rate-limit-limit, -remaining and -reset, the last in seconds since the
 *   epoch.
 * @evidence recorded: okta/okta-sdk-python v3.4.4,
 *   tests/integration/cassettes/test_groups_it/…test_group_users_operations; Shopify/oktakit 8aa89c6,
 *   spec/cassettes/list_group_members.yml.
 * @matters late: `grant` paces itself by them.
 *
 * @decision A call with a bad credential counts in the bucket as well.
 * @evidence assumed: not documented.
 * @show nothing that the product needs.
 * @matters sandbox only: `grant` makes one call more after a 401.
 */
async function limitRate(
  { faults }: Org,
  limiter: RateLimiter,
  context: RouteContext,
  appId: string | undefined,
  refusal: OktaError | undefined,
  next: () => Promise<void>,
): Promise<void> {
  const { method, path } = context.req;
  if (troubleOf(faults.calls, { method, path }, "rate-limit") !== undefined) limiter.exhaust(method, path);
  const allowance = limiter.take(method, path, appId);
  if (allowance?.allowed === false) {
    context.res = errorResponse(tooManyRequests({}));
  } else if (refusal !== undefined) {
    context.res = errorResponse(refusal);
  } else {
    await next();
  }
  if (allowance === undefined) return;
  context.res.headers.set("x-rate-limit-limit", String(allowance.limit));
  context.res.headers.set("x-rate-limit-remaining", String(allowance.remaining));
  context.res.headers.set("x-rate-limit-reset", String(allowance.reset));
}

function appIdOf(principal: Principal): string | undefined {
  return principal.kind === "app" ? principal.app.id : undefined;
}

/** When a refused caller may try again, in seconds from now. Okta promises nothing here either. */
const ESTIMATE = 10;

/**
 * Refuses what is too much at the same time. The limit and the remaining calls are then 0, and the reset is an estimate:
 * there is room again as soon as another call ends (Okta, "Rate limits": concurrent rate limits).
 *
 * @decision Too many calls at the same time are answered with 429, x-rate-limit-limit and -remaining 0, and a reset
 *   that is an estimate.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/reference/rl2-concurrency,
 *   docs/reference/rl2-monitor.
 * @matters late: `grant` distinguishes it from a full bucket, and tries again soon.
 */
export function limitConcurrency({ faults, limits, now }: Org): MiddlewareHandler<RouteEnvironment> {
  let underWay = 0;
  return async ({ req: { method, path } }, next) => {
    const full = underWay >= limits.concurrentRequests;
    if (full || troubleOf(faults.calls, { method, path }, "concurrency") !== undefined) {
      const reset = String(Math.ceil(now() / 1000) + ESTIMATE);
      return errorResponse(
        tooManyRequests({
          "x-rate-limit-limit": "0",
          "x-rate-limit-remaining": "0",
          "x-rate-limit-reset": reset,
        }),
      );
    }
    underWay += 1;
    try {
      return await next();
    } finally {
      underWay -= 1;
    }
  };
}
