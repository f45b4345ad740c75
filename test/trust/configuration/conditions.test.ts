import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { compileCondition } from "../../../function/conditions/condition.ts";
import { parseEvents, type SystemLogEvent } from "../../../function/events.ts";
import { whyNeverTrue } from "../../../infra/conditions/never-true.ts";
import { checkSettings } from "../../../infra/settings.ts";
import { signInEvent } from "../../support/deliveries.ts";
import { recordFigure } from "../figures.ts";

const on = ["user.session.start", "user.authentication.sso"];
const matched = "in every event that this rule can match.";

/** What the configuration of one rule is refused with; empty when it is not. */
function refusalOf(when: string): string {
  try {
    checkSettings({ rules: [{ group: "App Users", on, when }] });
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const never: readonly (readonly [string, string])[] = [
  ["false", "false never holds."],
  ["1 == 2", "1 == 2 never holds."],
  [
    'event.outcome.result == "FAILURE"',
    `event.outcome.result == "FAILURE" never holds, since outcome.result is "SUCCESS" ${matched}`,
  ],
  [
    'event.client.zone == "EU" && event.actor.type == "SystemPrincipal"',
    `event.actor.type == "SystemPrincipal" never holds, since actor.type is "User" ${matched}`,
  ],
  [
    'event.actor.id == "unknown"',
    `event.actor.id == "unknown" never holds, since actor.id is not "unknown" ${matched}`,
  ],
  [
    'event.eventType.startsWith("user.mfa")',
    `event.eventType.startsWith("user.mfa") never holds, since eventType is "user.session.start" or "user.authentication.sso" ${matched}`,
  ],
  [
    'event.actor.type != "User" || event.outcome["result"] in ["FAILURE", "DENY"]',
    `event.actor.type != "User" || event.outcome["result"] in ["FAILURE", "DENY"] never holds, since outcome.result is "SUCCESS" and actor.type is "User" ${matched}`,
  ],
  [
    'event.client.zone == "EU" && event.severity == "INFO" && event.client.zone == "US"',
    'event.client.zone == "EU" and event.client.zone == "US" never hold together.',
  ],
  ["event.client.zone != event.client.zone", "event.client.zone != event.client.zone never holds."],
  ["event.client.zone in []", "event.client.zone in [] never holds."],
  [
    "event.securityContext.isProxy && !event.securityContext.isProxy",
    "event.securityContext.isProxy and !event.securityContext.isProxy never hold together.",
  ],
  [
    'event.client.zone.startsWith("E") && !event.client.zone.startsWith("E")',
    'event.client.zone.startsWith("E") and !event.client.zone.startsWith("E") never hold together.',
  ],
  [
    '!has(event.client.zone) && event.client.zone == "EU"',
    '!has(event.client.zone) and event.client.zone == "EU" never hold together.',
  ],
  [
    'event.actor.alternateId == "a@north.example" && event.actor.alternateId.endsWith("@south.example")',
    'event.actor.alternateId == "a@north.example" and event.actor.alternateId.endsWith("@south.example") never hold together.',
  ],
  [
    'event.target.exists(t, t.type == "AppInstance" && t.type == "User")',
    'event.target.exists(t, t.type == "AppInstance" && t.type == "User") never holds.',
  ],
  ["has(event.client.zone) ? false : 1 > 2", "has(event.client.zone) ? false : 1 > 2 never holds."],
  // Ranges of numbers, sizes and moments.
  ["size(event.target) < 0", "size(event.target) < 0 never holds."],
  ["!(event.client.zone.size() >= 0)", "!(event.client.zone.size() >= 0) never holds."],
  [
    "event.securityContext.asNumber < 1.0 && event.securityContext.asNumber > 2.0",
    "event.securityContext.asNumber < 1.0 and event.securityContext.asNumber > 2.0 never hold together.",
  ],
  [
    "2 < event.debugContext.debugData.risk && !(event.debugContext.debugData.risk > 2.0)",
    "2 < event.debugContext.debugData.risk and !(event.debugContext.debugData.risk > 2.0) never hold together.",
  ],
  [
    "size(event.target) > 1 && size(event.target) < 2",
    "size(event.target) > 1 and size(event.target) < 2 never hold together.",
  ],
  [
    "event.client.zone.size() == 2 && size(event.client.zone) == 3",
    "event.client.zone.size() == 2 and size(event.client.zone) == 3 never hold together.",
  ],
  [
    'event.published < timestamp("2026-03-01T00:00:00Z") && event.published >= timestamp("2026-03-01T01:00:00+01:00")',
    'event.published < timestamp("2026-03-01T00:00:00Z") and event.published >= timestamp("2026-03-01T01:00:00+01:00") never hold together.',
  ],
  [
    'event.published < timestamp("1990-01-01T00:00:00Z")',
    `event.published < timestamp("1990-01-01T00:00:00Z") never holds, since published is in 2009 or later ${matched}`,
  ],
  [
    "event.target.exists(t, size(t.id) > 5 && size(t.id) < 3)",
    "event.target.exists(t, size(t.id) > 5 && size(t.id) < 3) never holds.",
  ],
  // Starts, ends and parts of a text.
  [
    'event.client.zone.startsWith("a") && event.client.zone.startsWith("b")',
    'event.client.zone.startsWith("a") and event.client.zone.startsWith("b") never hold together.',
  ],
  [
    'event.actor.alternateId.endsWith("@north.example") && event.actor.alternateId.endsWith("@south.example")',
    'event.actor.alternateId.endsWith("@north.example") and event.actor.alternateId.endsWith("@south.example") never hold together.',
  ],
  [
    'event.client.zone.startsWith("EU") && !event.client.zone.contains("U")',
    'event.client.zone.startsWith("EU") and !event.client.zone.contains("U") never hold together.',
  ],
  [
    'event.client.zone.endsWith("-EU") && !event.client.zone.endsWith("EU")',
    'event.client.zone.endsWith("-EU") and !event.client.zone.endsWith("EU") never hold together.',
  ],
  [
    'event.client.zone.contains("EU") && size(event.client.zone) < 2',
    'event.client.zone.contains("EU") and size(event.client.zone) < 2 never hold together.',
  ],
  // What an id is.
  [
    'event.actor.id.contains("@")',
    `event.actor.id.contains("@") never holds, since actor.id has only letters, digits, _ and - ${matched}`,
  ],
  [
    'event.actor.id in ["a@corp.example", "b@corp.example"]',
    `event.actor.id in ["a@corp.example", "b@corp.example"] never holds, since actor.id has only letters, digits, _ and - ${matched}`,
  ],
  [
    "size(event.actor.id) == 0",
    `size(event.actor.id) == 0 never holds, since actor.id has 1 to 100 characters ${matched}`,
  ],
  [
    'event.client.zone.matches("^[A-Z]+$") && event.client.zone.startsWith("e")',
    'event.client.zone.matches("^[A-Z]+$") and event.client.zone.startsWith("e") never hold together.',
  ],
];

/** A condition, the fault, and where the mark is; empty where there is none. */
const wrong: readonly (readonly [string, string, string])[] = [
  ['event.actor.login == "x"', "No such key: login", "login"],
  ["has(event.actor.login)", "No such key: login", "login"],
  ['event.target.exists(t, t.name == "x")', "No such key: name", "name"],
  ["event.target.exists(t, has(t.name))", "No such key: name", "name"],
  ['actor.id == "x"', "Unknown variable: actor", "actor"],
  ["event.actor.id == 5", "no such overload: string == int", "event.actor.id == 5"],
  ["event.outcome.reason == null", "no such overload: string == null", "event.outcome.reason == null"],
  ['event.actor.id.startWith("x")', "found no matching overload for 'string.startWith(string)'", ""],
  [
    'event.debugContext.debugData.risk.startWith("x")',
    "found no matching overload for 'dyn.startWith(string)'",
    "",
  ],
  ["event.debugContext.debugData.risk", "it must be true or false, but its type is dyn", ""],
  ['event.client.zone.matches("(")', 'The pattern is not RE2: missing closing ): "("', '"("'],
  [
    'event.client.zone.matches("(?=E)")',
    'The pattern is not RE2, which has no look-ahead or look-behind: "(?="',
    '"(?=E)"',
  ],
  [
    'event.client.zone.matches("(?<!E)U")',
    'The pattern is not RE2, which has no look-ahead or look-behind: "(?<!E)U"',
    '"(?<!E)U"',
  ],
  [
    'has(event.client.zone) && event.client.zone.matches(r"(.)\\1")',
    'The pattern is not RE2, which has no back references: "\\\\1"',
    'r"(.)',
  ],
  [
    'event.client.zone.matches("a{1001}")',
    'The pattern is not RE2: invalid repeat count: "{1001}"',
    '"a{1001}"',
  ],
  [
    "event.debugContext.debugData.list.exists(x, x.matches('['))",
    'The pattern is not RE2: missing closing ]: "["',
    "'['",
  ],
  [
    "event.client.userAgent.rawUserAgent.matches(event.actor.alternateId)",
    "The pattern of matches must be a text that is written here",
    "alternateId",
  ],
  [
    '["^a", "^b"].exists(pattern, event.client.zone.matches(pattern))',
    "The pattern of matches must be a text that is written here",
    "pattern))",
  ],
  [
    "event.target.exists(t, event.target.exists(u, t.id == u.alternateId))",
    "exists goes through a list of the event for each item of another",
    "event.target.exists(u",
  ],
  [
    'event.target.map(t, event.actor.alternateId.split("").map(c, c)).exists(x, true)',
    "map goes through a list of the event for each item of another",
    "event.actor.alternateId.split",
  ],
  [
    'duration(event.actor.alternateId) < duration("1h")',
    "duration takes only a text that is written here",
    "duration(event",
  ],
];

afterAll(() => recordFigure("dangerous configurations refused", never.length + wrong.length));

describe("a condition that can never be true", () => {
  it.each(never)("%s is refused with the reason", (when, reason) => {
    expect(refusalOf(when)).toBe(
      `The configuration has a mistake:\nrules[0].when is ${JSON.stringify(when)}: it can never be true: ${reason}`,
    );
  });
});

describe("a condition that names what is not there", () => {
  it.each(wrong)("%s is refused with the place and the reason", (when, reason, place) => {
    const [, first = "", ...lines] = refusalOf(when).split("\n");
    expect(first).toBe(`rules[0].when is ${JSON.stringify(when)}: ${reason}`);
    const [source = "", pointer = ""] = lines.filter((line) => line.trim() !== "");
    expect(source.slice(pointer.indexOf("^")).replace(/^\./, "").startsWith(place)).toBe(true);
  });
});

describe("a condition that can be true", () => {
  it.each([
    "true",
    'event.client.zone == "EU" || event.client.zone == "US"',
    'event.eventType == "user.authentication.sso"',
    'event.target.exists(t, t.type == "AppInstance") && event.target.exists(t, t.type == "User")',
    'event.target.exists(event, event.type == "AppUser") && event.actor.type == "User"',
    'event.actor.id.startsWith("00u") && event.actor.id.endsWith("9") && size(event.actor.id) == 20',
    'event.client.zone.startsWith("ab") && event.client.zone.startsWith("a") && event.client.zone.endsWith("a")',
    'event.client.zone.startsWith("aa") && event.client.zone.endsWith("aa") && size(event.client.zone) == 3',
    'event.client.zone.matches("^[A-Z]+$") && event.client.zone.contains("")',
    "event.securityContext.asNumber >= 2.0 && event.securityContext.asNumber <= 2.0",
    // Times go by: neither a rule that has ended nor one that is yet to begin is a mistake.
    'event.published < timestamp("2020-01-01T00:00:00Z")',
    'event.published > timestamp("2090-01-01T00:00:00Z")',
    "event.securityContext.asNumber > 0.00000000001 && !(event.securityContext.asNumber > 0.00000000002)",
    "[0.0 / 0.0].exists(x, !(x < 1.0) && !(x >= 1.0))",
    "[0.0 / 0.0].exists(x, x != x)",
    // What fails is not looked into any further.
    'int("x") == 1',
    "!has(event.client.zone) || event.securityContext.isProxy",
    'event.client.zone != "EU" && event.client.zone != "US"',
    'has(event.actor.detailEntry.any) && event.debugContext.debugData["risk"] == "LOW"',
    'event.client.zone.matches("(?i)^e") && event.actor.alternateId.matches(r"@corp\\.example$")',
    'event.target.exists(t, ["App", "User"].exists(x, t.type.contains(x)))',
    '["App", "User"].all(x, event.target.exists(t, t.type.contains(x)))',
    'event.target.filter(t, t.type == "App").exists(t, t.displayName == "Wiki")',
    'event.published > timestamp("2026-01-01T00:00:00Z") + duration("1h")',
  ])("%s is taken", (when) => {
    expect(refusalOf(when)).toBe("");
  });

  it("is never called never true: whatever an event satisfies is taken", async () => {
    let satisfied = 0;
    await fc.assert(
      fc.asyncProperty(conditions, events, async (when, given) => {
        const [event] = parseEvents([given]).events;
        if (event === undefined) throw new Error("the event must parse");
        if (!(await holds(when, event))) return;
        satisfied += 1;
        expect(whyNeverTrue(when, on)).toBeUndefined();
      }),
      { numRuns: 20_000 },
    );
    expect(satisfied).toBeGreaterThan(2_000);
  });
});

async function holds(when: string, event: SystemLogEvent): Promise<boolean> {
  try {
    const condition = await compileCondition(when);
    return condition(event);
  } catch {
    return false;
  }
}

/** Either way round. */
function comparisonOf(one: fc.Arbitrary<string>, other: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const operator = fc.constantFrom("==", "!=", "<", "<=", ">", ">=");
  return fc
    .tuple(one, operator, other, fc.boolean())
    .map(([left, comparison, right, isMirrored]) =>
      isMirrored ? `${right} ${comparison} ${left}` : `${left} ${comparison} ${right}`,
    );
}

const parts = ["E", "U", "EU", "user", "u", "t", "0", "00u", "-", "@", ""];
const moments = ["1990-01-01T00:00:00Z", "2026-01-05T10:00:01.159Z", "2026-01-05T10:00:01.160Z"];
const words = ["SUCCESS", "User", "user.session.start", "EU", "US", "unknown", "E", ""];

/** Conditions out of a few fields and words, so that they agree and disagree often. */
const conditions: fc.Arbitrary<string> = fc.letrec<{ condition: string }>((tie) => {
  const text = fc.constantFrom(
    "event.client.zone",
    'event.client["zone"]',
    "event.outcome.result",
    "event.actor.type",
    "event.eventType",
    "event.debugContext.debugData.x",
  );
  const word = fc.constantFrom(...words).map((value) => JSON.stringify(value));
  const side = fc.oneof(text, word);
  const list = fc.array(word, { maxLength: 3 }).map((items) => `[${items.join(", ")}]`);
  const texts = fc.oneof(text, fc.constant("event.actor.id"));
  const isProxy = fc.constant("event.securityContext.isProxy");
  const leaf = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.tuple(side, fc.constantFrom("==", "!="), side).map((parts) => parts.join(" ")),
    },
    { weight: 2, arbitrary: fc.tuple(text, list).map(([field, items]) => `${field} in ${items}`) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(side, fc.constantFrom("startsWith", "endsWith", "contains"), side)
        .map(([one, name, other]) => `${one}.${name}(${other})`),
    },
    {
      weight: 2,
      arbitrary: comparisonOf(
        text.map((field) => `size(${field})`),
        fc.nat({ max: 4 }).map(String),
      ),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(texts, fc.constantFrom("startsWith", "endsWith", "contains"), fc.constantFrom(...parts))
        .map(([field, name, part]) => `${field}.${name}(${JSON.stringify(part)})`),
    },
    fc
      .tuple(texts, fc.constantFrom("^[A-Z]+$", "^[EU]*$", "^[a-z0-9-]+$", "^E", "(?i)^e?u$"))
      .map(([field, pattern]) => `${field}.matches(${JSON.stringify(pattern)})`),
    comparisonOf(
      fc.constant("event.published"),
      fc.constantFrom(...moments).map((at) => `timestamp("${at}")`),
    ),
    comparisonOf(fc.constant("event.debugContext.debugData.x"), fc.constantFrom("1", "1.0", "2", "2.5")),
    text.filter((field) => !field.includes("[")).map((field) => `has(${field})`),
    isProxy,
    isProxy.map((field) => `${field} == false`),
    {
      weight: 2,
      arbitrary: comparisonOf(
        fc.constant("event.securityContext.asNumber"),
        fc.constantFrom("1.0", "2.0", "double(2)", "2.5", "0.0000000001"),
      ),
    },
    fc.constantFrom("true", "false", "1 < 2", 'event.actor.id != "unknown"'),
    fc
      .tuple(fc.constantFrom("exists", "all", "exists_one"), word, fc.constantFrom("&&", "||"), word)
      .map(
        ([name, one, operator, other]) =>
          `event.target.${name}(t, t.type == ${one} ${operator} t.displayName == ${other})`,
      ),
    fc
      .tuple(word, tie("condition"))
      .map(([one, condition]) => `event.target.exists(t, t.type == ${one} && (${condition}))`),
  );
  const both = fc.tuple(tie("condition"), fc.constantFrom("&&", "||"), tie("condition"));
  return {
    condition: fc.oneof(
      { maxDepth: 4 },
      { weight: 3, arbitrary: leaf },
      { weight: 3, arbitrary: both.map(([one, operator, other]) => `(${one} ${operator} ${other})`) },
      { weight: 1, arbitrary: tie("condition").map((condition) => `!(${condition})`) },
      {
        weight: 1,
        arbitrary: fc
          .tuple(tie("condition"), tie("condition"), tie("condition"))
          .map(([one, two, three]) => `(${one} ? ${two} : ${three})`),
      },
    ),
  };
}).condition;

const maybe = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined });

/** Events that a rule can match. */
const events = fc
  .record({
    eventType: fc.constantFrom(...on),
    published: fc.constantFrom(...moments.slice(1)),
    actor: fc.record({
      id: fc.constantFrom("00u", "0", "-_", "EU", "u".repeat(100)),
      type: fc.constant("User"),
    }),
    client: fc.record({ zone: maybe(fc.constantFrom(...words)) }),
    securityContext: fc.record({
      isProxy: maybe(fc.boolean()),
      asNumber: maybe(fc.constantFrom(0.00000000005, 1, 2, 2.5)),
    }),
    debugContext: fc.record({
      debugData: fc.record({
        x: maybe(fc.oneof(fc.constantFrom(...words), fc.constantFrom(1, 2, 3), fc.boolean())),
      }),
    }),
    target: fc.array(fc.record({ type: fc.constantFrom(...words), displayName: fc.constantFrom(...words) }), {
      maxLength: 3,
    }),
  })
  // Fields that are absent leave JSON with the way to the functions.
  .map((fields) => JSON.parse(JSON.stringify(signInEvent(fields))));
