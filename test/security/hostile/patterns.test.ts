import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseEvents } from "../../../function/shared/events.ts";
import { createLog } from "../../../function/shared/log.ts";
import { createRuleMatcher, type RuleMatcher } from "../../../function/shared/rules.ts";
import { signInEvent } from "../../support/deliveries.ts";
import { groupsOf } from "../../support/matching.ts";

/** Patterns on which JavaScript's own regular expressions backtrack for hours, a text each, and whether it is found. */
const catastrophic: readonly (readonly [pattern: string, text: string, found: boolean])[] = [
  // As a rule's author might write them.
  ["^([a-zA-Z0-9]+[._-]?)+@corp[.]example$", `${"a".repeat(40)}@evil.example`, false],
  ["^([a-zA-Z0-9]+[._-]?)+@corp[.]example$", `${"a".repeat(40)}@corp.example`, true],
  ["^(([a-z])+.)+[A-Z]([a-z])+$", "a".repeat(60), false],
  ["^([a-z0-9]+([-_.][a-z0-9]+)*)*@corp[.]example$", `${"a-".repeat(30)}@`, false],
  ["^(.*,)*admin$", `${",".repeat(60)}guest`, false],
  ["(\\w+\\s*)+;$", `${"agent ".repeat(40)}!`, false],
  ["^(https?://)?([\\da-z.-]+)*/?$", `${"a.".repeat(40)}?`, false],
  // As they stand in every text about this.
  ["^(a+)+$", `${"a".repeat(60)}!`, false],
  ["^(a|a)*$", `${"a".repeat(60)}!`, false],
  ["^(a|aa)+$", `${"a".repeat(60)}!`, false],
  ["^(a*)*$", `${"a".repeat(60)}!`, false],
  ["^(a?){60}a{60}$", "a".repeat(59), false],
  ["(x+x+)+y", "x".repeat(60), false],
  ["(x+x+)+y", `${"x".repeat(60)}y`, true],
  ["^((ab)*|(ba)*)*c$", "ab".repeat(40), false],
  ["^(.+)*\\d(.+)*\\d(.+)*$", "z".repeat(60), false],
  ["(.*)*(.*)*(.*)*=", "z".repeat(9_000), false],
  ["a*a*a*a*a*a*a*a*b", "a".repeat(9_000), false],
];

async function matcherOf(when: string): Promise<RuleMatcher> {
  const log = createLog("acme", () => undefined);
  return createRuleMatcher([{ groupId: "a", on: ["user.session.start"], when }], log, () => 0);
}

function isGranted(matchRules: RuleMatcher, login: string): boolean {
  const actor = { id: "00uSomeone", type: "User", alternateId: login };
  const [event] = parseEvents([signInEvent({ actor })]).events;
  if (event === undefined) throw new Error("the event must parse");
  return groupsOf(matchRules, event).length > 0;
}

function patternOf(pattern: string): string {
  return `matches(${JSON.stringify(pattern)})`;
}

describe("a pattern on which a person's login could keep a function busy", () => {
  it.each(catastrophic)("%s is soon done with %s", async (pattern, text, found) => {
    const matchRules = await matcherOf(`event.actor.alternateId.${patternOf(pattern)}`);
    expect(isGranted(matchRules, text)).toBe(found);
    const within = await matcherOf(`[event.actor.alternateId].exists(x, dyn(x).${patternOf(pattern)})`);
    expect(isGranted(within, text)).toBe(found);
  });

  it.each([
    (call: string) => `[${call}][0]`,
    (call: string) => `{"found": ${call}}["found"]`,
    (call: string) => `${call} ? true : false`,
    (call: string) => `!!(true && (false || ${call} == true))`,
    (call: string) => `cel.bind(found, ${call}, found)`,
    (call: string) => `cel.bind(one, 1, ${call})`,
    (call: string) => `["a"].map(one, ${call}, one).size() == 1`,
    (call: string) => `["a"].filter(one, ${call}).exists_one(one, ${call})`,
    (call: string) => `string(${call}).matches("true") || [[${call}]].all(list, list[0])`,
  ])("is soon done with it wherever it stands: %s", async (place) => {
    const call = `event.actor.alternateId.${patternOf("^(a+)+$")}`;
    const matchRules = await matcherOf(place(call));
    expect(isGranted(matchRules, `${"a".repeat(60)}!`)).toBe(false);
    expect(isGranted(matchRules, "a".repeat(60))).toBe(true);
  });

  it("is soon done with whatever is on the list", async () => {
    for (const [pattern] of catastrophic) {
      const matchRules = await matcherOf(`event.actor.alternateId.${patternOf(pattern)}`);
      for (const [, text] of catastrophic) expect(isGranted(matchRules, text)).toBeTypeOf("boolean");
    }
  });
});

describe("patterns", () => {
  it("find what JavaScript's find, where both know a pattern", async () => {
    let found = 0;
    await fc.assert(
      fc.asyncProperty(patterns, fc.array(texts, { minLength: 1, maxLength: 8 }), async (pattern, logins) => {
        const matchRules = await matcherOf(`event.actor.alternateId.${patternOf(pattern)}`);
        for (const login of logins) {
          const expected = new RegExp(pattern, "u").test(login);
          found += Number(expected);
          expect(isGranted(matchRules, login)).toBe(expected);
        }
      }),
      { numRuns: 3_000 },
    );
    expect(found).toBeGreaterThan(2_000);
  });
});

const letters = ["a", "b", "A", "B", "0", "1", "_", "-", ".", "@", " ", "\n", "é", "😀"];
const texts = fc.array(fc.constantFrom(...letters), { maxLength: 8 }).map((parts) => parts.join(""));

/**
 * Patterns that mean the same to both, and nest repetitions no deeper than JavaScript is done with on a short text. Without
 * `\B`, which V8 finds in the middle of a surrogate pair, too.
 */
const patterns = fc.letrec<{ pattern: string }>((tie) => ({
  pattern: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(
      "a",
      "b",
      "A",
      "0",
      "é",
      "😀",
      ".",
      "[.]",
      "@",
      "\\d",
      "\\D",
      "\\w",
      "\\W",
      "[ab]",
      "[^ab]",
      "[a-c0-9_-]",
      "\\n",
      "\\.",
      "^",
      "$",
      "\\b",
      "(?:)",
    ),
    fc.tuple(tie("pattern"), tie("pattern")).map((parts) => parts.join("")),
    fc.tuple(tie("pattern"), tie("pattern")).map((parts) => `(?:${parts.join("|")})`),
    fc
      .tuple(tie("pattern"), fc.constantFrom("*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{2,}"))
      .map(([part, times]) => `(${part})${times}`),
  ),
})).pattern;
