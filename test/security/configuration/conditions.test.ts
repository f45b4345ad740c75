import { afterAll, describe, expect, it } from "vitest";
import { checkSettings } from "../../../infra/settings.ts";
import { recordFigure } from "../figures.ts";

const on = ["user.session.start", "user.authentication.sso"];

/** What the configuration of one rule is refused with; empty when it is not. */
function refusalOf(when: string): string {
  try {
    checkSettings({ rules: [{ group: "App Users", on, when }] });
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

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
    "exists loops over a list of the event inside another loop",
    "event.target.exists(u",
  ],
  [
    'event.target.map(t, event.actor.alternateId.split("").map(c, c)).exists(x, true)',
    "map loops over a list of the event inside another loop",
    "event.actor.alternateId.split",
  ],
  [
    'duration(event.actor.alternateId) < duration("1h")',
    "duration accepts only a literal text",
    "duration(event",
  ],
];

afterAll(() => recordFigure("dangerous configurations refused", wrong.length));

describe("a condition with a wrong name, type or pattern, or without a bound for its cost", () => {
  it.each(wrong)("%s is refused with the place and the reason", (when, reason, place) => {
    const [, first = "", ...lines] = refusalOf(when).split("\n");
    expect(first).toBe(`rules[0].when is ${JSON.stringify(when)}: ${reason}`);
    const [source = "", pointer = ""] = lines.filter((line) => line.trim() !== "");
    expect(source.slice(pointer.indexOf("^")).replace(/^\./, "").startsWith(place)).toBe(true);
  });
});

describe("a condition whose fields, types and cost are in order", () => {
  it.each([
    "true",
    'event.client.zone == "EU" || event.client.zone == "US"',
    'event.target.exists(t, t.type == "AppInstance") && event.target.exists(t, t.type == "User")',
    'event.target.exists(event, event.type == "AppUser") && event.actor.type == "User"',
    "[0.0 / 0.0].exists(x, x != x)",
    "!has(event.client.zone) || event.securityContext.isProxy",
    'has(event.actor.detailEntry.any) && event.debugContext.debugData["risk"] == "LOW"',
    'event.client.zone.matches("(?i)^e") && event.actor.alternateId.matches(r"@corp\\.example$")',
    'event.target.exists(t, ["App", "User"].exists(x, t.type.contains(x)))',
    '["App", "User"].all(x, event.target.exists(t, t.type.contains(x)))',
    'event.target.filter(t, t.type == "App").exists(t, t.displayName == "Wiki")',
    "cel.bind(first, event.target[0], has(first.type))",
    'event.published > timestamp("2026-01-01T00:00:00Z") + duration("1h")',
    // Only trying it shows that it never holds: a rule always requires SUCCESS.
    'event.outcome.result == "FAILURE"',
  ])("%s is taken", (when) => {
    expect(refusalOf(when)).toBe("");
  });
});
