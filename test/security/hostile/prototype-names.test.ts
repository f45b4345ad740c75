import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileCondition } from "../../../function/shared/conditions/condition.ts";
import { readConfig } from "../../../function/shared/config.ts";
import { receiveVariables } from "../../../function/shared/contract.ts";
import { parseEvents } from "../../../function/shared/events.ts";
import { createRuleMatcher } from "../../../function/shared/rules.ts";
import { ConfigurationError } from "../../../infra/errors.ts";
import { checkSettings } from "../../../infra/settings.ts";
import { changedLabels, labelOutputs } from "../../../sandbox/deploy/google/labels.ts";
import { fields } from "../../../sandbox/google/fields.ts";
import { permissionsOf } from "../../../sandbox/google/iam/roles.ts";
import { signingAlgorithm } from "../../../sandbox/google/kms/algorithms.ts";
import { mergePatch } from "../../../sandbox/google/storage/buckets.ts";
import { parseLogFilter } from "../../../sandbox/okta/log/filter.ts";
import { byName, declare, inputsOf } from "../../infra/declare.ts";
import { createTestLog } from "../../support/log.ts";
import { groupsOf } from "../../support/matching.ts";
import { prototypeNames } from "../../support/prototype-names.ts";

const on = ["user.session.start"];
const name = fc.constantFrom(...prototypeNames);

