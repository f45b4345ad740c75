import type { MiddlewareHandler } from "hono";
import { troubleOf } from "./call-faults.ts";
import type { RouteEnvironment } from "./routes.ts";
import type { Org } from "./state.ts";

/** Holds back the answers that are to be slow. */
export function slowDown({ faults, sleep }: Org): MiddlewareHandler<RouteEnvironment> {
  return async ({ req: { method, path } }, next) => {
    const trouble = troubleOf(faults.calls, { method, path }, "slow");
    await next();
    if (trouble !== undefined) await sleep(trouble.milliseconds);
  };
}
