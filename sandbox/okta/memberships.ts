import {
  isSuperAdministrator,
  requireMemberListRole,
  requireMembershipRole,
  requireScope,
} from "./access-control.ts";
import { forbidden, invalidField, notFound, OktaError } from "./errors.ts";
import { groupRolesOf } from "./group-roles.ts";
import { type Group, getGroup } from "./groups.ts";
import { type Person, personDocument } from "./people.ts";
import { noContent, type RouteContext, type Routes } from "./routes.ts";
import type { Org } from "./state.ts";

/** The most members that a page can show, and how many it does unless told otherwise (Okta, "Groups API"). */
const MAXIMUM_PAGE = 1000;

/** Groups API: add, remove and list the members of a group. */
export function addMembershipRoutes(routes: Routes, org: Org): void {
  routes.put("/api/v1/groups/:groupId/users/:userId", (context) => {
    const { group, person } = authorize(org, context, context.req.param());
    if (person.status === "DEPROVISIONED") {
      throw new OktaError(403, "E0000038", "This operation is not allowed in the user's current status.");
    }
    group.members.add(person.id);
    return noContent();
  });

  routes.delete("/api/v1/groups/:groupId/users/:userId", (context) => {
    const { group, person } = authorize(org, context, context.req.param());
    group.members.remove(person.id);
    return noContent();
  });

  routes.get("/api/v1/groups/:groupId/users", (context) => {
    const principal = context.get("principal");
    requireScope(principal, "okta.groups.read");
    const group = getGroup(org, context.req.param("groupId"));
    requireMemberListRole(org, principal, group);
    return memberPage(org, group, context.req.query());
  });
}

/**
 * Only groups that were made in Okta have members to be set: Everyone is kept by Okta, the others by their app or
 * directory, whatever rights the caller has (Okta, "Groups API": group type). Into a group that holds admin roles only a super
 * administrator puts people (Okta, "Standard administrator roles and permissions").
 */
function authorize(
  org: Org,
  context: RouteContext,
  ids: { readonly groupId: string; readonly userId: string },
): { readonly group: Group; readonly person: Person } {
  const principal = context.get("principal");
  requireScope(principal, "okta.groups.manage");
  const group = getGroup(org, ids.groupId);
  const person = org.people.get(ids.userId);
  if (person === undefined) throw notFound(ids.userId, "User");
  requireMembershipRole(org, principal, group, person);
  if (group.type === "BUILT_IN") throw new OktaError(501, "E0000060", "Unsupported operation.");
  if (group.type === "APP_GROUP") throw forbidden();
  if (groupRolesOf(org, group.id).length > 0 && !isSuperAdministrator(org, principal)) throw forbidden();
  return { group, person };
}

function memberPage(org: Org, group: Group, query: Readonly<Record<string, string>>): Response {
  const limit = readNumber("limit", query["limit"] ?? String(MAXIMUM_PAGE), 1);
  const after = readNumber("after", query["after"] ?? "0", 0);
  const { userIds, next } = group.members.page(after, Math.min(limit, MAXIMUM_PAGE));
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

function readNumber(name: string, value: string, minimum: number): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= minimum) return number;
  throw invalidField(name, `The value must be a whole number from ${minimum} up`);
}
