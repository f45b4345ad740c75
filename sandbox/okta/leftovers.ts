import type { Org } from "./state.ts";

/** What a deployment made in the org and is still there, each worded for a person. People do not count. */
export function listLeftovers(org: Org): string[] {
  const groups = [...org.groups.values()].filter(({ type }) => type === "OKTA_GROUP");
  return [
    ...groups.map(({ id, name }) => `group "${name}" (${id})`),
    ...[...org.apps.values()].map(({ id, settings }) => `app "${settings.label}" (${id})`),
    ...[...org.grants.values()].map(({ clientId, scopeId }) => `grant of ${scopeId} to the app ${clientId}`),
    ...[...org.roles.values()].map(({ id, label }) => `role "${label}" (${id})`),
    ...[...org.resourceSets.values()].map(({ id, label }) => `resource set "${label}" (${id})`),
    ...[...org.roleAssignments.values()].map(
      ({ id, type, clientId }) => `assignment of a role (${type}) to the app ${clientId} (${id})`,
    ),
    ...[...org.eventHooks.values()].map(({ id, name }) => `event hook "${name}" (${id})`),
  ];
}
