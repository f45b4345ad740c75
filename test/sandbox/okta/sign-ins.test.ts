import { describe, expect, it } from "vitest";
import { parseDelivery } from "../../../function/shared/events.ts";
import type { SignInAttempt } from "../../../sandbox/okta/log/sign-in-events.ts";
import { startTestOkta } from "./local.ts";
import { makeHook, startReceiver } from "./receiver.ts";

const JANE = "jane@example.com";
const JSON_TYPE = "application/json";
const PUBLISHED = "2026-01-05T10:00:01.159Z";

async function start() {
  const okta = await startTestOkta({ now: () => Date.parse(PUBLISHED) });
  const jane = okta.createPerson({ login: JANE, displayName: "Jane Doe" });
  const eventOf = (attempt: SignInAttempt) => okta.signIn([attempt])[0];
  return { okta, jane, eventOf };
}

describe("events", () => {
  it("of a success in Identity Engine look as in Okta's sample delivery", async () => {
    const { eventOf, jane } = await start();
    const place = expect.objectContaining({ city: "Toronto", geolocation: { lat: 43.6, lon: -79.3 } });

    expect(eventOf({ kind: "success", login: JANE })).toEqual({
      uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      published: PUBLISHED,
      eventType: "user.session.start",
      version: "0",
      displayMessage: "User login to Okta",
      severity: "INFO",
      legacyEventType: "core.user_auth.login_success",
      actor: { id: jane.id, type: "User", alternateId: JANE, displayName: "Jane Doe", detailEntry: null },
      outcome: { result: "SUCCESS", reason: null },
      target: [
        {
          id: expect.stringMatching(/^lae\w{17}$/),
          type: "AuthenticatorEnrollment",
          alternateId: "unknown",
          displayName: "Password",
          detailEntry: null,
        },
        {
          id: expect.stringMatching(/^0oa\w{17}$/),
          type: "AppInstance",
          alternateId: "Okta Dashboard",
          displayName: "Okta Dashboard",
          detailEntry: null,
        },
      ],
      client: {
        userAgent: { rawUserAgent: "Mozilla/5.0", os: "Mac OS X", browser: "CHROME" },
        zone: "null",
        device: "Computer",
        id: null,
        ipAddress: "203.0.113.7",
        geographicalContext: place,
        ipChain: [{ ip: "203.0.113.7", geographicalContext: place, version: "V4", source: null }],
      },
      device: null,
      insertionTimestamp: null,
      transaction: { type: "WEB", id: expect.stringMatching(/^\w{28}$/), detail: {} },
      debugContext: {
        debugData: {
          requestUri: "/idp/idx/identify",
          url: "/idp/idx/identify?",
          threatSuspected: "false",
        },
      },
      authenticationContext: {
        authenticationProvider: null,
        credentialProvider: null,
        credentialType: null,
        issuer: null,
        authenticationStep: 0,
        externalSessionId: expect.stringMatching(/^idx/),
        rootSessionId: expect.stringMatching(/^idx/),
        interface: null,
      },
      securityContext: {
        asNumber: null,
        asOrg: null,
        isp: null,
        domain: null,
        isProxy: null,
        ipDetails: null,
        risk: null,
        userBehaviors: null,
        botProtection: null,
      },
    });
  });

  it("of Classic have no target, and the chain of addresses under the request", async () => {
    const { eventOf } = await start();
    const event = eventOf({ kind: "success", login: JANE, platform: "classic" });

    expect(event?.target).toBeNull();
    expect(event?.request?.ipChain[0]?.ip).toBe("203.0.113.7");
    expect(event?.client).not.toHaveProperty("ipChain");
    expect(event).not.toHaveProperty("insertionTimestamp");
    expect(event).not.toHaveProperty("device");
  });

  it("of a wrong password are failures of the person, without a session", async () => {
    const { eventOf, jane } = await start();
    expect(eventOf({ kind: "wrong-password", login: JANE })).toMatchObject({
      severity: "WARN",
      legacyEventType: "core.user_auth.login_failed",
      actor: { id: jane.id, type: "User" },
      outcome: { result: "FAILURE", reason: "VERIFICATION_ERROR" },
      target: null,
      authenticationContext: { externalSessionId: null },
    });
    const classic = eventOf({ kind: "wrong-password", login: JANE, platform: "classic" });
    expect(classic?.outcome).toEqual({ result: "FAILURE", reason: "INVALID_CREDENTIALS" });
  });

  it("of an unknown user hold what was typed, and no id", async () => {
    const { eventOf } = await start();
    expect(eventOf({ kind: "unknown-user", login: "typed something" })).toMatchObject({
      severity: "WARN",
      actor: { id: "unknown", type: "User", alternateId: "typed something", displayName: "unknown" },
      outcome: { result: "FAILURE" },
    });
  });

  it("of Okta itself succeed, by an actor that is not a user", async () => {
    const { eventOf } = await start();
    expect(eventOf({ kind: "system-principal", login: JANE })).toMatchObject({
      actor: { type: "SystemPrincipal" },
      outcome: { result: "SUCCESS" },
    });
  });

  it("of other types carry their own words", async () => {
    const { eventOf } = await start();
    expect(eventOf({ kind: "success", login: JANE, eventType: "user.authentication.sso" })).toMatchObject({
      eventType: "user.authentication.sso",
      displayMessage: "User single sign on to app",
      legacyEventType: null,
      target: [{ type: "AppInstance" }],
    });
  });

  it("are reported in notices", async () => {
    const { okta, jane, eventOf } = await start();
    const event = eventOf({ kind: "wrong-password", login: JANE });
    expect(okta.noticesOf("event")).toEqual([
      {
        kind: "event",
        uuid: event?.uuid,
        eventType: "user.session.start",
        result: "FAILURE",
        actorId: jane.id,
      },
    ]);
  });

  it("are understood by the function, all of them", async () => {
    const { okta } = await start();
    const events = okta.signIn([
      { kind: "success", login: JANE },
      { kind: "success", login: JANE, platform: "classic" },
      { kind: "wrong-password", login: JANE },
      { kind: "unknown-user", login: "nobody@example.com" },
      { kind: "system-principal", login: JANE },
    ]);
    const parsed = parseDelivery({ eventId: "1", data: { events } });
    expect(parsed.events.map(({ uuid }) => uuid)).toEqual(events.map(({ uuid }) => uuid));
    expect(parsed.unprocessable).toEqual([]);
  });

  const impossible: readonly (readonly [string, SignInAttempt])[] = [
    ["of nobody", { kind: "success", login: "nobody@example.com" }],
    ["of a type that is not a sign-in", { kind: "success", login: JANE, eventType: "user.account.lock" }],
    ["of a type that objects inherit", { kind: "success", login: JANE, eventType: "constructor" }],
  ];
  it.each(impossible)("%s cannot be, and nothing of the call is recorded", async (_case, attempt) => {
    const { okta } = await start();
    expect(() => okta.signIn([{ kind: "success", login: JANE }, attempt])).toThrow();
    expect(okta.noticesOf("event")).toEqual([]);
  });

  it("of a deactivated account cannot be", async () => {
    const { okta, jane } = await start();
    await okta.call("POST", `/api/v1/users/${jane.id}/lifecycle/deactivate`);
    expect(() => okta.signIn([{ kind: "success", login: JANE }])).toThrow("deactivated");
  });
});

