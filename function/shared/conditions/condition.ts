import type { ASTNode, ParseResult } from "@marcbachmann/cel-js";
import type { SystemLogEvent } from "../events.ts";
import { conditionEvent } from "./event.ts";
import { checkTypes, childrenOf, conditionLanguage } from "./language.ts";

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
  leaveOutSource(program.ast);
  return (event) => {
    const variables = prepared.get(event) ?? prepare(event);
    if ("error" in variables) throw variables.error;
    const { stackTraceLimit } = Error;
    // A missing field is an error, so errors are common. Nobody reads their stacks, which take most of their time.
    Error.stackTraceLimit = 0;
    try {
      return program(variables) === true;
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  };
}

/** Regular expressions take longer to load than all the rest, and only a condition with this word can have one. */
async function parse(expression: string): Promise<ParseResult> {
  if (!expression.includes("matches")) return conditionLanguage.parse(expression);
  const { parseWithPatterns } = await import("./patterns.ts");
  return parseWithPatterns(conditionLanguage, expression);
}

/**
 * Keeps cel-js from quoting the condition in each error, with a mark at the place. Nobody reads that either, and its
 * time grows with the condition's length: for a long one with many missing fields, with its square.
 */
function leaveOutSource(node: ASTNode): void {
  Object.defineProperty(node, "input", { value: undefined });
  for (const child of childrenOf(node)) leaveOutSource(child);
}

/** The variables of a condition, or why there are none. */
type Variables = { readonly event: object } | { readonly error: unknown };

/** The variables of the events that are being matched. Preparing them takes longer than a condition, and conditions share them. */
const prepared = new WeakMap<SystemLogEvent, Variables>();

function prepare(event: SystemLogEvent): Variables {
  const variables = variablesOf(event);
  prepared.set(event, variables);
  return variables;
}

function variablesOf({ attributes }: SystemLogEvent): Variables {
  try {
    return { event: conditionEvent(attributes) };
  } catch (error) {
    return { error };
  }
}
