import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
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

/**
 * The one standard role that is allowed. No permission of a custom role lets an app read the System Log, and of the
 * standard roles that do, this has the least: it reads, and can change nothing.
 */
const READ_ONLY_ROLE = { type: "REPORT_ADMIN", className: "Oauth2V1ClientsRoleReportAdmin" };

/** A standard role reaches the whole org: a leaked token could then change any group. */
export const noOrganizationWideRole: ResourceValidationPolicy = {
  name: "service-app-has-no-organization-wide-role",
  description:
    "A service app's admin role must be a custom one, limited by a resource set, or REPORT_ADMIN, which only reads.",
  validateResource({ type, name, props }, report) {
    const role = standardRole(type, props);
    if (role === undefined || role === READ_ONLY_ROLE.type || role === READ_ONLY_ROLE.className) return;
    report(
      `${name} gives a service app the org-wide role ${role}. ` +
        "Use type CUSTOM with a role and a resource set of the rules' groups, " +
        `or ${READ_ONLY_ROLE.type} for an app that reads the System Log and must change nothing.`,
    );
  },
};

/** The standard role that a resource gives to an app, by its type or its class; undefined when it gives none. */
function standardRole(type: string, props: Readonly<Record<string, unknown>>): string | undefined {
  if (type === "okta:app/oauthRoleAssignment:OauthRoleAssignment") {
    return props["type"] === "CUSTOM" ? undefined : String(props["type"]);
  }
  // One class for each standard role; the custom one has a resource set like the assignment above.
  const [, , className = ""] = type.split(":");
  return className.startsWith("Oauth2V1ClientsRole") && className !== "Oauth2V1ClientsRoleCustom"
    ? className
    : undefined;
}

/**
 * The policies on a custom role and a resource set see only those of the program. An assignment that names others, by an id
 * that somebody wrote down, could give any right.
 */
export const customRoleIsOfThisProgram: StackValidationPolicy = {
  name: "custom-role-is-of-this-program",
  description: "A service app's custom role and resource set must be declared in the same program.",
  validateStack({ resources }, report) {
    for (const { type, name, urn, props, propertyDependencies } of resources) {
      if (!assignments.test(type) || known(() => props["type"]) !== "CUSTOM") continue;
      for (const [property, declaredType] of parts) {
        const sources = propertyDependencies[property] ?? [];
        if (sources.length > 0 && sources.every((source) => source.type === declaredType)) continue;
        report(
          `${name} names a ${property} that this program does not declare, so nobody can see here what it allows. ` +
            "Declare it in this program and use its id.",
          urn,
        );
      }
    }
  },
};

/** What gives a service app a custom role, and where it says which role, on which resources. */
const assignments = /^okta:(?:app\/oauthRoleAssignment|index\/oauth2V1ClientsRoleCustom):/;
const parts = [
  ["role", "okta:index/adminRoleCustom:AdminRoleCustom"],
  ["resourceSet", "okta:index/resourceSet:ResourceSet"],
] as const;

/** The receiver is public: without the secret anybody could claim that somebody signed in. */
export const hookNeedsAuthentication: ResourceValidationPolicy = {
  name: "event-hook-has-authentication",
  description: "An event hook must send a secret in a header.",
  validateResource({ type, name, props }, report) {
    if (type !== "okta:index/eventHook:EventHook") return;
    if (known(() => sendsSecret(props), true)) return;
    report(`${name} sends no secret. Set auth to {type: "HEADER", key, value}, with a secret value.`);
  },
};

/** What a first preview does not know yet, the update asks for again. */
function sendsSecret({ auth }: Readonly<Record<string, unknown>>): boolean {
  const get = (key: string) => Reflect.get(Object(auth), key);
  return get("type") === "HEADER" && Boolean(get("key")) && Boolean(known(() => get("value"), true));
}
