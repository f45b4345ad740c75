import type { MiddlewareHandler } from "hono";
import { authenticate, principalName } from "../auth/authentication.ts";
import { troubleOf } from "../faults/calls.ts";
import { errorResponse, OktaError, tooManyRequests } from "../http/errors.ts";
import type { Principal, RouteContext, RouteEnvironment } from "../http/routes.ts";
import type { Org } from "../model/org.ts";
import type { RateLimiter } from "./rate-limit.ts";

/** Lets a request in that has a good credential and is within its limits; tells of the limits in any case. */
export function admit(org: Org, limiter: RateLimiter): MiddlewareHandler<RouteEnvironment> {
  return async (context, next) => {
    const caller = authenticate(org, context.req.header("authorization"));
    if (caller instanceof OktaError) return limitRate(org, limiter, context, undefined, caller, next);
    context.set("principal", caller);
    context.set("principalName", principalName(caller));
    return limitRate(org, limiter, context, appIdOf(caller), undefined, next);
  };
}

/** Lets a request in that is within its limits, whoever sends it. */
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

/** When a refused caller is told to try again, in seconds from now. Okta promises nothing here either. */
const ESTIMATE = 10;

/**
 * Refuses what is too much at the same time. Limit and remaining calls are then told as 0, and the reset is an estimate:
 * there is room again as soon as another call ends (Okta, "Rate limits": concurrent rate limits).
 *
 * @decision Too many calls at the same time are answered with 429, x-rate-limit-limit and -remaining 0, and a reset
 *   that is an estimate.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/reference/rl2-concurrency,
 *   docs/reference/rl2-monitor.
 * @matters late: `grant` tells it from a full bucket, and tries again soon.
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
