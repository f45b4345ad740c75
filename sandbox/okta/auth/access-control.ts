import type { MiddlewareHandler } from "hono";
import { forbidden, insufficientScope, invalidToken, OktaError } from "../http/errors.ts";
import type { Principal, RouteEnvironment } from "../http/routes.ts";
import type { Group } from "../model/group.ts";
import { type Org, roleAssignmentsOf } from "../model/org.ts";
import type { Person } from "../model/person.ts";
import type { RoleAssignment, Scope } from "../model/roles.ts";
import { covers, roleAllows, type StandardRight } from "./rights.ts";

/**
 * Lets the API token through, and an app that has both the scope and the role of a super administrator (Okta, "Implement
 * OAuth for Okta with a service app").
 *
 * @decision To manage apps, grants, roles, groups and hooks as an app takes the scope and the role of a super
 *   administrator: otherwise 403 E0000006.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/guides/implement-oauth-for-okta-serviceapp, "Grant
 *   allowed scopes" ("Only the Super Admin role has the permissions to grant scopes"). Lesser roles may do some of it;
 *   the sandbox is stricter.
 * @matters deployment fails: docs/deployment.md asks for a super administrator.
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
 * Lets only the API token through: an app is not a user, and Okta's internal calls take no access token.
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

/**
 * An app's token needs the scope of the call (Okta, "OAuth 2.0 scopes"), or to read the one for managing the same. The
 * API token needs none.
 *
 * @decision An app's token needs the scope that the operation names, or the `.manage` scope for reading the same.
 * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, security of each operation;
 *   okta/okta-developer-docs 468de9c, docs/guides/implement-oauth-for-okta, "Scopes and supported endpoints".
 * @matters sign-in lost: `grant` asks for okta.groups.manage, `reconcile` for okta.logs.read.
 *
 * @throws OktaError 403 with a challenge, without the scope
 */
export function requireScope(org: Org, principal: Principal, scope: string): void {
  if (principal.kind === "api-token") return;
  if ([...principal.scopes].some((held) => covers(held, scope))) return;
  throw insufficientScope(org.url, scope);
}

/**
 * Whether the caller may do everything: by an API token of a person with that role, or as an app that has it.
 *
 * @decision An API token has the rights of the person who created it.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/guides/create-an-api-token: "API tokens have the same
 *   permissions as the user who generated them".
 * @matters deployment fails: docs/deployment.md asks for a super administrator's token.
 */
export function isSuperAdministrator(org: Org, principal: Principal): boolean {
  if (principal.kind === "api-token") return roleAllows(org.settings.administratorRole, "administer");
  return hasStandardRight(org, principal.app.id, "administer");
}

/**
 * Beside the scope an app needs a role (Okta, "Implement OAuth for Okta with a service app"): a standard one that manages
 * memberships, or custom ones that allow managing the members of this group and the memberships of this user.
 *
 * @decision Writing a membership needs, besides the scope, an admin role on the app: without one 403 E0000006.
 * @evidence recorded: support.okta.com, "Receiving Error Code E0000006 When Calling Okta Management API Despite Having
 *   Correct Scopes".
 * @matters sign-in lost: the program gives the app its role before the hook is verified, and `grant` retries a 403.
 *
 * @decision A custom role that writes a membership needs okta.groups.members.manage on the group and
 *   okta.users.groupMembership.manage on the user.
 * @evidence documentation: Okta, "Permissions in Okta", okta.users.groupMembership.manage ("also needs
 *   okta.groups.members.manage to assign to a specific group").
 * @matters wrong access: the program gives these two, and okta.groups.read for the list of members.
 *
 * @decision These two permissions, together with okta.groups.read, suffice to write a membership: okta.users.read is
 *   not needed.
 * @evidence assumed: Okta names both permissions for it and does not say that no other is needed; public configurations
 *   give administrators exactly these three to manage memberships, but no recorded answer was found.
 * @show that the PUT of a member by the stack's own app is answered with 204.
 * @matters sign-in lost: with one missing every membership is refused with 403, which `grant` reports and retries.
 *
 * @throws OktaError E0000006 when it has none
 */
export function requireMembershipRole(org: Org, principal: Principal, group: Group, person: Person): void {
  const right = "manage memberships";
  const onGroup = allows(org, principal, right, "okta.groups.members.manage", (scope) =>
    reachesGroup(scope, group),
  );
  const onUser = allows(org, principal, right, "okta.users.groupMembership.manage", (scope) =>
    reachesUser(org, scope, person),
  );
  if (!onGroup || !onUser) throw forbidden();
}

/**
 * Seeing a group's members needs a standard role that sees groups, or a custom one that reads or fully manages the group:
 * managing its members does not include seeing who they are (Okta, "Permissions": okta.groups.read, "information about
 * groups and their members"; okta.groups.members.manage, "only manage member operations").
 *
 * @decision Listing a group's members needs okta.groups.read or okta.groups.manage on the group;
 *   okta.groups.members.manage does not include it.
 * @evidence documentation: Okta, "Permissions in Okta", okta.groups.read ("information about groups and their
 *   members"), okta.groups.members.manage ("only manage member operations").
 * @matters late: without it `grant` adds each person itself, and knows no members.
 *
 * @decision Listing a group's members needs no permission for the users on the list.
 * @evidence assumed: Okta, "Permissions in Okta" does not mention okta.users.read there.
 * @show that a GET of /api/v1/groups/{id}/users by an app with okta.groups.read only is answered with all members.
 * @matters late: with a 403 `grant` works on without a list of members, at one call for each sign-in.
 *
 * @throws OktaError E0000006 when the app has none
 */
