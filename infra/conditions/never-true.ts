import { type ASTNode, serialize } from "@marcbachmann/cel-js";
import { conditionLanguage } from "../../function/conditions/language.ts";
import { canAllBeTrue } from "./possibility.ts";
import { conjunctsOf } from "./syntax.ts";

/** What holds of every event that a rule can match, as a condition and in words. */
interface Fact {
  readonly node: ASTNode;
  readonly words: string;
}

/**
 * Why a condition is true for no event that a rule could match; undefined when none was found. Never speaks of a condition
 * that could be true, but may miss one that can't.
 *
 * @param expression that compiles
 * @param eventTypes of the rule
 */
export function whyNeverTrue(expression: string, eventTypes: readonly string[]): string | undefined {
  const facts = factsOf(eventTypes);
  const nodes = [...facts.map(({ node }) => node), ...conjunctsOf(parse(expression))];
  if (canAllBeTrue(nodes)) return undefined;
  const culprits = smallest(nodes);
  const words = facts.filter(({ node }) => culprits.includes(node)).map((fact) => fact.words);
  const parts = culprits
    .filter((node) => !facts.some((fact) => fact.node === node))
    .map((node) => serialize(node));
  const verdict =
    parts.length === 1 ? `${parts[0]} never holds` : `${parts.join(" and ")} never hold together`;
  return words.length === 0
    ? `${verdict}.`
    : `${verdict}, since ${words.join(" and ")} in every event that this rule can match.`;
}

/** What a rule demands of each event besides its condition, and what each of Okta's has. */
function factsOf(eventTypes: readonly string[]): readonly Fact[] {
  const list = eventTypes.map((eventType) => JSON.stringify(eventType));
  return [
    { node: parse('event.outcome.result == "SUCCESS"'), words: 'outcome.result is "SUCCESS"' },
    { node: parse('event.actor.type == "User"'), words: 'actor.type is "User"' },
    { node: parse('event.actor.id != "unknown"'), words: 'actor.id is not "unknown"' },
    // As isId in function/events.ts has it.
    {
      node: parse('event.actor.id.matches("^[A-Za-z0-9_-]*$")'),
      words: "actor.id has only letters, digits, _ and -",
    },
    {
      node: parse("size(event.actor.id) >= 1 && size(event.actor.id) <= 100"),
      words: "actor.id has 1 to 100 characters",
    },
    // When Okta was founded. Nothing later: a bound that moves would refuse tomorrow what is taken today.
    {
      node: parse('event.published >= timestamp("2009-01-01T00:00:00Z")'),
      words: "published is in 2009 or later",
    },
    { node: parse(`event.eventType in [${list.join(", ")}]`), words: `eventType is ${list.join(" or ")}` },
  ];
}

/** Of nodes that can't all be true those that are needed for it. */
function smallest(nodes: readonly ASTNode[]): readonly ASTNode[] {
  return nodes.reduce<readonly ASTNode[]>((needed, node) => {
    const others = needed.filter((one) => one !== node);
    return canAllBeTrue(others) ? needed : others;
  }, nodes);
}

function parse(expression: string): ASTNode {
  return conditionLanguage.parse(expression).ast;
}
