import type { JsonObject } from "../../../function/shared/json.ts";
import { administrator, requireMemberListRole, requireScope } from "../auth/access-control.ts";
import { duplicate, forbidden, invalidField, notFound } from "../http/errors.ts";
import { object, optionalText, readObject, text } from "../http/fields.ts";
import { noContent, type Routes } from "../http/routes.ts";
import { type Group, newGroup } from "../model/group.ts";
import { groupRoleKey, groupRolesOf, type Org } from "../model/org.ts";

/**
 * @throws OktaError E0000007 when there is none
 *
 * @decision A group that is not there is answered with 404 E0000007 and the kind (UserGroup).
 * @evidence recorded: okta/okta-sdk-python v3.4.4, tests/integration/cassettes/test_groups_it/…test_create_get_group.
 * @matters deployment fails: the provider drops the group from the state at a refresh.
 */
export function getGroup(org: Org, id: string): Group {
  const group = org.groups.get(id);
  if (group === undefined) throw notFound(id, "UserGroup");
  return group;
}

/** Groups API: list, one group, create, replace, delete. */
export function addGroupRoutes(routes: Routes, org: Org): void {
  const read = administrator(org, "okta.groups.read");
  const manage = administrator(org, "okta.groups.manage");
  /**
   * @decision `q` finds the groups whose names begin with it.
   * @evidence recorded: okta/terraform-provider-okta v6.12.0,
   *   test/fixtures/vcr/idaas/TestAccDataSourceOktaGroup_read_multiple_groups (testAcc_1056686360 and
   *   testAcc_1056686360_MORE).
   * @matters deployment fails: a look-up by name rests on it.
   */
  routes.get("/api/v1/groups", read, (context) => {
    const start = context.req.query("q") ?? "";
    const isWanted = readSearch(context.req.query("search"));
    const found = [...org.groups.values()].filter((group) => group.name.startsWith(start) && isWanted(group));
    const withStats = context.req.query("expand") === "stats";
    return Response.json(
      found.map((group) => ({
        ...groupDocument(org, group),
        ...(withStats ? { _embedded: { stats: statsOf(group) } } : {}),
      })),
    );
  });

  /**
   * @decision A group is made with 200, and answered with id, times, type, profile and links.
   * @evidence recorded: okta/okta-sdk-python v3.4.4, tests/integration/cassettes/test_groups_it/…test_create_get_group.
   * @matters deployment fails: the provider reads the group by this id.
   */
  routes.post("/api/v1/groups", manage, async (context) => {
    const group = newGroup({ type: "OKTA_GROUP", ...readProfile(await readObject(context.req)) }, org.now);
    requireUniqueName(org, group);
    org.groups.set(group.id, group);
    return Response.json(groupDocument(org, group));
  });

  /**
   * @decision A group can be read as soon as it is made.
   * @evidence recorded: okta/okta-sdk-python v3.4.4, tests/integration/cassettes/test_groups_it/…test_create_get_group.
   *   The provider retries a 404 for a while all the same.
   * @matters deployment fails: a group that never shows is lost to the state.
   *
   * @decision A group can be read by an app whose role reads that group, as its members can.
   * @evidence documentation: Okta, "Permissions": okta.groups.read allows to "read information about groups and their members" (https://developer.okta.com/docs/api/openapi/okta-management/guides/permissions)
   * @matters late: without it, `grant` reads a group's list again without first asking whether the group has changed.
   */
  routes.get("/api/v1/groups/:id", (context) => {
    const principal = context.get("principal");
    requireScope(org, principal, "okta.groups.read");
    const group = getGroup(org, context.req.param("id"));
    requireMemberListRole(org, principal, group);
    return Response.json(groupDocument(org, group));
  });

  /**
   * @decision A group's profile is replaced with 200; memberships and id stay.
   * @evidence recorded: Shopify/oktakit 8aa89c6, spec/cassettes/update_group.yml.
   * @matters deployment fails: the provider changes name and description so.
   *
   * @decision Only groups of the type OKTA_GROUP can be changed: 403 E0000006 for others.
   * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, replaceGroup (the code: error list,
   *   E0000006).
   * @matters sandbox only: the program changes only groups that it made.
   */
  routes.put("/api/v1/groups/:id", manage, async (context) => {
    const group = getGroup(org, context.req.param("id"));
    if (group.type !== "OKTA_GROUP") throw forbidden();
    const profile = readProfile(await readObject(context.req));
    const changed = { ...group, ...profile, lastUpdated: org.now() };
    requireUniqueName(org, changed);
    org.groups.set(group.id, changed);
    return Response.json(groupDocument(org, changed));
  });

  /**
   * @decision A group is deleted with 204, and its memberships with it.
   * @evidence recorded: okta/okta-sdk-python v3.4.4,
   *   tests/integration/cassettes/test_groups_it/…test_group_users_operations.
   * @matters wrong access: `protectGroups` is there for it.
   *
   * @decision The built-in group can't be deleted: 403 E0000006.
   * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, deleteGroup ("of the OKTA_GROUP or APP_GROUP
   *   type").
   * @matters sandbox only: the program deletes only groups that it made.
   */
  routes.delete("/api/v1/groups/:id", manage, (context) => {
    const group = getGroup(org, context.req.param("id"));
    if (group.type === "BUILT_IN") throw forbidden();
    org.groups.delete(group.id);
    for (const role of groupRolesOf(org, group.id)) org.groupRoles.delete(groupRoleKey(role));
    return noContent();
  });
}

