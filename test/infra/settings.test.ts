import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { parse } from "yaml";
import type { SignInGroupsArgs } from "../../infra/arguments.ts";
import { ConfigurationError } from "../../infra/errors.ts";
import { notEligibleEventTypes, signInEventTypes } from "../../infra/rules.ts";
import { checkSettings, defaultSettings, type Settings, sections } from "../../infra/settings.ts";
import { settingsDocuments } from "../../infra/settings-documents.ts";
import { isHookEligible, signInTypes } from "../../sandbox/okta/log/event-types.ts";

/** The mistakes that are found, as setting and remedy. */
function faultsOf(given: Record<string, unknown>): [string, string][] {
  try {
    checkSettings(given);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.faults.map(({ setting, remedy }) => [setting, remedy]);
  }
}

const rule = { group: "App Users", on: ["user.session.start"] };

describe("settings", () => {
  it("are in the component's arguments, of the same types, and all optional", () => {
    // tsc checks this: a setting without its argument, or one of another type, fails "npm run check".
    type Arguments = { [Name in keyof SignInGroupsArgs]: pulumi.Unwrap<SignInGroupsArgs[Name]> };
    expectTypeOf<Omit<Arguments, "project" | "region" | "orgUrl" | "rules" | "labels">>().toEqualTypeOf<
      Partial<Omit<Settings, "rules" | "labels">>
    >();
    // The check narrows rules: a rule as configured may have both a name and an id of a group.
    expectTypeOf<Settings["rules"]>().toExtend<NonNullable<Arguments["rules"]>>();
    expectTypeOf<Settings["labels"]>().toExtend<NonNullable<Arguments["labels"]>>();
  });

  it.each(Object.entries(settingsDocuments))("are written to %s as they are", async (path, render) => {
    const text = await readFile(join(import.meta.dirname, "../..", path), "utf8");
    expect(render(text), "out of date: run `npm run settings`").toBe(text);
  });

  it("are in one section each, with a description that is sentences", () => {
    const all = Object.values(sections).flatMap(Object.entries);
    expect(all.map(([name]) => name)).toEqual(Object.keys(defaultSettings));
    for (const [name, { description, details = "." }] of all) {
      expect([description, details], name).toEqual([
        expect.stringMatching(/^[A-Z0-9].*\.$/),
        expect.stringMatching(/\.$/),
      ]);
    }
  });

  it("have the defaults that Pulumi.yaml states", async () => {
    const project = parse(await readFile(join(import.meta.dirname, "../../Pulumi.yaml"), "utf8"));
    const stated = Object.fromEntries(
      Object.entries(project.config).map(([name, declaration]) => [
        name,
        Reflect.get(Object(declaration), "default"),
      ]),
    );
    expect(stated).toEqual(defaultSettings);
    expect(checkSettings({})).toEqual(defaultSettings);
  });

  it.each([
    ["receiveMemory", "512MB"],
    ["receiveMemory", "512M"],
    ["receiveMemory", "banana"],
    ["receiveMemory", "64Mi"],
    ["receiveMemory", "8Gi"],
    ["grantMemory", 512],
    ["receiveCpu", "3"],
    ["receiveCpu", "0.5"],
    ["grantCpu", "one"],
    ["receiveConcurrency", 0],
    ["receiveConcurrency", 1001],
    ["receiveTimeoutSeconds", 2],
    ["grantTimeoutSeconds", 74],
    ["grantTimeoutSeconds", 601],
    ["receiveMinInstances", 11],
    ["receiveMaxInstances", 0],
    ["grantMinInstances", 2],
    ["memberSnapshotInterval", "0s"],
    ["memberSnapshotInterval", "1.5s"],
    ["memberSnapshotInterval", "86401s"],
    ["memberSnapshotInterval", "10m"],
    ["memberSnapshotInterval", 600],
    ["rateLimitReservePercent", -1],
    ["rateLimitReservePercent", 91],
    ["rateLimitReservePercent", 2.5],
    ["rateLimitReservePercent", "10%"],
    ["queueDispatchesPerSecond", 0],
    ["queueDispatchesPerSecond", 501],
    ["queueDispatchesPerSecond", 1.5],
    ["queueConcurrentDispatches", 41],
    ["queueMinBackoff", "5"],
    ["queueMinBackoff", "5m"],
    ["queueMinBackoff", "601s"],
    ["queueRetryDuration", "86400s"],
    ["reconcileSchedule", ""],
    ["reconcileSchedule", 5],
    ["reconcileSchedule", "every 5 minutes"],
    ["reconcileSchedule", "*/60 * * * *"],
    ["reconcileMemory", "512MB"],
    ["reconcileMemory", "5Gi"],
    ["reconcileCpu", "0.5"],
    ["reconcileCpu", "3"],
    ["reconcileTimeoutSeconds", 59],
    ["reconcileTimeoutSeconds", 1801],
    ["backfill", "91d"],
    ["backfill", "-1d"],
    ["backfill", "30"],
    ["backfill", "24h"],
    ["backfill", "1.5d"],
    ["backfill", 30],
    ["hookSecretRotation", 0],
    ["hookSecretRevoked", 1],
    ["hookSecretRevoked", -1],
    ["signingKeyRevoked", 3, { signingKeyRotation: 3, signingKeyRevoked: 3 }],
    ["signingKeyRotation", "two"],
    ["signingKeyProtection", "EXTERNAL"],
    ["protectGroups", "yes"],
    ["trustGroupIds", "true"],
    ["trustRegion", "true"],
    ["hookUrl", "http://sign-ins.acme.com"],
    ["hookUrl", "sign-ins.acme.com"],
    ["hookUrl", "https://jane:pass@sign-ins.acme.com"],
    ["hookUrl", "https://sign-ins.acme.com/#hook"],
    ["hookUrl", "https://sign-ins.acme.com/a b"],
    ["hookUrl", `https://sign-ins.acme.com/${"x".repeat(1000)}`],
    ["hookUrl", true],
    ["receiverWaitSeconds", 5],
    ["rightsWaitSeconds", 901],
    ["imagesToKeep", 0],
    ["auditExport", "splunk"],
    ["auditRetention", "0d"],
    ["auditRetention", "32d", { auditExport: "pubsub", auditRetention: "32d" }],
    ["labels", ["a"]],
    ["labels.Team", "x", { labels: { Team: "x" } }],
    ["labels.team", "A B", { labels: { team: "A B" } }],
    ["receiveMem", "1Gi"],
  ])("refuse %s %j", (setting, value, given?: Record<string, unknown>) => {
    const faults = faultsOf(given ?? { [setting]: value });
    expect(faults.map(([name]) => name)).toEqual([setting]);
    // What is wrong is what it must be, and every message ends what it says.
    expect(faults[0]?.[1]).toMatch(/(must be|is not a valid|there is no such setting).*\.$/);
  });

  it.each([
    [{ receiveMemory: "4Gi" }],
    [{ receiveCpu: "0.5", receiveConcurrency: 1 }],
    [{ receiveCpu: "4", receiveMemory: "2Gi" }],
    [{ queueMinBackoff: "0.5s" }],
    [{ hookSecretRotation: 2, hookSecretRevoked: 1, signingKeyRotation: 5, signingKeyRevoked: 1 }],
    [{ queueConcurrentDispatches: 100, grantConcurrency: 100 }],
    [{ memberSnapshotInterval: "86400s", rateLimitReservePercent: 0 }],
    [{ queueDispatchesPerSecond: 500, grantTimeoutSeconds: 75 }],
    [{ reconcileSchedule: "0 */2 * * *", reconcileTimeoutSeconds: 1800, backfill: "90d" }],
    [{ reconcileCpu: "2", reconcileMemory: "8Gi" }],
    [{ hookUrl: "https://sign-ins.acme.com/hook?of=acme" }],
    [{ labels: { "cost-center": "1_2" } }],
    [{ auditExport: "bigquery", auditRetention: "400d" }],
    [{ auditExport: "pubsub" }],
  ])("take %j", (given) => {
    expect(faultsOf(given)).toEqual([]);
  });

  it("are, whatever is given, refused by an error of the configuration or taken so that they are taken again", () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.integer({ min: -1, max: 100_000 }),
      fc.tuple(fc.nat(3_000_000), fc.constantFrom("s", "d", "Mi", "Gi", "")).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...Object.keys(defaultSettings), "other"), value),
        (given) => {
          const faults = faultsOf(given);
          if (faults.length === 0) {
            const settings = checkSettings(given);
            expect(checkSettings(settings)).toEqual(settings);
          }
          for (const [setting, remedy] of faults) expect([setting, remedy]).not.toContain("");
        },
      ),
    );
  });

  it("name every mistake at once", () => {
    const faults = faultsOf({ receiveMemory: "1", grantCpu: "0", imagesToKeep: -1, rules: [] });
    expect(faults.map(([setting]) => setting).sort()).toEqual([
      "grantCpu",
      "imagesToKeep",
      "receiveMemory",
      "rules",
    ]);
  });
});

