import type { Condition } from "./conditions/condition.ts";
import type { Rule } from "./contract.ts";
import { isSignIn, type SystemLogEvent } from "./events.ts";
import type { Log } from "./log.ts";

/** A group that an event leads to, and the position of the rule that says so. */
export interface Match {
  readonly groupId: string;
  readonly rule: number;
}

/** Returns the groups that an event leads to by the rules that share one condition. */
export type Check = (event: SystemLogEvent) => readonly Match[];

/** Returns the checks of an event, one for each condition. Several checks may lead to the same group. */
export type RuleMatcher = (event: SystemLogEvent) => readonly Check[];

/** How long a rule whose condition fails on events is not logged again. */
const REPEAT_AFTER_MS = 60_000;

/**
 * Makes a matcher for the rules. The CEL interpreter is loaded only if a rule has a condition.
 *
 * @param now the clock, in milliseconds
 * @throws ConditionError when a condition is wrong
 */
export async function createRuleMatcher(
  rules: readonly Rule[],
  log: Log,
  now: () => number,
): Promise<RuleMatcher> {
  const silentUntil = new Map<Rule, number>();
  const report = (rule: Rule, { eventType }: SystemLogEvent, error: unknown): void => {
    const time = now();
    if (time < (silentUntil.get(rule) ?? time)) return;
    silentUntil.set(rule, time + REPEAT_AFTER_MS);
    log.signal("condition-failed", {
      groupId: rule.groupId,
      eventType,
      // The message may quote the event: a login that a map lacks, a text that is not a pattern.
      reason: error instanceof Error ? ("code" in error ? error.code : error.name) : "unknown",
    });
  };

  const createCheck = (wanted: readonly Rule[], condition: Condition): Check => {
    const matches = wanted.map((rule) => ({ groupId: rule.groupId, rule: rules.indexOf(rule) }));
    return (event) => {
      try {
        return condition(event) ? matches : [];
      } catch (error) {
        for (const rule of wanted) report(rule, event, error);
        return [];
      }
    };
  };

  const checks = new Map<string, Check[]>();
  for (const [when, same] of Map.groupBy(rules, (rule) => rule.when)) {
    const condition = await loadCondition(when);
    for (const eventType of new Set(same.flatMap(({ on }) => on))) {
      const wanted = same.filter(({ on }) => on.includes(eventType));
      checks.set(eventType, [...(checks.get(eventType) ?? []), createCheck(wanted, condition)]);
    }
  }
  return (event) => (isSignIn(event) ? checks.get(event.eventType) : undefined) ?? [];
}

async function loadCondition(expression: string | undefined): Promise<Condition> {
  if (expression === undefined) return () => true;
  const { compileCondition } = await import("./conditions/condition.ts");
  return compileCondition(expression);
}