/**
 * Reads a search. Of Okta's expressions it knows equality, joined by `and`.
 *
 * @decision `search` takes `type eq "…"` and `profile.name eq "…"`, and gives only the groups for which all hold.
 * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, listGroups, search.
 * @matters deployment fails: a preview looks up whether a group's name is taken.
 *
 * @decision A group that was just made is found at once.
 * @evidence assumed: the specification says that `search` is eventually consistent (okta/okta-management-openapi-spec 2026.06.3,
 * listGroups), and not how far behind it may be.
 * @show That a preview some minutes after a group was made by hand finds it.
 * @matters misleading: a name that was taken seconds ago passes the preview, and the update fails as before.
 */
function readSearch(search: string | undefined): (group: Group) => boolean {
  if (search === undefined) return () => true;
  const terms = [...search.matchAll(/(?:^| and )(type|profile\.name) eq ("(?:[^"\\]|\\.)*")/g)];
  if (terms.map(([term]) => term).join("") !== search) {
    throw invalidField("search", "The search expression is not understood");
  }
  return (group) =>
    terms.every(([, field, text = ""]) => (field === "type" ? group.type : group.name) === JSON.parse(text));
}

/**
 * @decision With `expand=stats`, each listed group has `_embedded.stats.usersCount`.
 * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, listGroups, expand.
 * @matters misleading: a preview says how many memberships a deleted group takes with it.
 */
function statsOf({ members }: Group): object {
  return { usersCount: members.size, appsCount: 0, groupPushMappingsCount: 0, hasAdminPrivilege: false };
}

function readProfile(body: JsonObject): Pick<Group, "name" | "description"> {
  const profile = object(body, "profile");
  return { name: text(profile, "name", 255), description: optionalText(profile, "description") };
}

/**
 * @decision Two groups that were made in the org can't have the same name: 400 E0000001.
 * @evidence recorded: CDCgov/prime-simplereport issue 3002.
 * @matters deployment fails: an update stops at a group that exists already; `groupId` is the remedy.
 *
 * @decision A group of an app or a directory takes its name from the org's own groups.
 * @evidence assumed: an import may bring in a name that exists; whether a group can be made with the name of an
 *   imported one is not documented.
 * @show whether a group can be made with the name of a group that came from a directory.
 * @matters deployment fails: with such a group the update stops, or makes a second group of the same name.
 */
function requireUniqueName(org: Org, group: Group): void {
  for (const other of org.groups.values()) {
    if (other.id !== group.id && other.name === group.name) throw duplicate("name");
  }
}

/**
 * @decision A group says in lastMembershipUpdated when somebody was added to it or removed from it last.
 * @evidence documentation: Okta, "Groups API": lastMembershipUpdated is the "timestamp when the groups memberships were last updated", and groups can be filtered by it (https://developer.okta.com/docs/api/openapi/okta-management/management/tag/Group/); pomerium/datasource, pkg/directory/okta, reads members again only of groups that are "lastMembershipUpdated gt" its last run
 * @matters sign-in lost: if a removal does not change it, somebody who was removed by hand is taken for a member until the list is read again.
 */
function groupDocument(org: Org, group: Group): object {
  const href = `${org.url}/api/v1/groups/${group.id}`;
  return {
    id: group.id,
    created: new Date(group.created).toISOString(),
    lastUpdated: new Date(group.lastUpdated).toISOString(),
    lastMembershipUpdated: new Date(group.members.changedAt).toISOString(),
    objectClass: ["okta:user_group"],
    type: group.type,
    profile: { name: group.name, description: group.description },
    _links: {
      logo: ["medium", "large"].map((name) => ({
        name,
        href: `${org.url}/assets/img/logos/groups/okta-${name}.png`,
        type: "image/png",
      })),
      ...(group.type === "BUILT_IN" ? {} : { owners: { href: `${href}/owners` } }),
      users: { href: `${href}/users` },
      apps: { href: `${href}/apps` },
    },
  };
}
