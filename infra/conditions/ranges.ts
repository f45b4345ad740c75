import type { ASTNode } from "@marcbachmann/cel-js";
import { methodCallOf } from "../../function/conditions/syntax.ts";
import { constantOf } from "./evaluation.ts";
import { keyOf, pathOf } from "./syntax.ts";

/** How large something can be: a field that is a number, one that is a moment, or the size of one. */
export interface Limit {
  /** Tells one such thing from another. */
  readonly subject: string;
  readonly isWhole: boolean;
  readonly least?: Bound;
  readonly most?: Bound;
}

interface Bound {
  readonly value: number;
  /** Whether it can't be this value itself. */
  readonly isOpen: boolean;
}

type Comparison = "<" | "<=" | ">" | ">=" | "==" | "!=";

/** What a comparison is when it is false. JSON has nothing that compares with nothing, such as NaN. */
const opposite = { "<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "==" } as const;

/** What a comparison is with its sides exchanged. */
const mirrored = { "<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!=" } as const;

/** What a comparison with a constant says; undefined when the node is none, or says nothing. */
export function limitOf(node: ASTNode, wanted: boolean): Limit | undefined {
  switch (node.op) {
    case "<":
    case "<=":
    case ">":
    case ">=":
    case "==":
    case "!=": {
      const [left, right] = node.args;
      const comparison = wanted ? node.op : opposite[node.op];
      return limit(left, comparison, right) ?? limit(right, mirrored[comparison], left);
    }
    default:
      return undefined;
  }
}

/** That the size of the field with this key is at least so much. */
export function leastSize(key: string, value: number): Limit {
  return { subject: `size ${key}`, isWhole: true, least: { value, isOpen: false } };
}

function limit(measured: ASTNode, comparison: Comparison, constant: ASTNode): Limit | undefined {
  const sized = pathOf(sizedBy(measured) ?? measured);
  if (sized === undefined || comparison === "!=") return undefined;
  const value = constantOf(constant);
  const number = numberOf(value);
  if (number === undefined) return undefined;
  const isWhole = sizedBy(measured) !== undefined;
  const kind = isWhole ? "size" : value instanceof Date ? "moment" : "number";
  const bound = { value: number, isOpen: comparison === "<" || comparison === ">" };
  return {
    subject: `${kind} ${keyOf(sized)}`,
    isWhole,
    ...(comparison.startsWith("<") ? {} : { least: bound }),
    ...(comparison.startsWith(">") ? {} : { most: bound }),
  };
}

/** What a node is the size of. */
function sizedBy(node: ASTNode): ASTNode | undefined {
  if (node.op === "call" && node.args[0] === "size") return node.args[1][0];
  const call = methodCallOf(node);
  return call?.name === "size" ? call.receiver : undefined;
}

/** A constant as a number that is exactly as large. */
function numberOf(value: unknown): number | undefined {
  if (value instanceof Date) return value.getTime();
  const number = typeof value === "bigint" ? Number(value) : value;
  if (typeof number !== "number" || Number.isNaN(number)) return undefined;
  return typeof value === "bigint" && !Number.isSafeInteger(number) ? undefined : number;
}

/** Whether something would have to be larger than it can be. */
export function isOutOfRange(limits: readonly Limit[]): boolean {
  const subjects = Map.groupBy(limits, ({ subject }) => subject);
  return [...subjects.values()].some((about) => {
    const isWhole = about.some((one) => one.isWhole);
    const leasts = about.flatMap(({ least }) => least ?? []);
    const mosts = about.flatMap(({ most }) => most ?? []);
    if (isWhole) leasts.push({ value: 0, isOpen: false });
    return leasts.some((least) => mosts.some((most) => !isBetween(least, most, isWhole)));
  });
}

/** Whether there is anything between the two. */
function isBetween(least: Bound, most: Bound, isWhole: boolean): boolean {
  if (isWhole) {
    const from = least.isOpen ? Math.floor(least.value) + 1 : Math.ceil(least.value);
    const to = most.isOpen ? Math.ceil(most.value) - 1 : Math.floor(most.value);
    return from <= to;
  }
  return least.value < most.value || (least.value === most.value && !least.isOpen && !most.isOpen);
}
