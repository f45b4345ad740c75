import type { MiddlewareHandler } from "hono";
import { isSuperAdministrator, requireScope } from "./access-control.ts";
import { forbidden } from "./errors.ts";
import type { RouteEnvironment } from "./routes.ts";
import type { Org } from "./state.ts";

/**
 * Lets the API token through, and an app that has both the scope and the role of a super administrator (Okta, "Implement
 * OAuth for Okta with a service app").
 */
export function administrator(org: Org, scope: string): MiddlewareHandler<RouteEnvironment> {
  return async (context, next) => {
    const principal = context.get("principal");
    requireScope(principal, scope);
    if (!isSuperAdministrator(org, principal)) throw forbidden();
    await next();
  };
}

/** Lets the API token through alone: an app is no user, and Okta's internal calls take no access token. */
export const apiTokenOnly: MiddlewareHandler<RouteEnvironment> = async (context, next) => {
  if (context.get("principal").kind !== "api-token") throw forbidden();
  await next();
};
