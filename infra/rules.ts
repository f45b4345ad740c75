import { type ASTNode, type Environment, serialize } from "@marcbachmann/cel-js";
import type * as pulumi from "@pulumi/pulumi";
import {
  ConditionError,
  checkTypes,
  childrenOf,
  conditionLanguage,
  methodCallOf,
} from "../function/shared/conditions/language.ts";
import { errorAt, parseWithPatterns } from "../function/shared/conditions/patterns.ts";
import { isId } from "../function/shared/events.ts";
import { isObject, own } from "../function/shared/json.ts";
import type { Kind } from "./checks.ts";
import type { ReportFault } from "./errors.ts";

/** The events that a rule can name. */
export const SignInEventType = {
  /** A person signed in to Okta. */
  SessionStart: "user.session.start",
  /** A person signed in to an app through Okta. */
  SingleSignOn: "user.authentication.sso",
  /** A person proved a factor. */
  Mfa: "user.authentication.auth_via_mfa",
  /** A person signed in by another identity provider. */
  IdentityProvider: "user.authentication.auth_via_IDP",
  /** A person signed in by a social identity provider. */
  SocialIdentityProvider: "user.authentication.auth_via_social",
} as const;
/** An event that a rule can name. */
export type SignInEventType = (typeof SignInEventType)[keyof typeof SignInEventType];

/**
 * The event types that a rule can have: a person signed in or proved a factor, that person is the event's actor, and Okta sends
 * the event to event hooks (Okta, "Event types", release 2026.08.1: tag `event-hook-eligible`). It is a list, because the actor of
 * other events, even of the same families, may be an administrator (`user.session.clear`) or a person who signs out
 * (`user.session.end`): they would get into the group.
 */
export const signInEventTypes: readonly string[] = Object.values(SignInEventType);

// A schema has no union that all languages know, so `checkRule` refuses a rule with both a group and an id, or with neither.
/** Which sign-ins lead to which group. A rule has either `group` or `groupId`. */
export interface GroupRule {
  /** Event types of sign-ins. */
  readonly on: pulumi.Input<pulumi.Input<SignInEventType>[]>;
  /** A CEL condition over `event`. */
  readonly when?: pulumi.Input<string>;
  /** Name of a group that the stack creates. */
  readonly group?: pulumi.Input<string>;
  /** Former name of the same group: it is renamed, and keeps its members. Only with `group`. */
  readonly renamedFrom?: pulumi.Input<string>;
  /** Okta's id of an existing group, in place of `group`; also of one that the same program creates. */
  readonly groupId?: pulumi.Input<string>;
}

/** A rule after its check: it names exactly one group. */
export type CheckedRule = {
  readonly on: SignInEventType[];
  readonly when?: string;
} & (
  | { readonly group: string; readonly renamedFrom?: string; readonly groupId?: never }
  | { readonly groupId: string; readonly group?: never; readonly renamedFrom?: never }
);

/** A rule with the id of its group, which is known once the group exists. */
export interface ResolvedRule {
  readonly groupId: pulumi.Output<string>;
  readonly on: readonly string[];
  readonly when?: string;
}

/** Sign-in events without that tag, which Okta never sends to an event hook, with what can be used instead. */
export const notEligibleEventTypes: Readonly<Record<string, string>> = {
  "user.authentication.verify": "user.authentication.auth_via_mfa",
  "user.authentication.auth_via_AD_agent": "user.session.start",
  "user.authentication.auth_via_LDAP_agent": "user.session.start",
  "user.authentication.auth_via_iwa": "user.session.start",
  "user.authentication.auth_via_radius": "user.session.start",
  "user.authentication.auth_via_inbound_SAML": "user.session.start",
  "policy.evaluate_sign_on": "user.session.start",
};

/** Okta takes 1,000 resources a resource set, of which the users are one. */
const MAXIMUM_GROUPS = 999;

/** Cloud Run's limit for one environment variable is 32 KiB; ids and punctuation take some of it. */
const MAXIMUM_RULES_LENGTH = 30_000;

