import type { MiddlewareHandler } from "hono";
import { troubleOf } from "./call-faults.ts";
import { errorResponse, tooManyRequests } from "./errors.ts";
import type { RouteEnvironment } from "./routes.ts";
import type { Org } from "./state.ts";

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
