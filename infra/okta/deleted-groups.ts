import { isObject } from "../../function/shared/json.ts";
import type { Preflight } from "../preflight.ts";
import { GROUP_TYPE, groupDescription, groupNamed } from "./names.ts";
import { findGroup } from "./taken-names.ts";

/**
 * Finds the groups of the stack that no rule names any more. An update deletes them, and every membership with them. With
 * `protectGroups` it is refused here, with what to do, before the engine refuses it; without, a warning says how many memberships
 * that costs.
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
          "To delete it, put its rule back, set protectGroups to false and update; then take the rule out.",
      );
    } else {
      warn(
        `The update deletes the group "${group}", and ${memberships}: no rule names it any more. ` +
          "If it is still protected, Pulumi refuses that: put its rule back, update, and take the rule out again.",
      );
    }
  }
}

/** Such as `with it 12 memberships`. */
async function countMemberships(orgUrl: string, group: string): Promise<string> {
  const answer = await findGroup(orgUrl, group);
  const embedded = answer.kind === "found" && isObject(answer.body) ? answer.body["_embedded"] : undefined;
  const stats = isObject(embedded) ? embedded["stats"] : undefined;
  const count = isObject(stats) ? stats["usersCount"] : undefined;
  if (typeof count === "number") return `with it ${count} membership${count === 1 ? "" : "s"}`;
  const reason = answer.kind === "unknown" ? ` (how many could not be looked up: ${answer.reason})` : "";
  return `all its memberships with it${reason}`;
}
