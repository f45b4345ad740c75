import {
  isSuperAdministrator,
  requireMemberListRole,
  requireMembershipRole,
  requireScope,
} from "../auth/access-control.ts";
import { forbidden, invalidField, notFound, OktaError } from "../http/errors.ts";
import { noContent, type Principal, type RouteContext, type Routes } from "../http/routes.ts";
import { recordMembership } from "../log/system-log.ts";
import type { Group } from "../model/group.ts";
import type { LogEntity } from "../model/log-event.ts";
import { groupRolesOf, type Org } from "../model/org.ts";
import type { Person } from "../model/person.ts";
import { getGroup } from "./groups.ts";
import { personDocument } from "./people.ts";

/** Groups API: add, remove and list the members of a group. */
export function addMembershipRoutes(routes: Routes, org: Org): void {
  /**
   * @decision A PUT of a user into a group is answered with 204 and no body.
   * @evidence recorded: okta/okta-sdk-python v3.4.4,
   *   tests/integration/cassettes/test_groups_it/…test_group_users_operations; Shopify/oktakit 8aa89c6,
   *   spec/cassettes/add_user_to_group.yml.
   * @matters sign-in lost: `grant` takes the 204 as done.
   *
   * @decision A PUT of a user who is a member already is answered with 204 as well.
   * @evidence vendor-code: okta/terraform-provider-okta v6.12.0, okta/services/idaas/group.go, addGroupMembers (has no
   *   branch for members).
   * @matters late: `grant` may write a membership twice, after a lost answer or a stale list.
   *
   * @decision A second PUT of a member writes no event.
   * @evidence assumed: nothing changes; no public log of such a call was found.
   * @show whether a second PUT of a member writes a second group.user_membership.add.
   * @matters misleading: with an event for each PUT, `reconcile` would check more of them.
   *
   * @decision A PUT of a deactivated user is refused with 403 E0000038.
   * @evidence assumed: E0000038 is what other calls on a deactivated user are answered with (support.okta.com, "This
   *   operation is not allowed in the user's current status"; recorded in okta/okta-sdk-python v3.4.4,
   *   test_users_it/…test_reactivate_user); for memberships only "cannot be added" was found (help.joinploy.com, Okta).
   * @show the status and the code of a PUT of a deactivated user.
   * @matters late: `grant` ends the task as "user-status"; with another answer it retries the task until the queue
   *   gives it up.
   */
  routes.put("/api/v1/groups/:groupId/users/:userId", (context) => {
    const { group, person, actor } = authorize(org, context, context.req.param());
    if (person.status === "DEPROVISIONED") {
      throw new OktaError(403, "E0000038", "This operation is not allowed in the user's current status.");
    }
    if (!group.members.has(person.id)) recordMembership(org, "add", { actor, person, group });
    group.members.add(person.id);
    return noContent();
  });

  /**
   * @decision A DELETE of a user from a group is answered with 204 and no body.
   * @evidence recorded: okta/okta-sdk-python v3.4.4,
   *   tests/integration/cassettes/test_groups_it/…test_group_users_operations.
   * @matters sandbox only: the product removes nobody.
   */
  routes.delete("/api/v1/groups/:groupId/users/:userId", (context) => {
    const { group, person, actor } = authorize(org, context, context.req.param());
    if (group.members.has(person.id)) recordMembership(org, "remove", { actor, person, group });
    group.members.remove(person.id);
    return noContent();
  });

  /**
   * @decision A group's members are listed in pages of 1,000 users unless another limit is given, with a `self` link.
   * @evidence recorded: okta/okta-sdk-python v3.4.4,
   *   tests/integration/cassettes/test_groups_it/…test_group_users_operations (`?limit=1000>; rel="self"`);
   *   Shopify/oktakit 8aa89c6, spec/cassettes/list_group_members.yml.
   * @matters late: `grant` reads whom it need not add.
   *
   * @decision While there are more members, the page has a `next` link with an opaque `after`, on the org's own
   *   address.
   * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, listGroupUsers, after; Okta, "Core Okta API",
   *   Pagination.
   * @matters late: `grant` follows it to the end of the list.
   */
  routes.get("/api/v1/groups/:groupId/users", (context) => {
    const principal = context.get("principal");
    requireScope(org, principal, "okta.groups.read");
    const group = getGroup(org, context.req.param("groupId"));
    requireMemberListRole(org, principal, group);
    return memberPage(org, group, context.req.query());
  });
}

