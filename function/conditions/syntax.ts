import type { ASTNode } from "@marcbachmann/cel-js";

/** A call `receiver.name(…)`, such as `event.target.exists(t, …)`. */
export interface MethodCall {
  readonly name: string;
  readonly receiver: ASTNode;
  readonly arguments: readonly ASTNode[];
}

/** The nodes that a node is made of. */
export function childrenOf(node: ASTNode): ASTNode[] {
  const parts: unknown[] = [node.args].flat(2);
  return parts.filter(isNode);
}

/** The node as a method call; undefined when it is none. */
export function methodCallOf(node: ASTNode): MethodCall | undefined {
  if (node.op !== "rcall") return undefined;
  const [name, receiver, given] = node.args;
  return { name, receiver, arguments: given };
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === "object" && value !== null && "op" in value;
}
