import type { Condition } from "./conditions/condition.ts";
import type { Rule } from "./contract.ts";
import { isSignIn, type SystemLogEvent } from "./events.ts";
import type { Log } from "./log.ts";

/** Tells which groups an event leads to. */
export type Judge = (event: SystemLogEvent) => ReadonlySet<string>;

/** How long a rule whose condition fails on events stays silent after it was logged once, in milliseconds. */
const REPEAT_AFTER = 60_000;

/**
 * Makes a judge of rules. Without a condition in any of them the CEL interpreter is not even loaded.
 *
 * @param now the clock, in milliseconds
 * @throws ConditionError when a condition is wrong
 */
export async function createJudge(rules: readonly Rule[], log: Log, now: () => number): Promise<Judge> {
  const compiled = await Promise.all(rules.map((rule) => compileRule(rule, log, now)));
  return (event) => {
    if (!isSignIn(event)) return new Set();
    return new Set(compiled.filter(({ matches }) => matches(event)).map(({ groupId }) => groupId));
  };
}

async function compileRule(
  rule: Rule,
  log: Log,
  now: () => number,
): Promise<{ groupId: string; matches: (event: SystemLogEvent) => boolean }> {
  const wanted = new Set(rule.on);
  const condition = await loadCondition(rule.when);
  let silentUntil = Number.NEGATIVE_INFINITY;
  const holds = (event: SystemLogEvent): boolean => {
    try {
      return condition(event);
    } catch (error) {
      if (now() >= silentUntil) {
        silentUntil = now() + REPEAT_AFTER;
        log.warning("A rule's condition failed on an event; it counts as no match.", {
          groupId: rule.groupId,
          eventType: event.eventType,
          // The message may quote the event: a login that a map lacks, a text that is no pattern.
          reason: error instanceof Error ? ("code" in error ? error.code : error.name) : "unknown",
        });
      }
      return false;
    }
  };
  return { groupId: rule.groupId, matches: (event) => wanted.has(event.eventType) && holds(event) };
}

async function loadCondition(expression: string | undefined): Promise<Condition> {
  if (expression === undefined) return () => true;
  const { compileCondition } = await import("./conditions/condition.ts");
  return compileCondition(expression);
}
