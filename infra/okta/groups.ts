import * as okta from "@pulumi/okta";
import * as pulumi from "@pulumi/pulumi";
import { formerNamesOf, type GroupRule, type ResolvedRule } from "../rules.ts";
import { groupDescription, groupNamed } from "./names.ts";

/** The groups of the rules. */
export interface Groups {
  /** The rules with the ids of their groups. */
  readonly rules: readonly ResolvedRule[];
  /** Ids of all groups, each once. */
  readonly ids: pulumi.Output<string>[];
  /** The same by name; a group that existed before goes by its id. */
  readonly idsByName: Readonly<Record<string, pulumi.Output<string>>>;
}

/**
 * Makes each group that a rule names, once, and takes the existing ones as they are. A group is known to Pulumi by its name;
 * one that a rule says to be renamed stays the same group, with its members.
 */
export function createGroups(
  name: string,
  args: { readonly rules: readonly GroupRule[]; readonly protect: boolean; readonly stack: string },
  options: pulumi.CustomResourceOptions,
): Groups {
  const formerNames = formerNamesOf(args.rules);
  // A name may be that of something that every object has, such as `constructor`.
  const ids = new Map<string, pulumi.Output<string>>();
  const createGroup = (group: string): okta.group.Group => {
    const former = formerNames.get(group);
    return new okta.group.Group(
      groupNamed(name, group).resource,
      { name: group, description: groupDescription(name, args.stack) },
      {
        ...options,
        // Deleting a group takes every membership with it.
        protect: args.protect,
        aliases: former === undefined ? [] : [{ name: groupNamed(name, former).resource }],
      },
    );
  };
  const idOf = (rule: GroupRule): pulumi.Output<string> => {
    const key = rule.group ?? rule.groupId;
    const id =
      ids.get(key) ?? (rule.group === undefined ? pulumi.output(rule.groupId) : createGroup(rule.group).id);
    ids.set(key, id);
    return id;
  };
  const rules = args.rules.map((rule) => ({
    groupId: idOf(rule),
    on: rule.on,
    ...(rule.when === undefined ? {} : { when: rule.when }),
  }));
  return { rules, ids: [...ids.values()], idsByName: Object.fromEntries(ids) };
}
