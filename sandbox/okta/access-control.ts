import { type RoleAssignment, roleAssignmentsOf } from "./assignments.ts";
import { covers } from "./covering.ts";
import { forbidden } from "./errors.ts";
import type { Group } from "./groups.ts";
import type { Person } from "./people.ts";
import type { Principal } from "./principal.ts";
import type { Scope } from "./resources.ts";
import { roleAllows, type StandardRight } from "./standard-roles.ts";
import type { Org } from "./state.ts";

/**
 * An app's token needs the scope of the call (Okta, "OAuth 2.0 scopes"), or to read the one for managing the same. The
 * API token needs none.
 *
 * @throws OktaError E0000006, with RFC 6750's challenge, without the scope
 */
export function requireScope(principal: Principal, scope: string): void {
  if (principal.kind === "api-token") return;
  if ([...principal.scopes].some((held) => covers(held, scope))) return;
  const description = "The access token provided does not contain the required scopes.";
  throw forbidden({
    "www-authenticate": `Bearer error="insufficient_scope", error_description="${description}", scope="${scope}"`,
  });
}

/** Whether the caller may do everything: by API token, or as an app with that role. */
export function isSuperAdministrator(org: Org, principal: Principal): boolean {
  if (principal.kind === "api-token") return true;
  return hasStandardRight(org, principal.app.id, "administer");
}

/**
 * Beside the scope an app needs a role (Okta, "Implement OAuth for Okta with a service app"): a standard one that manages
 * memberships, or custom ones that allow managing the members of this group and the memberships of this user.
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
