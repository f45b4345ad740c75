import type { ASTNode } from "@marcbachmann/cel-js";
import { conditionLanguage } from "../../function/conditions/language.ts";
import { errorAt, parseWithPatterns } from "../../function/conditions/patterns.ts";
import { childrenOf, methodCallOf } from "../../function/conditions/syntax.ts";
import { isLoop, pathsOf } from "./syntax.ts";

/**
 * Refuses a condition that could keep a function busy with one event, since people choose what some fields hold: what is left
 * takes time linear in each text and in each list.
 *
 * @param expression that compiles
 * @throws ConditionError with the place; also for a wrong pattern
 */
export function checkWork(expression: string): void {
  checkNode(parseWithPatterns(conditionLanguage, expression).ast, false);
}

function checkNode(node: ASTNode, isWithinLoop: boolean): void {
  // The parser of durations backtracks, with the cube of a text's length.
  if (node.op === "call" && node.args[0] === "duration" && !node.args[1].every(isConstant)) {
    throw errorAt("duration takes only a text that is written here", node);
  }
  const call = methodCallOf(node);
  if (call === undefined || !isLoop(call)) {
    for (const child of childrenOf(node)) checkNode(child, isWithinLoop);
    return;
  }
  const isConstantLoop = isConstant(call.receiver);
  if (isWithinLoop && !isConstantLoop) {
    throw errorAt(`${call.name} goes through a list of the event for each item of another`, node);
  }
  checkNode(call.receiver, isWithinLoop);
  for (const part of call.arguments) checkNode(part, isWithinLoop || !isConstantLoop);
}

/** Whether it depends on no event. */
function isConstant(node: ASTNode): boolean {
  return pathsOf(node)?.length === 0;
}
