import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { compileCondition } from "../../../function/conditions.ts";
import { parseEvents } from "../../../function/events.ts";
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
  ['event.client.zone.matches("(")', '"(" is no regular expression.', ""],
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
    // What fails is not looked into any further.
    'int("x") == 1',
    "!has(event.client.zone) || event.securityContext.isProxy",
    'event.client.zone != "EU" && event.client.zone != "US"',
    'has(event.actor.detailEntry.any) && event.debugContext.debugData["risk"] == "LOW"',
  ])("%s is taken", (when) => {
    expect(refusalOf(when)).toBe("");
  });

  it("is never called never true: whatever an event satisfies is taken", () => {
    let satisfied = 0;
    fc.assert(
      fc.property(conditions, events, (when, given) => {
        const [event] = parseEvents([given]).events;
        if (event === undefined) throw new Error("the event must parse");
        if (!holds(when, event)) return;
        satisfied += 1;
        expect(whyNeverTrue(when, on)).toBeUndefined();
      }),
      { numRuns: 20_000 },
    );
    expect(satisfied).toBeGreaterThan(2_000);
  });
});

function holds(when: string, event: Parameters<ReturnType<typeof compileCondition>>[0]): boolean {
  try {
    return compileCondition(when)(event);
  } catch {
    return false;
  }
}

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
  const isProxy = fc.constant("event.securityContext.isProxy");
  const numbers = fc.tuple(
    fc.constantFrom("==", "!=", "<", ">="),
    fc.constantFrom("1.0", "2.0", "double(2)"),
  );
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
    fc.tuple(text, fc.integer({ min: 0, max: 8 })).map(([field, size]) => `${field}.size() > ${size}`),
    text.filter((field) => !field.includes("[")).map((field) => `has(${field})`),
    isProxy,
    isProxy.map((field) => `${field} == false`),
    numbers.map(([operator, number]) => `event.securityContext.asNumber ${operator} ${number}`),
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
    client: fc.record({ zone: maybe(fc.constantFrom(...words)) }),
    securityContext: fc.record({
      isProxy: maybe(fc.boolean()),
      asNumber: maybe(fc.constantFrom(1, 2, 2.5)),
    }),
    debugContext: fc.record({
      debugData: fc.record({ x: maybe(fc.oneof(fc.constantFrom(...words), fc.constant(1), fc.boolean())) }),
    }),
    target: fc.array(fc.record({ type: fc.constantFrom(...words), displayName: fc.constantFrom(...words) }), {
      maxLength: 3,
    }),
  })
  // Fields that are absent leave JSON with the way to the functions.
  .map((fields) => JSON.parse(JSON.stringify(signInEvent(fields))));
