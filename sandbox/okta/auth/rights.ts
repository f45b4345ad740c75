import { STANDARD_ROLES, type StandardRole } from "../model/roles.ts";

/**
 * What Okta's API has scopes for (Okta, "OAuth 2.0 scopes"), each with `.read` and `.manage`.
 *
 * @decision The scopes of Okta's API are those of its list: one to read and one to manage for each area, and
 *   okta.logs.read.
 * @evidence documentation: Okta, "OAuth 2.0 scopes" (https://developer.okta.com/docs/api/oauth2/).
 * @matters deployment fails: the program grants okta.groups.manage and okta.logs.read.
 */
const AREAS = [
  "agentPools",
  "apiTokens",
  "appGrants",
  "apps",
  "authenticators",
  "authorizationServers",
  "behaviors",
  "brands",
  "captchas",
  "clients",
  "deviceAssurance",
  "devices",
  "domains",
  "emailDomains",
  "eventHooks",
  "factors",
  "features",
  "groups",
  "identitySources",
  "idps",
  "inlineHooks",
  "linkedObjects",
  "logStreams",
  "networkZones",
  "orgs",
  "policies",
  "principalRateLimits",
  "profileMappings",
  "pushProviders",
  "rateLimits",
  "realms",
  "roles",
  "schemas",
  "sessions",
  "templates",
  "threatInsights",
  "trustedOrigins",
  "uischemas",
  "users",
  "userTypes",
];

const SCOPES = new Set([
  "okta.logs.read",
  ...AREAS.flatMap((area) => [`okta.${area}.read`, `okta.${area}.manage`]),
]);

/** Whether Okta's API has this scope. */
export function isScope(name: string): boolean {
  return SCOPES.has(name);
}

/** The scopes that allow some of what another does. */
export function narrowerScopes(scope: string): readonly string[] {
  return narrowerAmong(SCOPES, scope);
}

/**
 * Whether a scope or a permission includes another: it is the same, or manages what the other reads (Okta, "Permissions").
 *
 * @decision A `.manage` scope or permission includes the `.read` of the same name, and nothing else.
 * @evidence documentation: Okta, "Permissions in Okta", included permissions.
 * @matters wrong access: the rights table and the policy pack reckon with it.
 */
export function covers(one: string, other: string): boolean {
  return one === other || one === other.replace(/\.read$/, ".manage");
}

/** Those of a kind that one includes besides itself. */
export function narrowerAmong(kind: Iterable<string>, one: string): readonly string[] {
  return [...kind].filter((other) => other !== one && covers(one, other));
}

/**
 * What a custom role can allow (Okta, "Permissions in Okta"); the families that users, groups and apps are about.
 *
 * @decision A custom role can hold only permissions of Okta's list.
 * @evidence documentation: Okta, "Permissions in Okta".
 * @matters deployment fails: the program's role holds three of them.
 */
const PERMISSIONS = new Set([
  "okta.apps.assignment.manage",
  "okta.apps.clientCredentials.read",
  "okta.apps.manage",
  "okta.apps.read",
  "okta.authzServers.manage",
  "okta.authzServers.read",
  "okta.customizations.manage",
  "okta.customizations.read",
  "okta.devices.manage",
  "okta.devices.read",
  "okta.eventhooks.manage",
  "okta.eventhooks.read",
  "okta.governance.accessRequests.manage",
  "okta.groups.appAssignment.manage",
  "okta.groups.create",
  "okta.groups.manage",
  "okta.groups.members.manage",
  "okta.groups.read",
  "okta.iam.read",
  "okta.identityProviders.manage",
  "okta.identityProviders.read",
  "okta.profilesources.import.run",
  "okta.realms.manage",
  "okta.realms.read",
  "okta.support.cases.manage",
  "okta.users.appAssignment.manage",
  "okta.users.create",
  "okta.users.credentials.manage",
  "okta.users.credentials.resetFactors",
  "okta.users.credentials.resetPassword",
  "okta.users.groupMembership.manage",
  "okta.users.lifecycle.activate",
  "okta.users.lifecycle.clearSessions",
  "okta.users.lifecycle.deactivate",
  "okta.users.lifecycle.delete",
  "okta.users.lifecycle.manage",
  "okta.users.lifecycle.suspend",
  "okta.users.lifecycle.unlock",
  "okta.users.lifecycle.unsuspend",
  "okta.users.manage",
  "okta.users.read",
  "okta.users.userprofile.manage",
  "okta.workflows.invoke",
]);

/** Whether a custom role can hold this permission. */
export function isPermission(name: string): boolean {
  return PERMISSIONS.has(name);
}

/** The permissions that another includes. */
export function narrowerPermissions(permission: string): readonly string[] {
  return narrowerAmong(PERMISSIONS, permission);
}

/** What a standard role can allow, for the whole org, of what is asked for here. */
export type StandardRight = "administer" | "manage memberships" | "see members" | "see the System Log";

/**
 * What each allows (Okta, "Standard administrator roles and permissions"). Of the roles with nothing here some may see the
 * System Log on a real org, in addition to what they manage.
 *
 * @decision Memberships are managed by super, org, group (USER_ADMIN) and group membership administrators; the System
 *   Log is seen by super, org, read-only and report administrators.
 * @evidence documentation: help.okta.com, "Standard administrator roles and permissions".
 * @matters wrong access: the reader of the System Log gets REPORT_ADMIN, which sees no member and changes nothing.
 */
const RIGHTS: Readonly<Record<StandardRole, readonly StandardRight[]>> = {
  SUPER_ADMIN: ["administer", "manage memberships", "see members", "see the System Log"],
  ORG_ADMIN: ["manage memberships", "see members", "see the System Log"],
  APP_ADMIN: [],
  USER_ADMIN: ["manage memberships", "see members"],
  GROUP_MEMBERSHIP_ADMIN: ["manage memberships", "see members"],
  HELP_DESK_ADMIN: [],
  API_ACCESS_MANAGEMENT_ADMIN: [],
  READ_ONLY_ADMIN: ["see members", "see the System Log"],
  REPORT_ADMIN: ["see the System Log"],
};

/** Whether a standard role has a right. */
export function roleAllows(role: StandardRole, right: StandardRight): boolean {
  return RIGHTS[role].includes(right);
}

/** The standard roles that have some of the rights of another, or none, and no others. */
export function narrowerStandardRoles(role: string): readonly StandardRole[] {
  const held = STANDARD_ROLES.filter((other) => other === role).flatMap((other) => RIGHTS[other]);
  return STANDARD_ROLES.filter((other) => {
    const some = RIGHTS[other];
    return some.length < held.length && some.every((right) => held.includes(right));
  });
}
