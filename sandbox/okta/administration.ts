import type { MiddlewareHandler } from "hono";
import { isSuperAdministrator, requireScope } from "./access-control.ts";
import { forbidden, OktaError } from "./errors.ts";
import type { RouteEnvironment } from "./routes.ts";
import type { Org } from "./state.ts";

/**
 * Lets the API token through, and an app that has both the scope and the role of a super administrator (Okta, "Implement
 * OAuth for Okta with a service app").
 *
 * @decision To manage apps, grants, roles, groups and hooks as an app takes the scope and the role of a super
 *   administrator: otherwise 403 E0000006.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/guides/implement-oauth-for-okta-serviceapp, "Grant
 *   allowed scopes" ("Only the Super Admin role has the permissions to grant scopes"). Lesser roles may do some of it;
 *   the sandbox is stricter.
 * @matters deployment fails: the README asks for a super administrator.
 */
export function administrator(org: Org, scope: string): MiddlewareHandler<RouteEnvironment> {
  return async (context, next) => {
    const principal = context.get("principal");
    requireScope(org, principal, scope);
    if (!isSuperAdministrator(org, principal)) throw forbidden();
    await next();
  };
}

/**
 * Lets the API token through alone: an app is no user, and Okta's internal calls take no access token.
 *
 * @decision Calls that only a user has, /users/me and the internal ones, are refused with 403 E0000005 for an app's
 *   token.
 * @evidence recorded: okta/terraform-provider-okta issue 1253 ("Invalid session, Status: 403 Forbidden" from the
 *   internal call with OAuth).
 * @matters deployment fails: the provider leaves these calls out when it has a service app's key.
 */
export const apiTokenOnly: MiddlewareHandler<RouteEnvironment> = async (context, next) => {
  if (context.get("principal").kind !== "api-token") throw new OktaError(403, "E0000005", "Invalid session");
  await next();
};
