import { isObject } from "../../function/shared/json.ts";
import type { Group } from "../okta/groups.ts";
import { findManagementClient, lookUp } from "../okta/management-client.ts";
import { GROUP_TYPE, groupDescription, groupNamed } from "../okta/names.ts";
import type { Preflight } from "./stack.ts";
import { findGroupByName } from "./taken-names.ts";

/**
 * Looks up the groups that rules name by id: each must exist, must have been created in Okta, and must hold no admin role. Roles
 * are looked up with the credentials of the configuration, because Okta's provider has no function for it. Without credentials, a
 * group is accepted only if `trustGroupIds` is set.
 */
export async function checkExistingGroups(preflight: Preflight): Promise<void> {
  const { orgUrl, findGroup, fault, warn } = preflight;
  const { rules, trustGroupIds: trusted } = preflight.settings;
  const places = new Map<string, string>();
  for (const [index, { groupId }] of rules.entries()) {
    if (groupId !== undefined && !places.has(groupId)) places.set(groupId, `rules[${index}].groupId`);
  }
  if (places.size === 0) return;
  const hasCredentials = findManagementClient(orgUrl, "roles") !== undefined;
  if (!hasCredentials && trusted) {
    const setting = [...places.values()].join(", ");
    warn(
      `${setting}: whether the group holds admin roles is not checked (trustGroupIds), because the configuration has no credentials for ${orgUrl}.`,
    );
  }
  const findRoles = hasCredentials
    ? (name: string, groupId: string) => findRoleFault(name, groupId, orgUrl)
    : async (name: string) => (trusted ? undefined : noCredentials(name, orgUrl));
  for (const [groupId, setting] of places) {
    const remedy = await findFault(await findGroup(groupId), groupId, orgUrl, findRoles);
    if (remedy !== undefined) fault(setting, groupId, remedy);
  }
}

function noCredentials(name: string, orgUrl: string): string {
  return (
    `whether ${name} holds admin roles cannot be looked up, because the configuration has no credentials for ${orgUrl}. ` +
    "Set okta:orgName, and okta:apiToken or okta:clientId with okta:privateKey, for that org; or check yourself that it holds none, and set trustGroupIds to true."
  );
}

/** @returns what is wrong with the group and what to do, or nothing */
async function findFault(
  group: Group | undefined,
  groupId: string,
  orgUrl: string,
  findRoles: (name: string, groupId: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  if (group === undefined) {
    return `${orgUrl} has no group with this id. Write the last part of the group's address in Okta's admin console.`;
  }
  const name = `the group "${group.name}"`;
  if (group.type === "BUILT_IN") {
    return `${name} is built in: only Okta adds people to it. Name a group that was created in Okta.`;
  }
  if (group.type !== undefined && group.type !== "OKTA_GROUP") {
    return `${name} comes from an app or a directory (${group.type}), and only that adds people to it. Name a group that was created in Okta.`;
  }
  return await findRoles(name, groupId);
}

/**
 * Okta, "Group role assignments API": list all group role assignments. Custom roles are among them: the members of a
 * resource set's binding are these assignments under another address (Okta, "Role assignments": the link `member`).
 */
async function findRoleFault(name: string, groupId: string, orgUrl: string): Promise<string | undefined> {
  const answer = await lookUp(orgUrl, "roles", `/api/v1/groups/${groupId}/roles`);
  if (answer.kind !== "found" || !Array.isArray(answer.body)) {
    const reason = answer.kind === "unknown" ? answer.reason : "Okta's answer is not a list";
    return `whether ${name} holds admin roles could not be looked up (${reason}). Fix that, then try again.`;
  }
  if (answer.body.length === 0) return undefined;
  const roles = answer.body.map((role: unknown) =>
    isObject(role) ? String(role["label"] ?? role["type"]) : "unknown",
  );
  return `${name} holds admin roles (${roles.join(", ")}): everyone who signs in would become an administrator. Remove the roles from the group, or name another one.`;
}

/**
 * Finds the groups of the stack that no rule names any more. An update deletes them with all their memberships. With
 * `protectGroups`, the update is refused here, with what to do, before the engine refuses it; without, a warning reports how many
 * memberships are deleted.
 */
export async function checkDeletedGroups(preflight: Preflight): Promise<void> {
  const { name, stack, orgUrl, settings, resources, fault, warn } = preflight;
  const named = settings.rules.flatMap(({ group, renamedFrom }) => [group, renamedFrom]);
  const kept = new Set(
    named.flatMap((group) => (group === undefined ? [] : [groupNamed(name, group).resource])),
  );
  const description = groupDescription(name, stack);
  for (const { type, name: resource, outputs } of resources) {
    if (type !== GROUP_TYPE || outputs["description"] !== description || kept.has(resource)) continue;
    const group = String(outputs["name"]);
    const memberships = await countMemberships(orgUrl, group);
    if (settings.protectGroups) {
      fault(
        "rules",
        settings.rules.map((rule) => rule.group ?? rule.groupId),
        `they no longer name the group "${group}", so the update would delete it, and ${memberships}. ` +
          `If it has another name now, add renamedFrom: ${group} to its rule. ` +
          "To delete it, restore its rule, set protectGroups to false and update; then remove the rule.",
      );
    } else {
      warn(
        `The update deletes the group "${group}", and ${memberships}: no rule names it any more. ` +
          "If it is still protected, Pulumi refuses that: restore its rule, update, then remove the rule again.",
      );
    }
  }
}

/** Such as `with it 12 memberships`. */
async function countMemberships(orgUrl: string, group: string): Promise<string> {
  const answer = await findGroupByName(orgUrl, group);
  const embedded = answer.kind === "found" && isObject(answer.body) ? answer.body["_embedded"] : undefined;
  const stats = isObject(embedded) ? embedded["stats"] : undefined;
  const count = isObject(stats) ? stats["usersCount"] : undefined;
  if (typeof count === "number") return `with it ${count} membership${count === 1 ? "" : "s"}`;
  const reason = answer.kind === "unknown" ? ` (how many could not be looked up: ${answer.reason})` : "";
  return `all its memberships with it${reason}`;
}
