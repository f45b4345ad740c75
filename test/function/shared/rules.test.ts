import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileCondition } from "../../../function/shared/conditions/condition.ts";
import { ConditionError } from "../../../function/shared/conditions/language.ts";
import type { Rule } from "../../../function/shared/contract.ts";
import { EnvelopeError } from "../../../function/shared/errors.ts";
import { parseDelivery, type SystemLogEvent } from "../../../function/shared/events.ts";
import { createLog } from "../../../function/shared/log.ts";
import { createRuleMatcher } from "../../../function/shared/rules.ts";
import { delivery, signInEvent } from "../../support/deliveries.ts";
import { groupsOf } from "../../support/matching.ts";

const everySession: Rule[] = [{ groupId: "00gAppUsers", on: ["user.session.start"] }];

function matcherOf(rules: readonly Rule[], lines: string[] = [], now = () => 0) {
  return createRuleMatcher(
    rules,
    createLog("acme", (line) => lines.push(line)),
    now,
  );
}

function parse(event: unknown): SystemLogEvent | undefined {
  return parseDelivery(delivery(event)).events[0];
}

describe("any JSON", () => {
  it("is parsed or refused by name, and never throws anything else", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        try {
          const { events, skipped } = parseDelivery(value);
          expect(events.length + skipped).toBeGreaterThanOrEqual(0);
        } catch (error) {
          expect(error).toBeInstanceOf(EnvelopeError);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("as events: each is matched or set aside, and none is lost", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.jsonValue(), brokenEvent())), (events) => {
        const parsed = parseDelivery(delivery(...events));
        expect(parsed.events.length + parsed.skipped).toBe(events.length);
      }),
      { numRuns: 1_000 },
    );
  });

  it("never grants to what is not a SUCCESS of a real User", async () => {
    const matchRules = await matcherOf([
      ...everySession,
      { groupId: "00gAlways", on: ["user.session.start"], when: "true" },
    ]);
    await fc.assert(
      fc.asyncProperty(brokenEvent(), async (event) => {
        const [parsed] = parseDelivery(delivery(event)).events;
        const granted = parsed !== undefined && groupsOf(matchRules, parsed).length > 0;
        // Written apart from the code under test: what must hold of an event that grants.
        const mayGrant =
          event.eventType === "user.session.start" &&
          event.outcome?.result === "SUCCESS" &&
          event.actor?.type === "User" &&
          typeof event.actor.id === "string" &&
          /^[\w-]{1,100}$/.test(event.actor.id) &&
          event.actor.id !== "unknown" &&
          typeof event.uuid === "string" &&
          event.uuid.length > 0;
        expect(granted).toBe(mayGrant);
      }),
      { numRuns: 5_000 },
    );
  });
});

