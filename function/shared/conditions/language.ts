import { type ASTNode, Environment } from "@marcbachmann/cel-js";
import { eventFields, type Fields, listedTypes, makerOf } from "./schema.ts";

/** A rule's condition is wrong; the message shows the place and the reason. */
export class ConditionError extends Error {
  override readonly name = "ConditionError";
}

/** What a condition can say: the standard functions, over an event of this schema. */
export const conditionLanguage = createLanguage();

/**
 * CEL knows no equality of whole numbers and others, and JSON no difference: `lat == 50` means what `lat == 50.0` does.
 */
function createLanguage(): Environment {
  const language = new Environment()
    .registerOperator("double == int", (double: number, int: bigint) => double === Number(int))
    .registerOperator("double in list<int>", (double: number, list: readonly bigint[]) =>
      list.some((int) => double === Number(int)),
    )
    .registerOperator("int in list<double>", (int: bigint, list: readonly number[]) =>
      list.includes(Number(int)),
    );
  const known = new Map<Fields, string>();
  for (const [name, fields] of listedTypes) registerObject(language, name, fields, known);
  registerObject(language, "Event", eventFields, known);
  return language.registerVariable("event", "Event");
}

/**
 * Registers the type of an object, after those of the objects in it.
 *
 * @param known names of the types that are registered already, by their fields
 */
function registerObject(
  language: Environment,
  name: string,
  declared: Fields,
  known: Map<Fields, string>,
): string {
  const registered = known.get(declared);
  if (registered !== undefined) return registered;
  const fields = Object.fromEntries(
    Object.entries(declared).map(([field, type]) => [
      field,
      typeof type === "string" ? type : registerObject(language, `${name}_${field}`, type, known),
    ]),
  );
  language.registerType(name, { ctor: makerOf(declared), fields });
  known.set(declared, name);
  return name;
}

/**
 * Checks the types of a condition in CEL (Common Expression Language): every field must exist and the whole must be true or
 * false.
 *
 * @throws ConditionError
 */
export function checkTypes(expression: string): void {
  const check = conditionLanguage.check(expression);
  if (!check.valid) throw new ConditionError(check.error?.message ?? "it does not parse");
  if (check.type !== "bool") {
    throw new ConditionError(`it must be true or false, but its type is ${check.type}`);
  }
}

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
