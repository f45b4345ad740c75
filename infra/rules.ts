import type * as pulumi from "@pulumi/pulumi";
import { isId } from "../function/events.ts";
import { own } from "../function/json.ts";
import { checkCondition } from "./conditions.ts";
import { notEligibleEventTypes, signInEventTypes } from "./event-types.ts";
import type { ReportFault } from "./faults.ts";

/** Who gets into which group, on what event, as the configuration says it. */
export type GroupRule = {
  /** Event types of sign-ins, such as `user.session.start`; `event-types.ts` has all that can be used. */
  readonly on: readonly string[];
  /** A CEL condition over `event`. */
  readonly when?: string;
} & (
  | {
      /** Name of a group that the stack makes. */
      readonly group: string;
      /** Name that the same group had before: it is renamed, and keeps its members. */
      readonly renamedFrom?: string;
      readonly groupId?: never;
    }
  | {
      /** Okta's id of a group that exists already. */
      readonly groupId: string;
      readonly group?: never;
      readonly renamedFrom?: never;
    }
);

/** A rule with the id of its group, which is known once the group exists. */
export interface ResolvedRule {
  readonly groupId: pulumi.Output<string>;
  readonly on: readonly string[];
  readonly when?: string;
}

/** Okta takes 1,000 resources a resource set, of which the users are one. */
const MAXIMUM_GROUPS = 999;

/** Cloud Run's limit for one environment variable is 32 KiB; ids and punctuation take some of it. */
const MAXIMUM_RULES_LENGTH = 30_000;

/** Checks rules, conditions included: a wrong one fails the preview, not a sign-in. */
export function checkRules(value: unknown, fault: ReportFault): GroupRule[] {
  if (!Array.isArray(value) || value.length === 0) {
    fault(
      "rules",
      value,
      "write a list of at least one rule, such as {group: App Users, on: [user.session.start]}.",
    );
    return [];
  }
  const rules = value.flatMap((rule: unknown, index) => checkRule(`rules[${index}]`, rule, fault) ?? []);
  checkRenamings(rules, fault);
  if (new Set(rules.map((rule) => rule.group ?? rule.groupId)).size > MAXIMUM_GROUPS) {
    fault(
      "rules",
      undefined,
      `they name more than ${MAXIMUM_GROUPS} groups, Okta's limit for one resource set.`,
    );
  }
  if (JSON.stringify(rules).length > MAXIMUM_RULES_LENGTH) {
    fault(
      "rules",
      undefined,
      `they are longer than ${MAXIMUM_RULES_LENGTH} characters. Shorten the conditions.`,
    );
  }
  return rules;
}

function checkRule(place: string, value: unknown, fault: ReportFault): GroupRule | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    fault(place, value, "write a rule as {group, on, when}.");
    return undefined;
  }
  const { group, groupId, renamedFrom, on, when, ...others }: Record<string, unknown> = { ...value };
  for (const name of Object.keys(others)) {
    fault(`${place}.${name}`, others[name], "a rule has only group or groupId, renamedFrom, on, and when.");
  }
  const eventTypes = checkEventTypes(`${place}.on`, on, fault);
  const condition = when === undefined ? {} : readCondition(`${place}.when`, when, fault);
  if ((group === undefined) === (groupId === undefined)) {
    fault(
      place,
      value,
      "write either group (a name; the group is made) or groupId (the id of one that exists).",
    );
    return undefined;
  }
  if (group !== undefined) {
    if (!isGroupName(group)) {
      fault(`${place}.group`, group, "write a name of 1 to 255 characters.");
      return undefined;
    }
    if (group === "__proto__") {
      fault(`${place}.group`, group, "Pulumi loses this name in a stack's outputs. Choose another.");
      return undefined;
    }
    if (group === "Everyone") {
      fault(
        `${place}.group`,
        group,
        "Okta itself puts everyone in Everyone, and nobody else can. Name another group.",
      );
      return undefined;
    }
    if (renamedFrom === undefined) return { group, on: eventTypes, ...condition };
    if (!isGroupName(renamedFrom) || renamedFrom === group) {
      fault(`${place}.renamedFrom`, renamedFrom, "write the name that the group had before.");
      return undefined;
    }
    return { group, renamedFrom, on: eventTypes, ...condition };
  }
  if (renamedFrom !== undefined) {
    fault(`${place}.renamedFrom`, renamedFrom, "only a group that the stack makes can be renamed by it.");
  }
  if (typeof groupId !== "string" || !isId(groupId)) {
    fault(
      `${place}.groupId`,
      groupId,
      "write the group's id, the last part of its address in Okta's admin console.",
    );
    return undefined;
  }
  return { groupId, on: eventTypes, ...condition };
}

function isGroupName(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "" && value.length <= 255;
}

/** The former names of groups that were renamed, by their names. */
export function formerNamesOf(rules: readonly GroupRule[]): ReadonlyMap<string, string> {
  return new Map(
    rules.flatMap(({ group, renamedFrom }) =>
      group === undefined || renamedFrom === undefined ? [] : [[group, renamedFrom] as const],
    ),
  );
}

/** A group has one former name, and no other group has it, now or before: else two would be the same. */
function checkRenamings(rules: readonly GroupRule[], fault: ReportFault): void {
  const groupOf = new Map<string, string>();
  const formerOf = new Map<string, string>();
  for (const { group, renamedFrom } of rules) {
    if (group === undefined || renamedFrom === undefined) continue;
    if (rules.some((rule) => rule.group === renamedFrom)) {
      fault("rules", renamedFrom, `"${group}" is renamed from it, and a rule still names it. Take one out.`);
    } else if ((groupOf.get(renamedFrom) ?? group) !== group) {
      fault("rules", renamedFrom, `"${group}" and "${groupOf.get(renamedFrom)}" are both renamed from it.`);
    } else if ((formerOf.get(group) ?? renamedFrom) !== renamedFrom) {
      fault("rules", group, `it is renamed from "${renamedFrom}" and from "${formerOf.get(group)}".`);
    }
    groupOf.set(renamedFrom, group);
    formerOf.set(group, renamedFrom);
  }
}

/** Only sign-ins: whoever else is an event's actor, such as an administrator, would get into the group. */
function checkEventTypes(place: string, value: unknown, fault: ReportFault): string[] {
  if (!Array.isArray(value) || value.length === 0) {
    fault(place, value, "write a list of at least one event type, such as [user.session.start].");
    return [];
  }
  return value.filter((eventType: unknown): eventType is string => {
    if (typeof eventType === "string" && signInEventTypes.includes(eventType)) return true;
    const instead = typeof eventType === "string" ? own(notEligibleEventTypes, eventType) : undefined;
    fault(
      place,
      eventType,
      instead === undefined
        ? `write an event of a person signing in: ${signInEventTypes.join(", ")}.`
        : `Okta sends no event hook for it. ${instead} is sent.`,
    );
    return false;
  });
}

function readCondition(place: string, value: unknown, fault: ReportFault): { when?: string } {
  if (typeof value !== "string" || value.trim() === "") {
    fault(place, value, "write a CEL condition, or leave it out.");
    return {};
  }
  try {
    checkCondition(value);
  } catch (error) {
    fault(place, value, error instanceof Error ? error.message : "it does not compile.");
    return {};
  }
  return { when: value };
}
