import { describe, expect, it } from "vitest";
import { compileCondition } from "../../../../function/shared/conditions/condition.ts";
import { ConditionError } from "../../../../function/shared/conditions/language.ts";
import { type Declared, eventFields, itemsOf } from "../../../../function/shared/conditions/schema.ts";
import { parseEvents } from "../../../../function/shared/events.ts";
import { checkSettings } from "../../../../infra/settings.ts";
import { signInEvent } from "../../../support/deliveries.ts";

/*
 * The fields of Okta's LogEvent (okta/okta-management-openapi-spec, dist/current/management-minimal.yaml, version 2026.06.3), as
 * CEL has their types: an integer is an int, an enumeration a string, what is free a map. `[]` is what a list is made of.
 */
const LOG_EVENT = `
  actor.alternateId string, actor.detailEntry map, actor.displayName string, actor.id string, actor.type string,
  authenticationContext.authenticationProvider string, authenticationContext.authenticationStep int,
  authenticationContext.credentialProvider string, authenticationContext.credentialType string,
  authenticationContext.externalSessionId string, authenticationContext.interface string,
  authenticationContext.issuer.id string, authenticationContext.issuer.type string,
  client.device string, client.geographicalContext.PLACE, client.id string, client.ipAddress string,
  client.userAgent.browser string, client.userAgent.os string, client.userAgent.rawUserAgent string, client.zone string,
  debugContext.debugData map, displayMessage string, eventType string, legacyEventType string,
  outcome.reason string, outcome.result string, published google.protobuf.Timestamp, request.ipChain[].ADDRESS,
  securityContext.asNumber int, securityContext.asOrg string, securityContext.botProtection.level string,
  securityContext.domain string, securityContext.ipDetails.DETAILS, securityContext.isp string, securityContext.isProxy bool,
  securityContext.risk.detectionName string, securityContext.risk.issuer string, securityContext.risk.level string,
  securityContext.risk.previousLevel string, securityContext.risk.reasons[] string, securityContext.userBehaviors[] dyn,
  severity string, target[].alternateId string, target[].changeDetails map, target[].detailEntry map,
  target[].displayName string, target[].id string, target[].type string,
  transaction.detail map, transaction.id string, transaction.type string, uuid string, version string`;

/** LogDevice of the same specification, and what the sample delivery of "Event hooks" has besides; and older events. */
const BESIDES = `
  device.device_integrator map, device.disk_encryption_type string, device.id string, device.jailbreak bool,
  device.managed bool, device.name string, device.os_platform string, device.os_version string, device.registered bool,
  device.screen_lock_type string, device.secure_hardware_present bool,
  insertionTimestamp google.protobuf.Timestamp, client.ipChain[].ADDRESS, authenticationContext.rootSessionId string`;

const PARTS: Readonly<Record<string, readonly string[]>> = {
  PLACE: [
    "city string",
    "country string",
    "geolocation.lat double",
    "geolocation.lon double",
    "postalCode string",
    "state string",
  ],
  ADDRESS: ["geographicalContext.PLACE", "ip string", "ipDetails.DETAILS", "source string", "version string"],
  DETAILS: [
    "asNumber int",
    "asOrg string",
    "domain string",
    "ipServiceCategories[].isAnonymous bool",
    "ipServiceCategories[].operator string",
    "ipServiceCategories[].type string",
    "isp string",
  ],
};

/** The fields that are listed, with their parts written out. */
function listed(text: string): string[] {
  const expand = (field: string): string[] => {
    const [, before = "", part = ""] = /^(.*\.)([A-Z]+)$/.exec(field) ?? [];
    return part === "" ? [field] : (PARTS[part] ?? []).flatMap((one) => expand(before + one));
  };
  return text.split(",").flatMap((field) => expand(field.trim()));
}

/** The fields that are declared, each as its path and its type. */
function declared(type: Declared, path: string): string[] {
  const item = itemsOf(type);
  if (item !== undefined) return declared(item, `${path}[]`);
  if (typeof type === "string") return [`${path} ${type}`];
  return Object.entries(type).flatMap(([name, field]) =>
    declared(field, path === "" ? name : `${path}.${name}`),
  );
}

it("a condition can name every field of Okta's LogEvent and of a hook's delivery, by its type", () => {
  expect(declared(eventFields, "").sort()).toEqual([...listed(LOG_EVENT), ...listed(BESIDES)].sort());
});

/** Whether a condition holds for an event with these fields; false when it fails, as for a rule. */
async function holds(when: string, fields: Parameters<typeof signInEvent>[0]): Promise<boolean> {
  const [event] = parseEvents([signInEvent(fields)]).events;
  if (event === undefined) throw new Error("the event must parse");
  const condition = await compileCondition(when);
  try {
    return condition(event);
  } catch {
    return false;
  }
}