/** An event as JSON brings it, with these fields in `debugContext.debugData`. */
function eventWith(debugData: Readonly<Record<string, string>>) {
  const pairs = Object.entries(debugData).map(
    ([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`,
  );
  const [event] = parseEvents([
    JSON.parse(`{
      "uuid": "uuid-1", "eventType": "user.session.start", "published": "2026-01-05T09:00:00.000Z",
      "outcome": { "result": "SUCCESS" }, "actor": { "id": "00u1", "type": "User" },
      "debugContext": { "debugData": {${pairs.join()}} }
    }`),
  ]).events;
  if (event === undefined) throw new Error("The event was not parsed.");
  return event;
}

const debugDataOf = (pairs: readonly (readonly [string, string])[]) => Object.fromEntries(pairs);

describe("a group whose name every object answers to", () => {
  const names = prototypeNames.filter((group) => group !== "__proto__");

  it("is made, and its rule leads to it, from the configuration to the function", async () => {
    const rules = names.map((group) => ({ group, on }));
    const recording = await declare({ "signin-groups:rules": JSON.stringify(rules) });
    expect(recording.error).toBeUndefined();
    for (const group of names) {
      expect(inputsOf(byName(recording)(group, "Group"))["name"]).toBe(group);
    }
    const service = inputsOf(byName(recording)("receive", "Function"))["serviceConfig"];
    const { RULES } = Object(Reflect.get(Object(service), "environmentVariables"));
    const config = readConfig("receive", receiveVariables, {
      RULES,
      QUEUE: "queue",
      GRANT_URL: "https://grant.example",
      PROJECT: "acme",
      HOOK_SECRET: "secret",
    });
    const matchRules = await createRuleMatcher(config.rules, createTestLog().log, Date.now);
    expect(groupsOf(matchRules, eventWith({}))).toEqual(
      names.map((group) => `00gsigningroups${group.replaceAll(/\W/g, "")}`),
    );
  });

  it("fails the preview where Pulumi would lose it", () => {
    expect(() => checkSettings({ rules: [{ group: "__proto__", on }] })).toThrow(
      /rules\[0\].group.*Choose another/s,
    );
  });
});

describe("a setting, a label or an event type with such a name", () => {
  it("is an unknown setting", () => {
    fc.assert(
      fc.property(name, (setting) => {
        const given = Object.fromEntries([[setting, "x"]]);
        expect(() => checkSettings(given)).toThrow(ConfigurationError);
        expect(() => checkSettings(given)).toThrow(`${setting} is "x": there is no such setting`);
      }),
    );
  });

  it("is reported with its key when it comes from the stack's configuration", async () => {
    const { error } = await declare({ "signin-groups:constructor": "x" });
    expect(String(error)).toContain('signin-groups:constructor is "x": there is no such setting');
  });

  it("is an event type that no rule can have", () => {
    fc.assert(
      fc.property(name, (eventType) => {
        expect(() => checkSettings({ rules: [{ group: "App Users", on: [eventType] }] })).toThrow(
          "it must be a sign-in event: user.session.start",
        );
      }),
    );
  });

  it("is a label as any other where it is one", () => {
    expect(checkSettings({ labels: { constructor: "yes" } }).labels).toEqual({ constructor: "yes" });
  });
});

describe("a condition on such a field of an event", () => {
  const others = fc.array(
    fc.tuple(fc.constantFrom("risk", "url", ...prototypeNames), fc.constantFrom("x", "y")),
  );

  it("is about what the event holds, whatever else it holds", async () => {
    await fc.assert(
      fc.asyncProperty(name, others, async (field, pairs) => {
        const debugData = debugDataOf(pairs);
        const event = eventWith(debugData);
        const isThere = await compileCondition(`has(event.debugContext.debugData.${field})`);
        expect(isThere(event)).toBe(Object.hasOwn(debugData, field));
        const isIn = await compileCondition(`"${field}" in event.debugContext.debugData`);
        expect(isIn(event)).toBe(Object.hasOwn(debugData, field));
        const isX = await compileCondition(
          `has(event.debugContext.debugData.${field}) && event.debugContext.debugData.${field} == "x"`,
        );
        expect(isX(event)).toBe(
          Object.entries(debugData).some(([key, value]) => key === field && value === "x"),
        );
      }),
    );
  });

  it("leaves conditions on other fields as they are", async () => {
    const isLow = await compileCondition('event.debugContext.debugData.risk == "LOW"');
    fc.assert(
      fc.property(name, (field) => {
        expect(
          isLow(
            eventWith(
              debugDataOf([
                ["risk", "LOW"],
                [field, "x"],
              ]),
            ),
          ),
        ).toBe(true);
      }),
    );
  });

  it("reaches nothing outside of the event in a preview", () => {
    for (const field of prototypeNames) {
      const when = `event.debugContext.debugData.${field}.reached == "yes" && event.debugContext.debugData.${field} != "no"`;
      try {
        checkSettings({ rules: [{ group: "App Users", on, when }] });
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigurationError);
      }
    }
    for (const place of [Object.prototype, Object, Object.prototype.toString, Object.prototype.valueOf]) {
      expect(Object.hasOwn(place, "reached")).toBe(false);
    }
  });
});

describe("the sandbox takes such a name", () => {
  it("for no role, algorithm, field of a filter or field of a body that it knows", () => {
    fc.assert(
      fc.property(name, (text) => {
        expect(permissionsOf(text)).toBeUndefined();
        expect(signingAlgorithm(text)).toBeUndefined();
        expect(() => parseLogFilter(`${text} eq "x"`)).toThrow();
        expect(fields({}, "").has(text)).toBe(false);
        expect(fields({}, "").optionalString(text)).toBeUndefined();
      }),
    );
  });

  it("for a key of a map like any other", () => {
    fc.assert(
      fc.property(name, (key) => {
        const map: unknown = JSON.parse(`{${JSON.stringify(key)}:"x"}`);
        expect(Object.entries(fields({ labels: map }, "").strings("labels"))).toEqual([[key, "x"]]);
        expect(Object.entries(mergePatch({}, Object(map)))).toEqual([[key, "x"]]);
        expect(Object.entries(mergePatch({}, { labels: map })["labels"] ?? {})).toEqual([[key, "x"]]);
        // A label that others put there, and ours has not, stays and is theirs.
        const theirs = { effectiveLabels: Object(map), labels: {} };
        expect(Object.keys(changedLabels(theirs, {}))).toContain(key);
        expect(labelOutputs({ labels: map }, { labels: {} })).toMatchObject({ labels: {} });
        expect(Object.keys(Object(labelOutputs({ labels: map }, { labels: {} })["labels"]))).toEqual([]);
      }),
    );
  });
});
