import type { ASTNode } from "@marcbachmann/cel-js";
import type { Assumption } from "./contradictions.ts";
import { type Assignment, constantOf, evaluate, type Value } from "./evaluation.ts";
import { keyOf, type Path, pathOf } from "./syntax.ts";

/** A field that can only be one of these values. */
export interface Choice {
  readonly path: Path;
  readonly values: readonly Value[];
}

/** With more combinations of values than these a part is not looked into. */
const MAXIMUM_COMBINATIONS = 300;

/** What an equality, a membership or a field that is a condition itself says of a field. */
export function choiceOf(node: ASTNode, wanted: boolean): Choice | undefined {
  const path = pathOf(node);
  if (path !== undefined) return { path, values: [wanted] };
  if (node.op === "in" && wanted) return choice(node.args[0], node.args[1], (list) => [list].flat());
  if ((node.op === "==" && wanted) || (node.op === "!=" && !wanted)) {
    const [left, right] = node.args;
    return choice(left, right, (value) => [value]) ?? choice(right, left, (value) => [value]);
  }
  return undefined;
}

function choice(
  field: ASTNode,
  constant: ASTNode,
  valuesOf: (constant: unknown) => unknown[],
): Choice | undefined {
  const path = pathOf(field);
  if (path === undefined) return undefined;
  const values = valuesOf(constantOf(constant)).map((value) =>
    // JSON has one kind of number.
    typeof value === "bigint" ? Number(value) : value,
  );
  return values.every(isValue) ? { path, values } : undefined;
}

function isValue(value: unknown): value is Value {
  return ["string", "boolean", "number"].includes(typeof value);
}

/** Whether some part can't have its value with any of the values that its fields can hold. */
export function isBeyondChoices(assumptions: readonly Assumption[]): boolean {
  const choices = new Map<string, readonly Value[]>();
  for (const { choice } of assumptions) if (choice) choices.set(keyOf(choice.path), choice.values);
  for (const [key, values] of choices) {
    const about = assumptions.filter(({ paths }) => paths?.map(keyOf).join() === key);
    const remain = values.filter((value) =>
      about.every((one) => one.paths?.every((path) => mayHold(one, [{ path, value }]))),
    );
    choices.set(key, remain);
  }
  return assumptions.some((one) => {
    const combinations = combinationsOf(one.paths, choices);
    return combinations !== undefined && !combinations.some((combination) => mayHold(one, combination));
  });
}

/** All values of the fields together; undefined when one can hold anything, or they are too many. */
function combinationsOf(
  paths: readonly Path[] | undefined,
  choices: ReadonlyMap<string, readonly Value[]>,
): Assignment[][] | undefined {
  let combinations: Assignment[][] | undefined = paths && [[]];
  for (const path of paths ?? []) {
    const values = choices.get(keyOf(path));
    if (combinations === undefined || values === undefined) return undefined;
    if (combinations.length * values.length > MAXIMUM_COMBINATIONS) return undefined;
    combinations = combinations.flatMap((before) => values.map((value) => [...before, { path, value }]));
  }
  return combinations;
}

/** False when the assumption fails for certain. */
function mayHold({ text, wanted }: Assumption, assignments: readonly Assignment[]): boolean {
  return evaluate(text, assignments) !== !wanted;
}
