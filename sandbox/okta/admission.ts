import type { MiddlewareHandler } from "hono";
import { troubleOf } from "./call-faults.ts";
import { errorResponse, OktaError, tooManyRequests } from "./errors.ts";
import { authenticate, type Principal, principalName } from "./principal.ts";
import type { RateLimiter } from "./rate-limit.ts";
import type { RouteContext, RouteEnvironment } from "./routes.ts";
import type { Org } from "./state.ts";

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
