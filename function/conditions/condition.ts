import type { ParseResult } from "@marcbachmann/cel-js";
import type { SystemLogEvent } from "../events.ts";
import { conditionEvent } from "./event.ts";
import { checkTypes, conditionLanguage } from "./language.ts";

/** Whether a condition holds for an event. Throws when the event lacks a field that the condition reads. */
export type Condition = (event: SystemLogEvent) => boolean;

/**
 * Compiles a condition, its patterns included.
 *
 * @throws ConditionError when a type or a pattern is wrong
 */
export async function compileCondition(expression: string): Promise<Condition> {
  checkTypes(expression);
  const program = await parse(expression);
  return (event) => program({ event: conditionEvent(event.attributes) }) === true;
}

/** Regular expressions take longer to load than all the rest, and only a condition with this word can have any. */
async function parse(expression: string): Promise<ParseResult> {
  if (!expression.includes("matches")) return conditionLanguage.parse(expression);
  const { parseWithPatterns } = await import("./patterns.ts");
  return parseWithPatterns(conditionLanguage, expression);
}