describe("the door for a person", () => {
  const knock = async (url: string, body: string, contentType = JSON_TYPE) => {
    const headers = { "content-type": contentType };
    const response = await fetch(`${url}/sandbox/sign-ins`, { method: "POST", headers, body });
    return { status: response.status, body: await response.json() };
  };

  it("takes one sign-in, and makes an account for who has none", async () => {
    const { okta } = await start();
    const receiver = await startReceiver();
    await makeHook(okta, "Sign-ins", receiver.url);
    const answer = await knock(okta.url, JSON.stringify({ login: "ann.lee@example.com" }));
    await okta.idle();
    const account = await okta.call("GET", "/api/v1/users/ann.lee@example.com");

    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject([
      {
        eventType: "user.session.start",
        actor: { id: account.body.id, displayName: "Ann Lee", alternateId: "ann.lee@example.com" },
        outcome: { result: "SUCCESS" },
      },
    ]);
    expect(receiver.deliveries.map(({ data }) => data.events)).toEqual([answer.body]);
  });

  it("takes a list as one batch, and makes no account for an unknown user", async () => {
    const { okta } = await start();
    const receiver = await startReceiver();
    await makeHook(okta, "Sign-ins", receiver.url);
    const attempts = [
      { login: "ann@example.com", kind: "wrong-password" },
      { login: "ghost@example.com", kind: "unknown-user" },
      { login: JANE, kind: "success", platform: "classic" },
    ];
    const { body } = await knock(okta.url, JSON.stringify(attempts));
    await okta.idle();

    expect(receiver.deliveries).toHaveLength(1);
    expect(receiver.deliveries[0].data.events).toEqual(body);
    expect((await okta.call("GET", "/api/v1/users/ann@example.com")).status).toBe(200);
    expect((await okta.call("GET", "/api/v1/users/ghost@example.com")).status).toBe(404);
  });

  const wrong: readonly (readonly [string, string, string])[] = [
    ["no JSON", "login=jane", JSON_TYPE],
    ["a form", "{}", "application/x-www-form-urlencoded"],
    ["text", JSON.stringify({ login: JANE }), "text/plain"],
    ["an empty list", "[]", JSON_TYPE],
    ["what is not an object", "[1]", JSON_TYPE],
    ["no login", "{}", JSON_TYPE],
    ["an empty login", '{"login":" "}', JSON_TYPE],
    ["a login that is too long", JSON.stringify({ login: "x".repeat(101) }), JSON_TYPE],
    ["an unknown kind", JSON.stringify({ login: JANE, kind: "magic" }), JSON_TYPE],
    ["an unknown platform", JSON.stringify({ login: JANE, platform: "mainframe" }), JSON_TYPE],
    ["an unknown event type", JSON.stringify({ login: JANE, eventType: "user.account.lock" }), JSON_TYPE],
    ["an event type that is not text", JSON.stringify({ login: JANE, eventType: 7 }), JSON_TYPE],
  ];
  it.each(wrong)("refuses %s with a sentence", async (_case, body, contentType) => {
    const { okta } = await start();
    const answer = await knock(okta.url, body, contentType);
    expect(answer).toEqual({ status: 400, body: { error: expect.stringMatching(/\.$/) } });
    expect(okta.noticesOf("event")).toEqual([]);
  });
});
