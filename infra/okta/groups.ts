import * as okta from "@pulumi/okta";
import * as pulumi from "@pulumi/pulumi";
import type { GroupRule, ResolvedRule } from "../rules.ts";

/** The groups of the rules. */
export interface Groups {
  /** The rules with the ids of their groups. */
  readonly rules: readonly ResolvedRule[];
  /** Ids of all groups, each once. */
  readonly ids: pulumi.Output<string>[];
  /** The same by name; a group that existed before goes by its id. */
  readonly idsByName: Readonly<Record<string, pulumi.Output<string>>>;
}

/** Makes each group that a rule names, once, and takes the existing ones as they are. */
export function createGroups(
  name: string,
  args: { readonly rules: readonly GroupRule[]; readonly protect: boolean; readonly stack: string },
  options: pulumi.CustomResourceOptions,
): Groups {
  // A name may be that of something that every object has, such as `constructor`.
  const ids = new Map<string, pulumi.Output<string>>();
  const idOf = (rule: GroupRule): pulumi.Output<string> => {
    const key = rule.group ?? rule.groupId;
    const id =
      ids.get(key) ??
      (rule.group === undefined
        ? pulumi.output(rule.groupId)
        : new okta.group.Group(
            `${name}-${rule.group}`,
            { name: rule.group, description: `People get in by signing in (${name}, ${args.stack}).` },
            // Deleting a group takes every membership with it.
            { ...options, protect: args.protect },
          ).id);
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