export function requireMemberListRole(org: Org, principal: Principal, group: Group): void {
  const reaches = (scope: Scope): boolean => reachesGroup(scope, group);
  if (!allows(org, principal, "see members", "okta.groups.read", reaches)) throw forbidden();
}

/**
 * Seeing the System Log needs a standard role that may, since no permission of custom roles is for it (Okta, "Standard
 * administrator roles and permissions").
 *
 * @decision Reading the System Log needs a standard role that may see it; no permission of a custom role is for it.
 * @evidence documentation: help.okta.com, "Standard administrator roles and permissions"; Okta, "Permissions in Okta"
 *   (none).
 * @matters sign-in lost: `reconcile` finds no lost sign-in without it.
 *
 * @throws OktaError E0000006 when the app has none
 */
export function requireLogRole(org: Org, principal: Principal): void {
  if (principal.kind === "api-token") return;
  if (!hasStandardRight(org, principal.app.id, "see the System Log")) throw forbidden();
}

/**
 * Whether the principal has a standard role with a right, or a custom one that holds a permission, or one that covers it,
 * for something that `reaches` accepts.
 */
function allows(
  org: Org,
  principal: Principal,
  right: StandardRight,
  permission: string,
  reaches: (scope: Scope) => boolean,
): boolean {
  if (principal.kind === "api-token") return true;
  return roleAssignmentsOf(org, principal.app.id).some((assignment: RoleAssignment) => {
    if (assignment.type !== "CUSTOM") return roleAllows(assignment.type, right);
    const held = org.roles.get(assignment.role)?.permissions ?? [];
    const resources = org.resourceSets.get(assignment.resourceSet)?.resources ?? [];
    return [...held].some((one) => covers(one, permission)) && resources.some(({ scope }) => reaches(scope));
  });
}

function hasStandardRight(org: Org, clientId: string, right: StandardRight): boolean {
  return roleAssignmentsOf(org, clientId).some(({ type }) => type !== "CUSTOM" && roleAllows(type, right));
}

function reachesGroup(scope: Scope, group: Group): boolean {
  return scope.kind === "all-groups" || (scope.kind === "group" && scope.id === group.id);
}

function reachesUser(org: Org, scope: Scope, person: Person): boolean {
  switch (scope.kind) {
    case "all-users":
      return true;
    case "user":
      return scope.id === person.id;
    case "users-of-group":
      return org.groups.get(scope.id)?.members.has(person.id) === true;
    default:
      return false;
  }
}

/**
 * Reads the Authorization header: `SSWS` with the API token, or `Bearer` with an access token.
 *
 * A token ends at its time, and with its app.
 *
 * @decision `SSWS` and the API token, or `Bearer` and an access token, say who calls; another or no credential is
 *   refused with 401 E0000011.
 * @evidence recorded: Shopify/oktakit 8aa89c6, spec/cassettes/add_identity_provider.yml, update_application.yml (401
 *   E0000011 "Invalid token provided").
 * @matters sign-in lost: `grant` drops its token after a 401 and asks for another.
 *
 * @decision An access token that is unknown or has ended is refused with 401, E0000011 and the challenge `Bearer
 *   error="invalid_token"`.
 * @evidence assumed: RFC 6750, 3.1 asks for the challenge; no public answer of Okta's management API to an expired
 *   token was found. 401 E0000011 is that of an API token.
 * @show that an ended token is refused with 401, and not with 403.
 * @matters late: `grant` renews its token on any 401, whatever the body.
 *
 * @decision An access token ends at once when its app is deactivated or deleted.
 * @evidence assumed: Okta documents how refresh tokens are revoked, and nothing about tokens of an app that is gone.
 * @show whether a token is still accepted after its app was deactivated, and after it was deleted.
 * @matters wrong access: revoking a leaked signing key deletes its app; a token that was got with it may work for up to
 *   an hour more.
 *
 * @returns who calls, or the refusal when the credential is missing or no good
 */
export function authenticate(org: Org, authorization: string | undefined): Principal | OktaError {
  const [scheme = "", credential = ""] = (authorization ?? "").split(" ", 2);
  switch (scheme.toUpperCase()) {
    case "SSWS":
      if (credential === org.apiToken) return { kind: "api-token" };
      break;
    case "BEARER": {
      const token = org.accessTokens.get(credential);
      const app = token === undefined ? undefined : org.apps.get(token.clientId);
      if (token !== undefined && app?.status === "ACTIVE" && org.now() < token.expiresAt) {
        return { kind: "app", app, scopes: new Set(token.scopes) };
      }
      const challenge = `Bearer realm="${org.url}", error="invalid_token", error_description="The access token is invalid."`;
      return invalidToken({ "www-authenticate": challenge });
    }
  }
  return invalidToken();
}

/** How notices name who calls. */
export function principalName(principal: Principal): string {
  return principal.kind === "api-token" ? "api token" : principal.app.id;
}