const address = { ip: "203.0.113.7", version: "V4", geographicalContext: { city: "Toronto" } };
const detailed = {
  ...address,
  ipDetails: { asNumber: 394, ipServiceCategories: [{ type: "VPN", operator: null, isAnonymous: true }] },
};
const full = {
  actor: { id: "00uSomeone", type: "User", alternateId: "a@b.example", detailEntry: { level: 3 } },
  client: { ipChain: [address], geographicalContext: { geolocation: { lat: 51, lon: -79.3 } } },
  request: { ipChain: [detailed] },
  device: { managed: true, os_platform: "OSX", device_integrator: { crowdStrike: { score: 87 } } },
  insertionTimestamp: "2026-01-05T10:00:00.000Z",
  authenticationContext: { authenticationStep: 0 },
  securityContext: {
    asNumber: 394,
    isProxy: true,
    risk: { level: "LOW", reasons: ["New device"] },
    botProtection: { level: "NONE" },
    userBehaviors: [{ name: "New IP", result: "POSITIVE" }, "New City"],
  },
  transaction: { detail: { requestApiTokenId: "00T1" } },
  debugContext: { debugData: { threatSuspected: "false", count: 2 } },
  target: [{ id: "0oa1", type: "AppInstance", detailEntry: { signOnModeType: "SAML_2_0" } }],
};

/** The same event as Okta often sends it. */
const empty = {
  ...full,
  client: { ipChain: null, geographicalContext: null },
  request: { ipChain: null },
  device: null,
  securityContext: { asNumber: null, isProxy: null, risk: null, userBehaviors: null },
};

describe("a condition over fields that real events carry", () => {
  it.each([
    ['event.securityContext.risk.level != "HIGH"', true],
    ['event.securityContext.userBehaviors.exists(b, b == "New City")', true],
    ['event.securityContext.userBehaviors.exists(b, b.name == "New IP" && b.result == "POSITIVE")', true],
    ['event.client.ipChain.exists(i, i.ip == "203.0.113.7")', true],
    ['event.request.ipChain.exists(i, i.ip == "203.0.113.7")', true],
    ["event.request.ipChain.exists(i, i.ipDetails.asNumber == 394)", true],
    ["event.request.ipChain[0].ipDetails.ipServiceCategories.exists(c, c.isAnonymous)", true],
    ["event.client.geographicalContext.geolocation.lat > 50.0", true],
    ["event.client.geographicalContext.geolocation.lat > 50", true],
    ["event.client.geographicalContext.geolocation.lat == 51", true],
    ["event.client.geographicalContext.geolocation.lon in [-79.3, 0.0]", true],
    ["event.client.geographicalContext.geolocation.lat in [50, 51]", true],
    ["event.authenticationContext.authenticationStep == 0", true],
    ["event.authenticationContext.authenticationStep != 0.0", false],
    ["event.authenticationContext.authenticationStep + 1 == 1", true],
    ["event.authenticationContext.authenticationStep in [0, 1]", true],
    ["event.authenticationContext.authenticationStep in [0.0]", true],
    ["event.securityContext.asNumber == 394.0 && event.securityContext.asNumber >= 393.5", true],
    ['event.transaction.detail.requestApiTokenId == "00T1"', true],
    ["event.device.managed == true", true],
    ["event.device.device_integrator.crowdStrike.score > 80", true],
    ["event.actor.detailEntry.level == 3 && event.actor.detailEntry.level == 3.0", true],
    ["event.debugContext.debugData.count == 2", true],
    ['event.target.exists(t, t.detailEntry.signOnModeType == "SAML_2_0")', true],
    ['event.target[0].type == "AppInstance" && event["client"].ipChain[0].version == "V4"', true],
    ["type(event.securityContext.asNumber) == int && event.securityContext.asNumber == 394", true],
    ['event.securityContext.risk.reasons.exists(r, r.startsWith("New"))', true],
    ['event.insertionTimestamp < timestamp("2027-01-01T00:00:00Z")', true],
  ])("%s passes the preview, and is %s", async (when, expected) => {
    expect(() =>
      checkSettings({ rules: [{ group: "App Users", on: ["user.session.start"], when }] }),
    ).not.toThrow();
    expect(await holds(when, full)).toBe(expected);
  });

  it.each([
    ["event.securityContext.risk.score == 1", /No such key: score/],
    ['event.client.ipChain.exists(i, i.address == "x")', /No such key: address/],
    ["event.device.managed == 1", /no such overload/],
  ])("%s is refused", async (when, message) => {
    await expect(compileCondition(when)).rejects.toThrow(ConditionError);
    await expect(compileCondition(when)).rejects.toThrow(message);
  });
});

// docs/rules.md, "Conditions": how to write a condition over a field that is often null.
describe("a field that is null or absent", () => {
  const absent = { ...full, securityContext: {}, device: undefined };
  it.each([
    // True of what Okta says and false of what it does not say, whichever way it is asked.
    ["event.securityContext.isProxy != true", [false, false, false]],
    ["!event.securityContext.isProxy", [false, false, false]],
    ["!has(event.securityContext.isProxy) || !event.securityContext.isProxy", [false, true, true]],
    ["has(event.device.managed) && event.device.managed", [true, false, false]],
    [
      '!has(event.securityContext.risk) || !has(event.securityContext.risk.level) || event.securityContext.risk.level != "HIGH"',
      [true, true, true],
    ],
    // A list that is null is empty.
    ['event.request.ipChain.exists(i, i.ip == "203.0.113.7")', [true, false, true]],
    ["size(event.client.ipChain) == 0", [false, true, false]],
  ])("%s", async (when, [given, nulls, missing]) => {
    const results = [await holds(when, full), await holds(when, empty), await holds(when, absent)];
    expect(results).toEqual([given, nulls, missing]);
    expect(() =>
      checkSettings({ rules: [{ group: "App Users", on: ["user.session.start"], when }] }),
    ).not.toThrow();
  });
});
