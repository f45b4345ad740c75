import type { ASTNode } from "@marcbachmann/cel-js";
import { methodCallOf } from "../../function/conditions/syntax.ts";
import { type Assumption, assume, isContradictory } from "./contradictions.ts";
import { isWrittenInFull } from "./evaluation.ts";
import { pathOf } from "./syntax.ts";

/** Assumptions that don't contradict each other, as far as can be seen. */
type Case = readonly Assumption[];

/** With more cases than these the search is given up. */
const MAXIMUM_CASES = 300;

/** There are too many cases to look at. */
class TooManyCases extends Error {}

/**
 * Whether some event might make all of these true at once. No is certain; yes means only that no contradiction was found:
 * what a field can hold is known where it is compared with constants, and all else is taken for possible.
 */
export function canAllBeTrue(nodes: readonly ASTNode[]): boolean {
  try {
    return nodes.reduce<Case[]>((cases, node) => narrowAll(cases, node, true), [[]]).length > 0;
  } catch (error) {
    if (error instanceof TooManyCases) return true;
    throw error;
  }
}

/** The cases in which the node has the wanted value. One that fails has none, so both sides must have one to count. */
function narrow(before: Case, node: ASTNode, wanted: boolean): Case[] {
  switch (node.op) {
    case "!_":
      return narrow(before, node.args, !wanted);
    case "&&":
    case "||": {
      const [left, right] = node.args;
      return wanted === (node.op === "&&")
        ? narrowAll(narrow(before, left, wanted), right, wanted)
        : atMost([...narrow(before, left, wanted), ...narrow(before, right, wanted)]);
    }
    case "?:": {
      const [condition, yes, no] = node.args;
      return atMost([
        ...narrowAll(narrow(before, condition, true), yes, wanted),
        ...narrowAll(narrow(before, condition, false), no, wanted),
      ]);
    }
    default: {
      if (!isWrittenInFull(node)) return [before];
      if (wanted && isExistenceOfNothing(node)) return [];
      const after = [...before, assume(node, wanted)];
      return isContradictory(after) ? [] : [after];
    }
  }
}

function narrowAll(cases: readonly Case[], node: ASTNode, wanted: boolean): Case[] {
  return atMost(cases.flatMap((one) => narrow(one, node, wanted)));
}

function atMost(cases: Case[]): Case[] {
  if (cases.length > MAXIMUM_CASES) throw new TooManyCases();
  return cases;
}

/** `exists` for something that nothing in a list of the event can be. Other lists can hold what JSON can't, such as NaN. */
function isExistenceOfNothing(node: ASTNode): boolean {
  const call = methodCallOf(node);
  if (call === undefined || !["exists", "exists_one"].includes(call.name)) return false;
  if (pathOf(call.receiver) === undefined) return false;
  const predicate = call.arguments[1];
  return predicate !== undefined && narrow([], predicate, true).length === 0;
}
