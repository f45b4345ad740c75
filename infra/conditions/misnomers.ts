import { type ASTNode, type Environment, serialize } from "@marcbachmann/cel-js";
import { ConditionError, conditionLanguage } from "../../function/conditions/language.ts";
import { childrenOf, methodCallOf } from "../../function/conditions/syntax.ts";
import { isMacro } from "./syntax.ts";

/**
 * Looks at what the compiler lets pass: `has` takes any name for a field, and would be false for every event.
 *
 * @param expression that compiles
 * @throws ConditionError
 */
export function checkNames(expression: string): void {
  checkNode(conditionLanguage.parse(expression).ast, conditionLanguage);
}

function checkNode(node: ASTNode, language: Environment): void {
  if (node.op === "call" && node.args[0] === "has") {
    const { error } = language.check(
      childrenOf(node)
        .map((field) => serialize(field))
        .join(),
    );
    if (error !== undefined) throw new ConditionError(error.message);
  }
  const call = methodCallOf(node);
  if (call !== undefined && isMacro(call)) {
    checkNode(call.receiver, language);
    const within = languageWithin(call.receiver, call.arguments[0], language);
    if (within !== undefined) for (const part of call.arguments.slice(1)) checkNode(part, within);
    return;
  }
  for (const child of childrenOf(node)) checkNode(child, language);
}

/** The language where a macro goes through a list by this name; undefined when what is in the list can't be told. */
function languageWithin(
  list: ASTNode,
  variable: ASTNode | undefined,
  language: Environment,
): Environment | undefined {
  const [, item] = /^list<(.+)>$/.exec(language.check(serialize(list)).type ?? "") ?? [];
  if (variable?.op !== "id" || item === undefined || language.hasVariable(variable.args)) return undefined;
  return language.clone().registerVariable(variable.args, item);
}
