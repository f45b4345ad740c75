import type { ASTNode } from "@marcbachmann/cel-js";

/** Macros that give a name to what they go through; within them a name may mean something else than outside. */
const macros = ["all", "exists", "exists_one", "filter", "map", "bind"];

/** A call `receiver.name(…)`, such as `event.target.exists(t, …)`. */
export interface MethodCall {
  readonly name: string;
  readonly receiver: ASTNode;
  readonly arguments: readonly ASTNode[];
}

/** A field and the way to it, the variable first. */
export type Path = readonly string[];

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

/** Whether the call gives a name to what it goes through. */
export function isMacro({ name }: MethodCall): boolean {
  return macros.includes(name);
}

/** The parts of a node that must all be true for it to be true. */
export function conjunctsOf(node: ASTNode): ASTNode[] {
  return node.op === "&&" ? node.args.flatMap(conjunctsOf) : [node];
}

/** The path that a node is, such as `event.actor.id`; undefined when it is none. */
export function pathOf(node: ASTNode): Path | undefined {
  if (node.op === "id") return [node.args];
  if (node.op !== "." && node.op !== "[]") return undefined;
  const [object, key] = node.args;
  const name = typeof key === "string" ? key : key.op === "value" ? key.args : undefined;
  const path = pathOf(object);
  return path === undefined || typeof name !== "string" ? undefined : [...path, name];
}

/** The paths that a node's value depends on, each once; undefined when they can't be told. */
export function pathsOf(node: ASTNode): readonly Path[] | undefined {
  const path = pathOf(node);
  if (path !== undefined) return [path];
  const call = methodCallOf(node);
  if (call !== undefined && isMacro(call)) return undefined;
  const paths = new Map<string, Path>();
  for (const child of childrenOf(node)) {
    const found = pathsOf(child);
    if (found === undefined) return undefined;
    for (const one of found) paths.set(keyOf(one), one);
  }
  return [...paths.values()];
}

/** Tells one path from another. */
export function keyOf(path: Path): string {
  return JSON.stringify(path);
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === "object" && value !== null && "op" in value;
}