/** A list of rules with their conditions: a mistake fails the preview, not a sign-in. */
export const ruleList: Kind<CheckedRule[]> = {
  type: "array",
  typescript: "pulumi.Input<GroupRule>[]",
  allowed: "a list of at least one rule, for example [{group: App Users, on: [user.session.start]}]",
  check(value, setting, fault) {
    if (!Array.isArray(value) || value.length === 0) {
      fault(setting, value, `it must be ${ruleList.allowed}.`);
      return undefined;
    }
    const rules = value.flatMap(
      (rule: unknown, index) => checkRule(`${setting}[${index}]`, rule, fault) ?? [],
    );
    checkRenamings(setting, rules, fault);
    if (new Set(rules.map((rule) => rule.group ?? rule.groupId)).size > MAXIMUM_GROUPS) {
      const remedy = `they must name at most ${MAXIMUM_GROUPS} groups, Okta's limit for one resource set. Move some to another stack.`;
      fault(setting, undefined, remedy);
    }
    if (JSON.stringify(rules).length > MAXIMUM_RULES_LENGTH) {
      const remedy = `they must have at most ${MAXIMUM_RULES_LENGTH} characters as JSON. Shorten the conditions.`;
      fault(setting, undefined, remedy);
    }
    return rules;
  },
};

function checkRule(place: string, value: unknown, fault: ReportFault): CheckedRule | undefined {
  if (!isObject(value)) {
    fault(place, value, "it must be a rule, for example {group: App Users, on: [user.session.start]}.");
    return undefined;
  }
  const { group, groupId, renamedFrom, on, when, ...others } = value;
  for (const name of Object.keys(others)) {
    const remedy =
      "a rule has only group or groupId, renamedFrom, on and when. Correct the name, or remove it.";
    fault(`${place}.${name}`, others[name], remedy);
  }
  const eventTypes = checkEventTypes(`${place}.on`, on, fault);
  const condition = when === undefined ? {} : readCondition(`${place}.when`, when, fault);
  if ((group === undefined) === (groupId === undefined)) {
    const remedy =
      "it must have either group (the name of a group that the stack creates) or groupId (the id of an existing group).";
    fault(place, value, remedy);
    return undefined;
  }
  if (group !== undefined) {
    if (!isGroupName(group)) {
      fault(`${place}.group`, group, "it must be a name of 1 to 255 characters, for example App Users.");
      return undefined;
    }
    if (group === "__proto__") {
      fault(`${place}.group`, group, "Pulumi loses this name in a stack's outputs. Choose another name.");
      return undefined;
    }
    if (group === "Everyone") {
      fault(`${place}.group`, group, "only Okta adds people to Everyone. Name another group.");
      return undefined;
    }
    if (renamedFrom === undefined) return { group, on: eventTypes, ...condition };
    if (!isGroupName(renamedFrom) || renamedFrom === group) {
      const remedy =
        "it must be the former name of the group, for example Users. Remove it if there is none.";
      fault(`${place}.renamedFrom`, renamedFrom, remedy);
      return undefined;
    }
    return { group, renamedFrom, on: eventTypes, ...condition };
  }
  if (renamedFrom !== undefined) {
    const remedy =
      "the stack can rename only a group that it created. Remove renamedFrom from a rule with groupId.";
    fault(`${place}.renamedFrom`, renamedFrom, remedy);
  }
  if (typeof groupId !== "string" || !isId(groupId)) {
    const remedy =
      "it must be the group's id, the last part of its address in Okta's admin console, for example 00g1a2b3c4d5e6f7g8h9.";
    fault(`${place}.groupId`, groupId, remedy);
    return undefined;
  }
  return { groupId, on: eventTypes, ...condition };
}

function isGroupName(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "" && value.length <= 255;
}

/** The former names of groups that were renamed, by their names. */
export function formerNamesOf(rules: readonly CheckedRule[]): ReadonlyMap<string, string> {
  return new Map(
    rules.flatMap(({ group, renamedFrom }) =>
      group === undefined || renamedFrom === undefined ? [] : [[group, renamedFrom] as const],
    ),
  );
}

/** A group has one former name, and no other group has or had that name: otherwise two groups would be the same. */
function checkRenamings(setting: string, rules: readonly CheckedRule[], fault: ReportFault): void {
  const groupOf = new Map<string, string>();
  const formerOf = new Map<string, string>();
  for (const { group, renamedFrom } of rules) {
    if (group === undefined || renamedFrom === undefined) continue;
    if (rules.some((rule) => rule.group === renamedFrom)) {
      const remedy = `"${group}" is renamed from it, and a rule still names it. Remove one of them.`;
      fault(setting, renamedFrom, remedy);
    } else if ((groupOf.get(renamedFrom) ?? group) !== group) {
      const remedy = `"${group}" and "${groupOf.get(renamedFrom)}" are both renamed from it. Remove it from one of them.`;
      fault(setting, renamedFrom, remedy);
    } else if ((formerOf.get(group) ?? renamedFrom) !== renamedFrom) {
      const remedy = `it is renamed from "${renamedFrom}" and from "${formerOf.get(group)}". Write the same name in each rule.`;
      fault(setting, group, remedy);
    }
    groupOf.set(renamedFrom, group);
    formerOf.set(group, renamedFrom);
  }
}

