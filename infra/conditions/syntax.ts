import type { ASTNode } from "@marcbachmann/cel-js";
import { childrenOf, type MethodCall, methodCallOf } from "../../function/conditions/syntax.ts";

/** Macros that go through a list or a map. */
const loops = ["all", "exists", "exists_one", "filter", "map"];

/** A field and the way to it, the variable first. */
export type Path = readonly string[];

/** Whether the call gives something a name; within it, the name may mean something else than outside. */
export function isMacro({ name }: MethodCall): boolean {
  return loops.includes(name) || name === "bind";
}

/** Whether the call does something for each item of what it goes through. */
export function isLoop({ name }: MethodCall): boolean {
  return loops.includes(name);
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
