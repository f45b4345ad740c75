import { type ASTNode, type Environment, serialize } from "@marcbachmann/cel-js";
import {
  ConditionError,
  checkTypes,
  childrenOf,
  conditionLanguage,
  methodCallOf,
} from "../function/shared/conditions/language.ts";
import { errorAt, parseWithPatterns } from "../function/shared/conditions/patterns.ts";

/** Macros that go through a list or a map. */
const loops = ["all", "exists", "exists_one", "filter", "map"];

/**
 * Checks a rule's condition: its types, the names of its fields, its patterns and its cost. Not whether it does what its
 * author meant.
 *
 * @throws ConditionError, with the place where one is known
 */
export function checkCondition(expression: string): void {
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
    throw errorAt("duration takes only a text that is written here", node);
  }
  const call = methodCallOf(node);
  if (call === undefined || !loops.includes(call.name)) {
    for (const child of childrenOf(node)) checkCost(child, isWithinLoop);
    return;
  }
  const isConstantLoop = isConstant(call.receiver);
  if (isWithinLoop && !isConstantLoop) {
    throw errorAt(`${call.name} goes through a list of the event for each item of another`, node);
  }
  checkCost(call.receiver, isWithinLoop);
  for (const part of call.arguments) checkCost(part, isWithinLoop || !isConstantLoop);
}

/** Whether it names nothing, neither the event nor a macro's variable. */
function isConstant(node: ASTNode): boolean {
  return node.op !== "id" && childrenOf(node).every(isConstant);
}
