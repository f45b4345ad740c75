import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConditionError, compileCondition } from "../../function/conditions.ts";
import { EnvelopeError, parseDelivery, type SystemLogEvent } from "../../function/events.ts";
import { createLog } from "../../function/log.ts";
import { createJudge } from "../../function/rules.ts";
import type { Rule } from "../../function/settings.ts";
import { delivery, signInEvent } from "../support/deliveries.ts";

const everySession: Rule[] = [{ groupId: "00gAppUsers", on: ["user.session.start"] }];

function judgeOf(rules: readonly Rule[], lines: string[] = [], now = () => 0) {
  return createJudge(
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

  it("as events: each is judged or set aside, and none is lost", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.jsonValue(), brokenEvent())), (events) => {
        const parsed = parseDelivery(delivery(...events));
        expect(parsed.events.length + parsed.skipped).toBe(events.length);
      }),
      { numRuns: 1_000 },
    );
  });

  it("never grants to what is no SUCCESS of a real User", async () => {
    const judge = await judgeOf([
      ...everySession,
      { groupId: "00gAlways", on: ["user.session.start"], when: "true" },
    ]);
    await fc.assert(
      fc.asyncProperty(brokenEvent(), async (event) => {
        const [parsed] = parseDelivery(delivery(event)).events;
        const granted = parsed !== undefined && judge(parsed).size > 0;
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
  it("lead to each group once, whichever rules name it", async () => {
    const judge = await judgeOf([
      { groupId: "a", on: ["user.session.start"] },
      { groupId: "a", on: ["user.session.start", "user.authentication.sso"] },
      { groupId: "b", on: ["user.authentication.sso"] },
    ]);
    const session = parse(signInEvent());
    const sso = parse(signInEvent({ eventType: "user.authentication.sso" }));
    expect(session && [...judge(session)]).toEqual(["a"]);
    expect(sso && [...judge(sso)]).toEqual(["a", "b"]);
  });

  it("log a failing condition once a minute", async () => {
    const lines: string[] = [];
    let time = 0;
    const judge = await judgeOf(
      [{ groupId: "a", on: ["user.session.start"], when: 'event.client.zone == "EU"' }],
      lines,
      () => time,
    );
    const event = parse(signInEvent({ client: null }));
    if (event === undefined) throw new Error("the event must parse");
    for (time of [0, 1, 59_999, 60_000, 119_999, 120_000]) expect(judge(event).size).toBe(0);
    expect(lines).toHaveLength(3);
    expect(lines.join()).not.toContain("newcomer");
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
  ])("%s is %s", (expression, expected) => {
    const event = parse(contractor);
    expect(event && compileCondition(expression)(event)).toBe(expected);
  });

  it("find no target where Okta sends null", () => {
    const event = parse(signInEvent({ target: null }));
    expect(event && compileCondition("size(event.target) == 0")(event)).toBe(true);
  });

  it.each([
    ["event.actor.login == 'x'", /No such key: login/],
    ["event.actor.id", /must be true or false, but its type is string/],
    ["event.actor.id == 1", /no such overload/],
    ["actor.id == 'x'", /Unknown variable: actor/],
    ["event.actor.id ==", /Unexpected token: EOF/],
    ["event.target.exists(t, t.name == 'x')", /No such key: name/],
  ])("%s is refused", (expression, message) => {
    expect(() => compileCondition(expression)).toThrow(ConditionError);
    expect(() => compileCondition(expression)).toThrow(message);
  });

  it("never throw but by a missing field, whatever the event", () => {
    const condition = compileCondition('event.actor.alternateId == "a" || size(event.target) > 1');
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