/** Only sign-ins: the actor of any other event, such as an administrator, would get into the group. */
function checkEventTypes(place: string, value: unknown, fault: ReportFault): SignInEventType[] {
  if (!Array.isArray(value) || value.length === 0) {
    fault(place, value, "it must be a list of at least one event type, for example [user.session.start].");
    return [];
  }
  return value.flatMap((eventType: unknown) => {
    const known = Object.values(SignInEventType).find((one) => one === eventType);
    if (known !== undefined) return [known];
    const instead = typeof eventType === "string" ? own(notEligibleEventTypes, eventType) : undefined;
    fault(
      place,
      eventType,
      instead === undefined
        ? `it must be a sign-in event: ${signInEventTypes.join(", ")}.`
        : `Okta does not send it to event hooks. Write ${instead}.`,
    );
    return [];
  });
}

function readCondition(place: string, value: unknown, fault: ReportFault): { when?: string } {
  if (typeof value !== "string" || value.trim() === "") {
    fault(
      place,
      value,
      "it must be a CEL condition, for example event.actor.alternateId.endsWith('@acme.com'). Remove it if there is none.",
    );
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

/** Macros that go through a list or a map. */
const loops = ["all", "exists", "exists_one", "filter", "map"];

/**
 * Checks a rule's condition: its types, the names of its fields, its patterns and its cost. Not whether it does what its
 * author intended.
 *
 * @throws ConditionError, with the place where one is known
 */
function checkCondition(expression: string): void {
  checkTypes(expression);
  checkFields(conditionLanguage.parse(expression).ast, conditionLanguage);
  checkCost(parseWithPatterns(conditionLanguage, expression).ast, false);
}

/** The compiler lets `has` take any name for a field; a wrong one would be false for every event. */
function checkFields(node: ASTNode, language: Environment): void {
  if (node.op === "call" && node.args[0] === "has") {
    const { error } = language.check(
      childrenOf(node)
        .map((field) => serialize(field))
        .join(),
    );
    if (error !== undefined) throw new ConditionError(error.message);
  }
  const call = methodCallOf(node);
  // Within these, a name may mean something else than outside.
  if (call !== undefined && [...loops, "bind"].includes(call.name)) {
    checkFields(call.receiver, language);
    const within = languageWithin(call.receiver, call.arguments[0], language);
    if (within !== undefined) for (const part of call.arguments.slice(1)) checkFields(part, within);
    return;
  }
  for (const child of childrenOf(node)) checkFields(child, language);
}

/** The language where a macro goes through a list by this name; undefined when the type of its items is unknown. */
function languageWithin(
  list: ASTNode,
  variable: ASTNode | undefined,
  language: Environment,
): Environment | undefined {
  const [, item] = /^list<(.+)>$/.exec(language.check(serialize(list)).type ?? "") ?? [];
  if (variable?.op !== "id" || item === undefined || language.hasVariable(variable.args)) return undefined;
  return language.clone().registerVariable(variable.args, item);
}

/**
 * Refuses what could keep a function busy with one event, since people choose what some fields hold: what is left takes
 * time linear in each text and in each list.
 */
function checkCost(node: ASTNode, isWithinLoop: boolean): void {
  // The parser of durations backtracks, with the cube of a text's length.
  if (node.op === "call" && node.args[0] === "duration" && !node.args[1].every(isConstant)) {
    throw errorAt("duration accepts only a literal text", node);
  }
  const call = methodCallOf(node);
  if (call === undefined || !loops.includes(call.name)) {
    for (const child of childrenOf(node)) checkCost(child, isWithinLoop);
    return;
  }
  const isConstantLoop = isConstant(call.receiver);
  if (isWithinLoop && !isConstantLoop) {
    throw errorAt(`${call.name} loops over a list of the event inside another loop`, node);
  }
  checkCost(call.receiver, isWithinLoop);
  for (const part of call.arguments) checkCost(part, isWithinLoop || !isConstantLoop);
}

/** Whether it names nothing, neither the event nor a macro's variable. */
function isConstant(node: ASTNode): boolean {
  return node.op !== "id" && childrenOf(node).every(isConstant);
}