/** Events that are nearly right, so that each condition decides now and then. */
function brokenEvent() {
  const maybe = <T>(right: T, ...wrong: unknown[]) =>
    fc.oneof(
      { weight: 6, arbitrary: fc.constant(right) },
      { weight: 1, arbitrary: fc.constantFrom(...wrong) },
    );
  return fc.record(
    {
      uuid: fc.oneof(
        { weight: 6, arbitrary: fc.uuid() },
        { weight: 1, arbitrary: fc.constantFrom("", null, 1) },
      ),
      eventType: maybe("user.session.start", "user.session.end", "USER.SESSION.START", "", null),
      outcome: fc.oneof(
        {
          weight: 6,
          arbitrary: fc.record({ result: maybe("SUCCESS", "FAILURE", "success", "ALLOW", null, true) }),
        },
        { weight: 1, arbitrary: fc.constant(null) },
      ),
      actor: fc.oneof(
        {
          weight: 6,
          arbitrary: fc.record({
            id: maybe("00u1a2b3c4d5e6f7g8h9", "unknown", "", "../../x", "a/b", "00u\n", null, 5),
            type: maybe("User", "SystemPrincipal", "user", "", null),
          }),
        },
        { weight: 1, arbitrary: fc.constant(null) },
      ),
      target: fc.constantFrom(null, [], [{ type: "AppInstance" }], 1),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<{
    // The record above, with every field as the test reads it.
    uuid?: unknown;
    eventType?: unknown;
    outcome?: { result?: unknown } | null;
    actor?: { id?: unknown; type?: unknown } | null;
  }>;
}

describe("rules", () => {
  it("lead to their groups on the events that they name", async () => {
    const matchRules = await matcherOf([
      { groupId: "a", on: ["user.session.start"] },
      { groupId: "b", on: ["user.session.start", "user.authentication.sso"], when: "true" },
      { groupId: "c", on: ["user.authentication.sso"] },
    ]);
    const session = parse(signInEvent());
    const sso = parse(signInEvent({ eventType: "user.authentication.sso" }));
    const other = parse(signInEvent({ eventType: "user.session.end" }));
    expect(session && groupsOf(matchRules, session).sort()).toEqual(["a", "b"]);
    expect(sso && groupsOf(matchRules, sso).sort()).toEqual(["b", "c"]);
    expect(other && groupsOf(matchRules, other)).toEqual([]);
  });

  it("are matched at once where they have the same condition, and each is logged when it fails", async () => {
    const lines: string[] = [];
    const when = 'event.client.zone == "EU"';
    const on = ["user.session.start"];
    const matchRules = await matcherOf(
      [
        { groupId: "a", on, when },
        { groupId: "b", on },
        { groupId: "c", on, when },
        { groupId: "d", on: ["user.authentication.sso"], when },
      ],
      lines,
    );
    const [inside, absent] = [parse(signInEvent({ client: { zone: "EU" } })), parse(signInEvent())];
    if (inside === undefined || absent === undefined) throw new Error("the events must parse");
    expect(matchRules(inside)).toHaveLength(2);
    expect(groupsOf(matchRules, inside)).toEqual(["a", "c", "b"]);
    expect(groupsOf(matchRules, absent)).toEqual(["b"]);
    expect(lines.map((line) => JSON.parse(line).groupId)).toEqual(["a", "c"]);
  });

  it("log a failing condition once a minute", async () => {
    const lines: string[] = [];
    let time = 0;
    const matchRules = await matcherOf(
      [{ groupId: "a", on: ["user.session.start"], when: 'event.client.zone == "EU"' }],
      lines,
      () => time,
    );
    const event = parse(signInEvent({ client: null }));
    if (event === undefined) throw new Error("the event must parse");
    for (time of [0, 1, 59_999, 60_000, 119_999, 120_000]) expect(groupsOf(matchRules, event)).toEqual([]);
    expect(lines).toHaveLength(3);
    expect(lines.join()).not.toContain("newcomer");
  });
});

/** Whether a condition is true for an event, as a matcher takes it: one that fails is not. */
async function isTrue(when: string, given: unknown): Promise<boolean> {
  const matchRules = await matcherOf([{ groupId: "a", on: ["user.session.start"], when }]);
  const event = parse(given);
  if (event === undefined) throw new Error("the event must parse");
  return groupsOf(matchRules, event).includes("a");
}

describe("a field that is too large", () => {
  const long = "x".repeat(10_001);
  const login = (alternateId: unknown) => ({ id: "00uSomeone", type: "User", alternateId });
  const targets = (count: number) => Array.from({ length: count }, () => ({ type: "AppInstance" }));

  it.each<[string, boolean, Parameters<typeof signInEvent>[0]]>([
    ['event.actor.alternateId.startsWith("x")', true, { actor: login(long.slice(1)) }],
    // Neither what it begins with is believed, nor what it seems to lack, nor that it is not there.
    ['event.actor.alternateId.startsWith("x")', false, { actor: login(long) }],
    ['!event.actor.alternateId.contains("y")', false, { actor: login(`${long}y`) }],
    ["!has(event.actor.alternateId)", false, { actor: login(long) }],
    [
      "event.debugContext.debugData.a.b == [1.0]",
      false,
      { debugContext: { debugData: { a: { b: [1, long] } } } },
    ],
    ["event.debugContext.debugData.exists(k, true)", false, { debugContext: { debugData: { [long]: 1 } } }],
    [
      "event.debugContext.debugData.a.exists(k, true)",
      false,
      { debugContext: { debugData: { a: { constructor: "a", b: long } } } },
    ],
    [
      "event.debugContext.debugData.a.exists(k, true)",
      true,
      { debugContext: { debugData: { a: { constructor: "a", b: "b" } } } },
    ],
    ["event.target.exists(t, true)", true, { target: targets(1_000) }],
    ["event.target.exists(t, true)", false, { target: targets(1_001) }],
    ["size(event.target) == 0", false, { target: targets(1_001) }],
    // What is not a list of targets is none, whatever its size.
    ["size(event.target) == 0", true, { target: long }],
    // A condition that reads something else is not concerned.
    ['event.actor.id == "00uSomeone"', true, { actor: login(long), target: targets(1_001) }],
    ["true", false, Object.fromEntries(targets(1_001).map((_, index) => [`field${index}`, 1]))],
  ])("%s is %s (%#)", async (expression, expected, fields) => {
    expect(await isTrue(expression, signInEvent(fields))).toBe(expected);
  });

  it("is said in the log, and not what it held", async () => {
    const lines: string[] = [];
    const rule = { groupId: "a", on: ["user.session.start"], when: 'event.actor.alternateId != ""' };
    const matchRules = await matcherOf([rule], lines);
    const event = parse(signInEvent({ actor: login(long) }));
    expect(event && groupsOf(matchRules, event)).toEqual([]);
    expect(lines.join()).toContain("TooLargeError");
    expect(lines.join()).not.toContain("xxx");
  });
});

describe("conditions", () => {
  const contractor = signInEvent({
    actor: { id: "00uSomeone", type: "User", alternateId: "someone@contractor.example", displayName: null },
    target: [
      { id: "lae1", type: "AuthenticatorEnrollment", displayName: "Password" },
      { id: "0oa1", type: "AppInstance", displayName: "Payroll" },
    ],
    client: { ipAddress: "203.0.113.7", geographicalContext: { country: "Canada" } },
    securityContext: { asNumber: 394, isProxy: false },
  });

  it.each([
    ['event.actor.alternateId.endsWith("@contractor.example")', true],
    ['event.target.exists(t, t.type == "AppInstance" && t.displayName == "Payroll")', true],
    ['event.target.exists(t, t.type == "AppInstance" && t.displayName == "Wiki")', false],
    ['event.client.geographicalContext.country in ["Canada", "Chile"]', true],
    ['event.published > timestamp("2026-01-01T00:00:00Z")', true],
    ['event.published > timestamp("2027-01-01T00:00:00Z")', false],
    ["!event.securityContext.isProxy", true],
    ["has(event.actor.displayName)", false],
    ["event.outcome.result == 'SUCCESS'", true],
    ['event.actor.alternateId.matches("@contractor[.]example$")', true],
    ['event.actor.alternateId.matches("^contractor")', false],
    ['event.target.exists(t, t.displayName.matches("(?i)^pay"))', true],
    ['event.target.all(t, has(t.id) && t.id.matches(r"^\\w{4}$"))', true],
    ['event.target.filter(t, t.type.matches("^App")).map(t, t.id)[0].matches("^0oa")', true],
    ['cel.bind(id, event.actor.id, id.matches("^00u") && id.matches("one$"))', true],
    ['event["actor"].detailEntry.a.matches("x")', false],
  ])("%s is %s", async (expression, expected) => {
    expect(await isTrue(expression, contractor)).toBe(expected);
  });

  it("find no target where Okta sends null", async () => {
    expect(await isTrue("size(event.target) == 0", signInEvent({ target: null }))).toBe(true);
  });

  it.each([
    ["event.actor.login == 'x'", /No such key: login/],
    ["event.actor.id", /must be true or false, but its type is string/],
    ["event.actor.id == 1", /no such overload/],
    ["actor.id == 'x'", /Unknown variable: actor/],
    ["event.actor.id ==", /Unexpected token: EOF/],
    ["event.target.exists(t, t.name == 'x')", /No such key: name/],
    ['event.actor.id.matches("(")', /not RE2: missing closing \): "\("/],
    ["event.actor.id.matches(event.actor.type)", /must be a text that is written here/],
    ["event.actor.id.matches('a', 'b')", /found no matching overload/],
  ])("%s is refused", async (expression, message) => {
    const refusal = expect(compileCondition(expression)).rejects;
    await refusal.toThrow(ConditionError);
    await refusal.toThrow(message);
  });

  it("read an event once, however many there are", async () => {
    const parsed = parse(signInEvent());
    if (parsed === undefined) throw new Error("the event must parse");
    let read = 0;
    const attributes = Object.defineProperty({ ...parsed.attributes }, "severity", {
      enumerable: true,
      get: () => {
        read += 1;
        return "INFO";
      },
    });
    const event = { ...parsed, attributes };
    for (const severity of ["INFO", "WARN"]) {
      const condition = await compileCondition(`event.severity == "${severity}"`);
      expect(condition(event)).toBe(severity === "INFO");
    }
    expect(read).toBe(1);
  });

  it("fail with what is missing, and with nothing that takes time with the condition's length", async () => {
    const { stackTraceLimit } = Error;
    const condition = await compileCondition('["EU"].exists(zone, event.client.zone == zone) || false');
    const event = parse(signInEvent());
    if (event === undefined) throw new Error("the event must parse");
    let error: unknown;
    try {
      condition(event);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({
      name: "EvaluationError",
      code: "no_such_key",
      message: "No such key: zone",
    });
    expect(String(Object(error).stack)).not.toContain("at ");
    expect(Error.stackTraceLimit).toBe(stackTraceLimit);
  });

  it("never throw but by a missing field, whatever the event", async () => {
    const condition = await compileCondition('event.actor.alternateId == "a" || size(event.target) > 1');
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom("actor", "target", "published"), fc.jsonValue()),
        (attributes) => {
          const event = parse({ ...signInEvent(), ...attributes });
          if (event === undefined) return;
          try {
            expect(typeof condition(event)).toBe("boolean");
          } catch (error) {
            expect(error).toBeInstanceOf(Error);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
