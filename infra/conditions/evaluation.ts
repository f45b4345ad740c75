import { type ASTNode, Environment, serialize } from "@marcbachmann/cel-js";
import { parseWithPatterns } from "../../function/conditions/patterns.ts";
import { type Declared, eventFields, fieldOf } from "../../function/conditions/schema.ts";
import { childrenOf } from "../../function/conditions/syntax.ts";
import { type Path, pathsOf } from "./syntax.ts";

/** A value that a field can be compared with. */
export type Value = string | boolean | number;

/** A field and what it holds. */
export interface Assignment {
  readonly path: Path;
  readonly value: Value;
}

/** Types were checked before, so nothing needs to be declared. */
const language = new Environment({ unlistedVariablesAreDyn: true });

const programs = new Map<string, (context: Readonly<Record<string, unknown>>) => unknown>();

/**
 * What an expression gives when its fields hold these values. Undefined when that fails, so whatever it would give in an
 * event remains open.
 */
export function evaluate(text: string, assignments: readonly Assignment[] = []): unknown {
  try {
    const program = programs.get(text) ?? parseWithPatterns(language, text);
    programs.set(text, program);
    return program(contextOf(assignments));
  } catch {
    return undefined;
  }
}

/** What a node is in every event; undefined when that depends on the event, or fails. */
export function constantOf(node: ASTNode): unknown {
  if (node.op === "value") return node.args;
  return pathsOf(node)?.length === 0 && isWrittenInFull(node) ? evaluate(serialize(node)) : undefined;
}

/** Whether `serialize` writes each number as it is; it cuts off after nine digits. */
export function isWrittenInFull(node: ASTNode): boolean {
  return node.op === "value" && typeof node.args === "number"
    ? Number(serialize(node)) === node.args
    : childrenOf(node).every(isWrittenInFull);
}

function contextOf(assignments: readonly Assignment[]): Record<string, unknown> {
  // A path may have the name of something that every object has, and would lead out of the context.
  const emptyMap = (): Record<string, unknown> => Object.create(null);
  const context = emptyMap();
  for (const { path, value } of assignments) {
    let place = context;
    for (const name of path.slice(0, -1)) {
      // Made here, so an object of this kind; on a text, where one path goes on from the end of another, setting fails.
      place[name] ??= emptyMap();
      place = place[name] as Record<string, unknown>;
    }
    place[path.at(-1) ?? ""] = isWhole(path) && Number.isSafeInteger(value) ? BigInt(value) : value;
  }
  return context;
}

/** Whether a field is declared to hold whole numbers, which CEL tells from others. */
function isWhole([variable, ...names]: Path): boolean {
  const event: Declared | undefined = variable === "event" ? eventFields : undefined;
  return names.reduce<Declared | undefined>(fieldOf, event) === "int";
}
