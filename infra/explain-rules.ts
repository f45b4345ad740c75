import { type ASTNode, serialize } from "@marcbachmann/cel-js";
import { compileCondition } from "../function/shared/conditions/condition.ts";
import { childrenOf, conditionLanguage } from "../function/shared/conditions/language.ts";
import type { Rule } from "../function/shared/contract.ts";
import type { SystemLogEvent } from "../function/shared/events.ts";

/** What a part of a rule says about an event. A condition that reads a field which the event lacks has no value: `error`. */
export type Value = "true" | "false" | "error";

/** A part of a rule: all parts must be true. */
export interface RulePart {
  /** In CEL: what every event must have, the rule's event types, or a part of its condition. */
  readonly text: string;
  readonly value: Value;
  /** For `error`: why, such as `No such key: managed`. It may quote the event. */
  readonly reason?: string;
}

/** What a rule says about an event. */
export interface RuleVerdict {
  /** The rule's position in the setting `rules`, from 0. */
  readonly rule: number;
  readonly groupId: string;
  /** Whether the event leads to the rule's group: as the functions decide it. */
  readonly matches: boolean;
  /** What decided it, in order. Those after the first that must hold for every event, and does not, are not looked at. */
  readonly parts: readonly RulePart[];
}

/**
 * Says of each rule whether it matches an event, and which parts of it are false. The parts of a condition are what `&&` joins; each
 * is evaluated by itself. The whole decides as in the functions: there, too, a part that is false outweighs one that has no value.
 *
 * @throws ConditionError when a condition is wrong
 */
export async function explainRules(rules: readonly Rule[], event: SystemLogEvent): Promise<RuleVerdict[]> {
  const general = generalParts(event);
  return await Promise.all(
    rules.map(async ({ groupId, on, when }, rule) => {
      const type = partOf(`event.eventType in ${JSON.stringify(on)}`, on.includes(event.eventType));
      const always = [type, ...general];
      const isOpen = always.every(({ value }) => value === "true");
      const parts = isOpen && when !== undefined ? await conditionParts(when, event) : [];
      const isMet = isOpen && (when === undefined || (await evaluate(when, event)).value === "true");
      return { rule, groupId, matches: isMet, parts: [...always, ...parts] };
    }),
  );
}

/** What `isSignIn` of function/shared/events.ts asks of every event. */
function generalParts({ result, actor }: SystemLogEvent): readonly RulePart[] {
  return [
    partOf('event.outcome.result == "SUCCESS"', result === "SUCCESS"),
    partOf('event.actor.type == "User"', actor.type === "User"),
    partOf('event.actor.id != "unknown"', actor.id !== "unknown"),
  ];
}

function partOf(text: string, isTrue: boolean): RulePart {
  return { text, value: isTrue ? "true" : "false" };
}

async function conditionParts(condition: string, event: SystemLogEvent): Promise<readonly RulePart[]> {
  const texts = conjuncts(conditionLanguage.parse(condition).ast).map((node) => serialize(node));
  return await Promise.all(texts.map(async (text) => ({ text, ...(await evaluate(text, event)) })));
}

/** What `&&` joins, however it is nested. */
function conjuncts(node: ASTNode): ASTNode[] {
  return node.op === "&&" ? childrenOf(node).flatMap(conjuncts) : [node];
}

async function evaluate(condition: string, event: SystemLogEvent): Promise<Omit<RulePart, "text">> {
  const holds = await compileCondition(condition);
  try {
    return { value: holds(event) ? "true" : "false" };
  } catch (error) {
    // The first line says it; the others quote the condition.
    const [reason = ""] = error instanceof Error ? error.message.split("\n") : [];
    return { value: "error", reason };
  }
}
