import { type ASTNode, serialize } from "@marcbachmann/cel-js";
import { type Assignment, evaluate, type Value } from "./evaluation.ts";
import { keyOf, methodCallOf, type Path, pathOf, pathsOf } from "./syntax.ts";

/** A part without and, or, not, of which it is assumed that it is true, or that it is false. */
interface Assumption {
  readonly text: string;
  readonly wanted: boolean;
  /** Undefined when it can't be told what it depends on. */
  readonly paths: readonly Path[] | undefined;
  /** The field that can only be one of these values. */
  readonly choice: Choice | undefined;
  /** A field differs from itself. */
  readonly contradictsItself: boolean;
}

interface Choice {
  readonly path: Path;
  readonly values: readonly Value[];
}

/** Assumptions that don't contradict each other, as far as can be seen. */
type Case = readonly Assumption[];

/** With more cases than these the search is given up. */
const MAXIMUM_CASES = 300;

/** With more combinations of values than these a part is not looked into. */
const MAXIMUM_COMBINATIONS = 300;

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

/** `exists` for something that nothing can be. */
function isExistenceOfNothing(node: ASTNode): boolean {
  const call = methodCallOf(node);
  if (call === undefined || !["exists", "exists_one"].includes(call.name)) return false;
  const predicate = call.arguments[1];
  return predicate !== undefined && narrow([], predicate, true).length === 0;
}

function assume(node: ASTNode, wanted: boolean): Assumption {
  return {
    text: serialize(node),
    wanted,
    paths: pathsOf(node),
    choice: choiceOf(node, wanted),
    contradictsItself: isOfItself(node) && wanted === ["!=", "<", ">"].includes(node.op),
  };
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

/** What an equality, a membership or a field that is a condition itself says of a field. */
function choiceOf(node: ASTNode, wanted: boolean): Choice | undefined {
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
  if (path === undefined || pathsOf(constant)?.length !== 0) return undefined;
  const values = valuesOf(evaluate(serialize(constant))).map((value) =>
    // JSON has one kind of number.
    typeof value === "bigint" ? Number(value) : value,
  );
  return values.every(isValue) ? { path, values } : undefined;
}

function isValue(value: unknown): value is Value {
  return ["string", "boolean", "number"].includes(typeof value);
}

function isContradictory(assumptions: Case): boolean {
  return (
    assumptions.some((one) =>
      assumptions.some((other) => one.text === other.text && one.wanted !== other.wanted),
    ) ||
    assumptions.some(({ contradictsItself }) => contradictsItself) ||
    isBeyondChoices(assumptions)
  );
}

/** Whether some part can't have its value with any of the values that its fields can hold. */
function isBeyondChoices(assumptions: Case): boolean {
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
