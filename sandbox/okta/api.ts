import { Hono, type MiddlewareHandler } from "hono";
import { LinearRouter } from "hono/router/linear-router";
import { addTokenEndpoint } from "./auth/token-endpoint.ts";
import { refuseCalls, slowDown } from "./faults/calls.ts";
import type { VerifyHook } from "./hooks/verification.ts";
import { errorResponse, OktaError } from "./http/errors.ts";
import type { RouteEnvironment, Routes } from "./http/routes.ts";
import { admit, admitAnybody, limitConcurrency } from "./limits/admission.ts";
import { createRateLimiter } from "./limits/rate-limit.ts";
import type { SignInAttempt } from "./log/sign-in-events.ts";
import { alphanumerics } from "./model/ids.ts";
import type { LogEvent } from "./model/log-event.ts";
import type { Org } from "./model/org.ts";
import { addAppPolicyRoutes } from "./routes/app-policies.ts";
import { addAppRoutes } from "./routes/apps.ts";
import { addEventHookRoutes } from "./routes/event-hooks.ts";
import { addGrantRoutes } from "./routes/grants.ts";
import { addGroupRoleRoutes } from "./routes/group-roles.ts";
import { addGroupRoutes } from "./routes/groups.ts";
import { addMembershipRoutes } from "./routes/memberships.ts";
import { addOrganizationRoute, addOrgSettingRoutes } from "./routes/org.ts";
import { addPeopleRoutes } from "./routes/people.ts";
import { addResourceSetRoutes } from "./routes/resource-sets.ts";
import { addRoleAssignmentRoutes } from "./routes/role-assignments.ts";
import { addRoleRoutes } from "./routes/roles.ts";
import { addSignInDoor } from "./routes/sign-in-door.ts";
import { addSystemLogRoute } from "./routes/system-log.ts";

/** Everything that the org answers over HTTP. */
export function createApi(
  org: Org,
  verify: VerifyHook,
  signIn: (attempts: readonly SignInAttempt[]) => readonly LogEvent[],
): Routes {
  // This router needs no preparation, so that thousands of orgs can be made in a row.
  const routes: Routes = new Hono<RouteEnvironment>({ router: new LinearRouter() });
  routes.onError((error) => errorResponse(error));
  /**
   * @decision A path that does not exist is answered with 404 E0000008.
   * @evidence documentation: okta/okta-developer-docs 468de9c, data/error-codes.json, E0000008.
   * @matters misleading: an org URL with a path in it gives such answers.
   */
  routes.notFound(() => errorResponse(new OktaError(404, "E0000008", "The requested path was not found")));

  routes.use(observe(org));
  addSignInDoor(routes, org, signIn);
  for (const middleware of [limitConcurrency(org), slowDown(org), refuseCalls(org)]) routes.use(middleware);
  addOrganizationRoute(routes, org);

  const limiter = createRateLimiter(org.now, org.limits);
  routes.use("/oauth2/v1/token", admitAnybody(org, limiter));
  addTokenEndpoint(routes, org);

  for (const path of ["/api/*", "/oauth2/v1/clients/*"]) routes.use(path, admit(org, limiter));
  addPeopleRoutes(routes, org);
  addMembershipRoutes(routes, org);
  addGroupRoutes(routes, org);
  addGroupRoleRoutes(routes, org);
  addAppPolicyRoutes(routes, org);
  addAppRoutes(routes, org);
  addOrgSettingRoutes(routes, org);
  addGrantRoutes(routes, org);
  addRoleRoutes(routes, org);
  addResourceSetRoutes(routes, org);
  addEventHookRoutes(routes, org, verify);
  addSystemLogRoute(routes, org);
  addRoleAssignmentRoutes(routes, org);
  return routes;
}

/**
 * Gives every answer its request id and the org's time, and tells whoever watches.
 *
 * @decision Every answer has x-okta-request-id, the org's time in `date`, and forbids to be kept.
 * @evidence recorded: okta/okta-sdk-python v3.4.4,
 *   tests/integration/cassettes/test_groups_it/…test_group_users_operations (headers).
 * @matters misleading: the functions log the request id of a refusal, and reckon waits by `date`.
 */
function observe(org: Org): MiddlewareHandler<RouteEnvironment> {
  return async (context, next) => {
    context.set("principalName", "anonymous");
    await next();
    const requestId = alphanumerics(28);
    context.res.headers.set("x-okta-request-id", requestId);
    context.res.headers.set("date", new Date(org.now()).toUTCString());
    context.res.headers.set("cache-control", "no-cache, no-store");
    org.notify({
      kind: "request",
      method: context.req.method,
      path: context.req.path,
      status: context.res.status,
      requestId,
      principal: context.get("principalName"),
    });
  };
}
