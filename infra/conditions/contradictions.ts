import { type ASTNode, serialize } from "@marcbachmann/cel-js";
import { type Choice, choiceOf, isBeyondChoices } from "./choices.ts";
import { isOutOfRange, type Limit, limitOf } from "./ranges.ts";
import { keyOf, type Path, pathOf, pathsOf } from "./syntax.ts";
import { isNoText, type Portion, portionOf, sizeOf } from "./texts.ts";

/** A part without and, or, not, of which it is assumed that it is true, or that it is false, and what that says. */
export interface Assumption {
  readonly text: string;
  readonly wanted: boolean;
  /** Undefined when it can't be told what it depends on. */
  readonly paths: readonly Path[] | undefined;
  /** The field that can only be one of these values. */
  readonly choice: Choice | undefined;
  /** How large a field, or its size, can be. */
  readonly limits: readonly Limit[];
  /** What a text is made of. */
  readonly portion: Portion | undefined;
  /** A field differs from itself. */
  readonly contradictsItself: boolean;
}

/** What it means that a part is true, or false. */
export function assume(node: ASTNode, wanted: boolean): Assumption {
  const limit = limitOf(node, wanted);
  const portion = portionOf(node, wanted);
  const size = portion && sizeOf(portion);
  return {
    text: serialize(node),
    wanted,
    paths: pathsOf(node),
    choice: choiceOf(node, wanted),
    limits: [limit ?? [], size ?? []].flat(),
    portion,
    contradictsItself: isOfItself(node) && wanted === ["!=", "<", ">"].includes(node.op),
  };
}

/** Whether these certainly don't go together. */
export function isContradictory(assumptions: readonly Assumption[]): boolean {
  return (
    assumptions.some((one) =>
      assumptions.some((other) => one.text === other.text && one.wanted !== other.wanted),
    ) ||
    assumptions.some(({ contradictsItself }) => contradictsItself) ||
    isOutOfRange(assumptions.flatMap(({ limits }) => limits)) ||
    isNoText(assumptions.flatMap(({ portion }) => portion ?? [])) ||
    isBeyondChoices(assumptions)
  );
}

/** Whether a field is compared with itself. JSON has nothing that does not equal itself. */
function isOfItself(node: ASTNode): boolean {
  switch (node.op) {
    case "==":
    case "!=":
    case "<":
    case "<=":
    case ">":
    case ">=": {
      const [left, right] = node.args.map(pathOf);
      return left !== undefined && right !== undefined && keyOf(left) === keyOf(right);
    }
    default:
      return false;
  }
}