/**
 * Only groups that were made in Okta have members to be set: Everyone is kept by Okta, the others by their app or
 * directory, whatever rights the caller has (Okta, "Groups API": group type). Into a group that holds admin roles only a super
 * administrator puts people (Okta, "Standard administrator roles and permissions").
 *
 * @decision Who may call learns of a missing group or user before the role is looked at: 404 E0000007, not 403.
 * @evidence assumed: no public answer was found to an app without a role that asks for a group that is not there.
 * @show what an app whose role does not reach a deleted group gets: 404 or 403.
 * @matters misleading: `grant` reports "group-not-found" or "role-missing" by it.
 *
 * @decision The kind at the end of the sentence distinguishes a missing user from a missing group: (User), (UserGroup).
 * @evidence recorded: okta/okta-sdk-python v3.4.4, tests/integration/cassettes/test_users_it/…test_create_get_user,
 *   test_groups_it/…test_create_get_group.
 * @matters sign-in lost: `grant` retries a missing user for a while and reports a missing group.
 *
 * @decision Everyone takes no members by hand: 501 E0000060.
 * @evidence recorded: okta/terraform-provider-okta issue 903 ("Unsupported operation.").
 * @matters misleading: `grant` ends the task as "group-not-supported"; the preview refuses such a group before.
 *
 * @decision The groups of an app or a directory take no members by hand: 403 E0000006, also for a super administrator.
 * @evidence recorded: okta/terraform-provider-okta pull request 118; okta/okta-management-openapi-spec 2026.06.3,
 *   assignUserToGroup.
 * @matters misleading: the preview refuses such a group; `grant` reports "role-missing".
 *
 * @decision Only a super administrator puts people into a group that holds admin roles: 403 E0000006 for others.
 * @evidence documentation: help.okta.com, "Group membership administrators"; "Standard administrator roles and
 *   permissions".
 * @matters wrong access: the preview refuses such a group as well.
 */
function authorize(
  org: Org,
  context: RouteContext,
  ids: { readonly groupId: string; readonly userId: string },
): { readonly group: Group; readonly person: Person; readonly actor: LogEntity } {
  const principal = context.get("principal");
  requireScope(org, principal, "okta.groups.manage");
  const group = getGroup(org, ids.groupId);
  const person = org.people.get(ids.userId);
  if (person === undefined) throw notFound(ids.userId, "User");
  requireMembershipRole(org, principal, group, person);
  if (group.type === "BUILT_IN") throw new OktaError(501, "E0000060", "Unsupported operation.");
  if (group.type === "APP_GROUP") throw forbidden();
  if (groupRolesOf(org, group.id).length > 0 && !isSuperAdministrator(org, principal)) throw forbidden();
  return { group, person, actor: actorOf(org, principal) };
}

function actorOf(org: Org, principal: Principal): LogEntity {
  if (principal.kind === "app") {
    const { id, settings } = principal.app;
    return { id, type: "PublicClientApp", alternateId: id, displayName: settings.label, detailEntry: null };
  }
  const administrator = org.people.get(org.administratorId);
  return {
    id: org.administratorId,
    type: "User",
    alternateId: administrator?.login ?? "unknown",
    displayName: administrator?.displayName ?? "unknown",
    detailEntry: null,
  };
}

function memberPage(org: Org, group: Group, query: Readonly<Record<string, string>>): Response {
  const limit = readNumber("limit", query["limit"] ?? String(org.limits.memberPage), 1);
  const after = readNumber("after", query["after"] ?? "0", 0);
  const { userIds, next } = group.members.page(after, Math.min(limit, org.limits.memberPage));
  const people = userIds.flatMap((userId) => {
    const person = org.people.get(userId);
    return person === undefined ? [] : [personDocument(org, person)];
  });
  const href = `${org.url}/api/v1/groups/${group.id}/users?limit=${limit}`;
  const response = Response.json(people);
  const self = query["after"] === undefined ? href : `${href}&after=${after}`;
  response.headers.append("link", `<${self}>; rel="self"`);
  if (next !== undefined) response.headers.append("link", `<${href}&after=${next}>; rel="next"`);
  return response;
}

/**
 * @decision A limit or a cursor that is not a number is refused with 400 E0000001.
 * @evidence assumed: for another list "Invalid paging request" (E0000029) is recorded (okta/okta-sdk-python v3.4.4,
 *   tests/integration/cassettes/test_applications_it/…test_list_applications_pagination_with_after).
 * @show nothing that the product needs: which code a wrong limit gets.
 * @matters sandbox only: `grant` follows the links as they are.
 */
function readNumber(name: string, value: string, minimum: number): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= minimum) return number;
  throw invalidField(name, `The value must be a whole number from ${minimum} up`);
}
