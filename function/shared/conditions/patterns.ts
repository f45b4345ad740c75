import {
  type ASTNode,
  type Environment,
  type ParseResult,
  TypeError as PlacedError,
} from "@marcbachmann/cel-js";
import { RE2JS, RE2JSException, RE2JSSyntaxException } from "re2js";
import { ConditionError, childrenOf, methodCallOf } from "./language.ts";

/** What `matches` is called once a condition is parsed. No condition can say it: its types were checked before. */
const LINEAR = "matchesInLinearTime";

/** What RE2 leaves out on purpose, by how it starts: backtracking engines have it. */
const notLinear: readonly (readonly [start: RegExp, name: string])[] = [
  [/^\(\?<?[=!]/, "look-ahead or look-behind"],
  [/^\\(?:[1-9]|k)/, "back references"],
];

/**
 * Parses a condition so that `matches` runs RE2, as CEL says: anywhere in the text, and in time linear in its length. cel-js
 * itself would run JavaScript's regular expressions, which backtrack, so that one login could take hours; it lets no function
 * be replaced, so the calls get another name.
 *
 * @throws ConditionError when a pattern is wrong, with the place
 */
export function parseWithPatterns(language: Environment, expression: string): ParseResult {
  const patterns = new Map<string, RE2JS>();
  const matches = (text: string, pattern: string): boolean => {
    const compiled = patterns.get(pattern);
    if (compiled === undefined) throw new Error("The pattern was not compiled.");
    return compiled.test(text);
  };
  const program = language
    .clone()
    .registerFunction(`string.${LINEAR}(string): bool`, matches, { async: false })
    .parse(expression);
  compilePatterns(program.ast, patterns);
  return program;
}

/** Compiles each pattern in a node, once, and has RE2 run it. */
function compilePatterns(node: ASTNode, patterns: Map<string, RE2JS>): void {
  const call = methodCallOf(node);
  const [pattern, ...others] = call?.arguments ?? [];
  if (node.op === "rcall" && call?.name === "matches" && pattern !== undefined && others.length === 0) {
    const text = literalOf(pattern);
    patterns.set(text, patterns.get(text) ?? compile(text, pattern));
    node.args[0] = LINEAR;
  }
  for (const child of childrenOf(node)) compilePatterns(child, patterns);
}

/** The rule's author, never an event, must supply a pattern, since it decides what matches. So it is compiled only once. */
function literalOf(pattern: ASTNode): string {
  if (pattern.op === "value" && typeof pattern.args === "string") return pattern.args;
  throw errorAt("The pattern of matches must be a text that is written here", pattern);
}

function compile(text: string, pattern: ASTNode): RE2JS {
  try {
    return RE2JS.compile(text);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    throw errorAt(`The pattern is not RE2${reasonOf(error)}`, pattern);
  }
}

function reasonOf(error: RE2JSException): string {
  if (!(error instanceof RE2JSSyntaxException)) return `: ${error.message}`;
  const syntax = error.input ?? "";
  const place = JSON.stringify(syntax);
  const [, missing] = notLinear.find(([start]) => start.test(syntax)) ?? [];
  return missing === undefined ? `: ${error.error}: ${place}` : `, which has no ${missing}: ${place}`;
}

/** A mistake in a condition, with the place. */
export function errorAt(message: string, node: ASTNode): ConditionError {
  return new ConditionError(new PlacedError({ message, node }).message);
}
