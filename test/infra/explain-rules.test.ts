import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Rule } from "../../function/shared/contract.ts";
import { parseEvents, type SystemLogEvent } from "../../function/shared/events.ts";
import { createLog } from "../../function/shared/log.ts";
import { createRuleMatcher } from "../../function/shared/rules.ts";
import { explainRules } from "../../infra/explain-rules.ts";
import { signInEvent } from "../support/deliveries.ts";
import { groupsOf } from "../support/matching.ts";

function parse(changes: Readonly<Record<string, unknown>>): SystemLogEvent {
  const [event] = parseEvents([signInEvent(changes)]).events;
  if (event === undefined) throw new Error("The event cannot be processed.");
  return event;
}

const contractors: Rule = {
  groupId: "00gContractors",
  on: ["user.session.start"],
  when: `event.actor.alternateId.endsWith('@contractor.example') && (event.client.zone == "office" || event.device.managed)
    && !event.client.ipAddress.startsWith("10.")`,
};

/** What the condition's parts say, by their texts. */
async function partsOf(rule: Rule, changes: Readonly<Record<string, unknown>> = {}) {
  const [verdict] = await explainRules([rule], parse(changes));
  return verdict?.parts.map(({ text, value, reason }) =>
    reason === undefined ? [text, value] : [text, value, reason],
  );
}

describe("what a rule says about an event", () => {
  it("names each part of the condition that is false, or that reads what the event lacks", async () => {
    expect(await partsOf(contractors, { client: { ipAddress: "203.0.113.7", zone: "home" } })).toEqual([
      ['event.eventType in ["user.session.start"]', "true"],
      ['event.outcome.result == "SUCCESS"', "true"],
      ['event.actor.type == "User"', "true"],
      ['event.actor.id != "unknown"', "true"],
      ['event.actor.alternateId.endsWith("@contractor.example")', "false"],
      ['event.client.zone == "office" || event.device.managed', "error", "No such key: device"],
      ['!event.client.ipAddress.startsWith("10.")', "true"],
    ]);
  });

  it("names what every event must have, and then looks at no condition", async () => {
    const failed = { outcome: { result: "FAILURE", reason: "INVALID_CREDENTIALS" } };
    expect(await partsOf(contractors, failed)).toEqual([
      ['event.eventType in ["user.session.start"]', "true"],
      ['event.outcome.result == "SUCCESS"', "false"],
      ['event.actor.type == "User"', "true"],
      ['event.actor.id != "unknown"', "true"],
    ]);
    expect(await partsOf(contractors, { eventType: "user.authentication.sso" })).toContainEqual([
      'event.eventType in ["user.session.start"]',
      "false",
    ]);
  });

  it("evaluates a pattern as the functions do", async () => {
    const rule = { ...contractors, when: 'event.actor.alternateId.matches("^new.*") && true' };
    expect(await partsOf(rule)).toContainEqual(['event.actor.alternateId.matches("^new.*")', "true"]);
  });

  it("decides for any conditions as the functions do, and every part of a rule that matches is true", async () => {
    const atoms = [
      'event.actor.alternateId.endsWith("@example.com")',
      'event.client.zone == "office"',
      "event.device.managed",
      "has(event.device.managed)",
      'event.target.exists(t, t.type == "AppInstance")',
      "!(event.authenticationContext.authenticationStep == 0)",
    ];
    const condition = fc.letrec<{ all: string }>((tie) => ({
      all: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom(...atoms),
        fc.tuple(tie("all"), fc.constantFrom("&&", "||"), tie("all")).map((parts) => `(${parts.join(" ")})`),
      ),
    })).all;
    const changes = fc.record({
      client: fc.constantFrom({}, { zone: "office" }, { zone: "home" }),
      device: fc.constantFrom(null, {}, { managed: true }, { managed: false }),
      target: fc.constantFrom(null, [], [{ type: "AppInstance" }]),
    });
    await fc.assert(
      fc.asyncProperty(condition, changes, async (when, changed) => {
        const event = parse(changed);
        const rules = [{ groupId: "00gSome", on: ["user.session.start"], when }];
        const matchRules = await createRuleMatcher(
          rules,
          createLog("acme", () => undefined),
          () => 0,
        );
        const [verdict] = await explainRules(rules, event);
        const values = verdict?.parts.map(({ value }) => value) ?? [];
        expect(verdict?.matches).toBe(groupsOf(matchRules, event).length > 0);
        expect(values.every((value) => value === "true")).toBe(verdict?.matches);
      }),
      { numRuns: 100 },
    );
  });
});
