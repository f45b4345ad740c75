import { narrowerAmong } from "./covering.ts";

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
