import type { ResourceValidationPolicy } from "@pulumi/policy";
import { known } from "./known.ts";

/** The permissions of the one custom role: what `grant` does, and nothing else (docs/security.md). */
const neededPermissions: ReadonlySet<string> = new Set([
  "okta.groups.members.manage",
  "okta.groups.read",
  "okta.users.groupMembership.manage",
]);

/** The scopes of the two service apps (docs/security.md). */
const neededScopes: ReadonlySet<string> = new Set(["okta.groups.manage", "okta.logs.read"]);

/**
 * What the resource set may hold: single groups, by their address or their name (Okta, "Resource set resources", "Okta
 * resource names"), and all people, since adding a member needs a right on the user, too.
 */
const neededResource =
  /^https?:\/\/[^/]+\/api\/v1\/(?:groups\/[\w-]+|users)$|^orn:[\w-]+:directory:[\w-]+:(?:groups:[\w-]+|users)$/;

/** A custom role with more permissions reaches further than the members of groups, such as to apps or to passwords. */
export const customRoleOnlyManagesMembers: ResourceValidationPolicy = {
  name: "custom-role-only-manages-members",
  description: `A custom admin role may hold ${[...neededPermissions].join(", ")} and nothing else.`,
  validateResource({ type, name, props }, report) {
    if (type !== "okta:index/adminRoleCustom:AdminRoleCustom") return;
    for (const permission of texts(() => props["permissions"])) {
      if (neededPermissions.has(permission)) continue;
      report(
        `${name} has the permission ${permission}. Take it away: ` +
          `adding people to groups needs ${[...neededPermissions].join(", ")}.`,
      );
    }
  },
};

/** A role over all groups could put people into every group of the org, those of its administrators' tools included. */
export const resourceSetHoldsSingleGroups: ResourceValidationPolicy = {
  name: "resource-set-holds-single-groups",
  description:
    "A resource set may hold single groups and all users, but not all groups, apps or anything else.",
  validateResource({ type, name, props }, report) {
    if (type !== "okta:index/resourceSet:ResourceSet") return;
    const resources = [...texts(() => props["resources"]), ...texts(() => props["resourcesOrns"])];
    for (const resource of resources) {
      if (neededResource.test(resource)) continue;
      report(
        `${name} holds ${resource}. Name each group of the rules, as …/api/v1/groups/<id>, and …/api/v1/users for the people.`,
      );
    }
  },
};

/** A scope bounds what an app's role can be used for; a wide one waits for a wide role. */
export const serviceAppHasNeededScopes: ResourceValidationPolicy = {
  name: "service-app-has-needed-scopes",
  description: `A service app may have the scopes ${[...neededScopes].join(" and ")}.`,
  validateResource({ type, name, props }, report) {
    if (type !== "okta:index/appOauthApiScope:AppOauthApiScope") return;
    for (const scope of texts(() => props["scopes"])) {
      if (neededScopes.has(scope)) continue;
      report(
        `${name} grants the scope ${scope}. Take it away: writing memberships needs okta.groups.manage, ` +
          "reading the System Log okta.logs.read.",
      );
    }
  },
};

/** The provider's types that make people or groups administrators. */
const administrators: ReadonlySet<string> = new Set([
  "okta:group/role:Role",
  "okta:index/userAdminRoles:UserAdminRoles",
  "okta:index/adminRoleCustomAssignments:AdminRoleCustomAssignments",
]);

/** A group of a rule that holds an admin role makes an administrator of everybody who signs in. */
export const nobodyBecomesAdministrator: ResourceValidationPolicy = {
  name: "nobody-becomes-administrator",
  description: "No group and no person may get an admin role from this program.",
  validateResource({ type, name }, report) {
    if (!administrators.has(type)) return;
    report(
      `${name} (${type}) gives an admin role to a group or to people. Remove it: everybody who signs in would be an ` +
        "administrator if the group is one of the rules.",
    );
  },
};

/** The texts of a list, as far as they are known; none of what is not a list. */
function texts(read: () => unknown): string[] {
  const list = known(read);
  if (!Array.isArray(list)) return [];
  return Array.from(list.keys(), (index) => known(() => list[index])).filter(
    (text) => typeof text === "string",
  );
}