describe("rules", () => {
  it.each([
    ["no list", "rules", {}],
    ["none", "rules", []],
    ["no object", "rules[0]", ["App Users"]],
    ["neither group nor id", "rules[0]", [{ on: ["user.session.start"] }]],
    ["both", "rules[0]", [{ ...rule, groupId: "00g1" }]],
    ["an empty name", "rules[0].group", [{ ...rule, group: " " }]],
    ["a long name", "rules[0].group", [{ ...rule, group: "x".repeat(256) }]],
    ["Everyone", "rules[0].group", [{ ...rule, group: "Everyone" }]],
    ["an id that is a path", "rules[0].groupId", [{ groupId: "00g/..", on: rule.on }]],
    ["a former name that is the name", "rules[0].renamedFrom", [{ ...rule, renamedFrom: "App Users" }]],
    ["an empty former name", "rules[0].renamedFrom", [{ ...rule, renamedFrom: "" }]],
    [
      "a former name of a group by its id",
      "rules[0].renamedFrom",
      [{ groupId: "00g1", renamedFrom: "Users", on: rule.on }],
    ],
    [
      "a former name that a rule still has",
      "rules",
      [rule, { ...rule, group: "A", renamedFrom: "App Users" }],
    ],
    [
      "a former name of two groups",
      "rules",
      [
        { ...rule, group: "A", renamedFrom: "Users" },
        { ...rule, group: "B", renamedFrom: "Users" },
      ],
    ],
    [
      "two former names of a group",
      "rules",
      [
        { ...rule, renamedFrom: "Users" },
        { ...rule, renamedFrom: "People" },
      ],
    ],
    ["no events", "rules[0].on", [{ ...rule, on: [] }]],
    ["one event outside a list", "rules[0].on", [{ ...rule, on: "user.session.start" }]],
    [
      "an event whose actor may be an administrator",
      "rules[0].on",
      [{ ...rule, on: ["user.account.update_profile"] }],
    ],
    ["a misspelt part", "rules[0].if", [{ ...rule, if: "true" }]],
    ["an empty condition", "rules[0].when", [{ ...rule, when: "" }]],
    ["a condition that is not text", "rules[0].when", [{ ...rule, when: true }]],
    ["a condition that is not a condition", "rules[1].when", [rule, { ...rule, when: "event.actor.id" }]],
  ])("refuse %s", (_name, setting, rules) => {
    expect(faultsOf({ rules }).map(([name]) => name)).toEqual([setting]);
  });

  it("take a former name on one or on all rules of a group", () => {
    const renamed = { ...rule, renamedFrom: "Users" };
    expect(faultsOf({ rules: [renamed, rule, renamed] })).toEqual([]);
  });

  it.each([
    "user.session.clear",
    "user.session.end",
    "user.session.expire",
    "user.session.access_admin_app",
    "user.session.impersonation.initiate",
    "user.session.nonsense",
    "user.session.start ",
    "user.authentication.universal_logout",
    "user.authentication.slo",
    "user.authentication.authenticate",
    "user.authentication.SSO",
    "constructor",
    7,
  ])("refuse the event %j, which is not a sign-in, and name those that can be used", (event) => {
    expect(faultsOf({ rules: [{ ...rule, on: [...signInEventTypes, event] }] })).toEqual([
      [
        "rules[0].on",
        "it must be a sign-in event: user.session.start, user.authentication.sso, " +
          "user.authentication.auth_via_mfa, user.authentication.auth_via_IDP, user.authentication.auth_via_social.",
      ],
    ]);
  });

  it.each(Object.entries(notEligibleEventTypes))(
    "refuse the event %s, which no hook gets, and name %s in its place",
    (event, instead) => {
      expect(faultsOf({ rules: [{ ...rule, on: [event] }] })).toEqual([
        ["rules[0].on", `Okta does not send it to event hooks. Write ${instead}.`],
      ]);
      expect(signInEventTypes).toContain(instead);
    },
  );

  it("take every event that the local Okta knows as a sign-in and sends, and no other", () => {
    expect(faultsOf({ rules: [{ ...rule, on: signInEventTypes }] })).toEqual([]);
    expect(signInTypes().filter(isHookEligible)).toEqual(signInEventTypes);
    for (const event of Object.keys(notEligibleEventTypes)) expect(isHookEligible(event), event).toBe(false);
  });

  it("have the event types that Pulumi.yaml names", async () => {
    const project = await readFile(join(import.meta.dirname, "../../Pulumi.yaml"), "utf8");
    const { description } = parse(project).config.rules;
    expect([...description.matchAll(/`(user\.[\w.]+)`/g)].map(([, name]) => name)).toEqual(signInEventTypes);
  });

  it("refuse more than Okta and Cloud Run can hold", () => {
    const many = Array.from({ length: 1000 }, (_, index) => ({
      groupId: `00g${index}`,
      on: ["user.session.start"],
    }));
    expect(faultsOf({ rules: many }).map(([, remedy]) => remedy)).toEqual([
      expect.stringContaining("999 groups"),
      expect.stringContaining("30000 characters"),
    ]);
  });

  it("show the place of a mistake in a condition", () => {
    const [fault] = faultsOf({ rules: [{ ...rule, when: "event.actor.login == 'x'" }] });
    expect(fault?.[1]).toBe(
      "No such key: login\n\n>    1 | event.actor.login == 'x'\n                     ^",
    );
  });
});
