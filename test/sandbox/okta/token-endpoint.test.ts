import { generateKeyPairSync } from "node:crypto";
import { SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, it } from "vitest";
import {
  appBody,
  makeApp,
  makeAssertion,
  newKey,
  requestToken,
  startTestOkta,
  type TestKey,
  type TestOkta,
} from "./local.ts";

const NOW = Date.parse("2026-01-05T10:00:00.500Z");
const SECONDS = Math.floor(NOW / 1000);
const key = newKey();

async function start(): Promise<{ okta: TestOkta; clientId: string }> {
  const okta = await startTestOkta({ now: () => NOW });
  const clientId = await makeApp(okta, key, ["okta.groups.manage"]);
  return { okta, clientId };
}

it("a token for a good assertion", async () => {
  const { okta, clientId } = await start();
  const answer = await requestToken(okta, {
    client_assertion: await makeAssertion(okta, clientId, key, NOW),
  });

  expect(answer.status).toBe(200);
  expect(answer.body).toEqual({
    token_type: "Bearer",
    expires_in: 3600,
    access_token: expect.stringMatching(/^[\w-]{43}$/),
    scope: "okta.groups.manage",
  });
  expect(answer.headers.get("cache-control")).toBe("no-cache, no-store");
  expect(okta.noticesOf("request").at(-1)).toMatchObject({ path: "/oauth2/v1/token", principal: clientId });
});

it("the assertion may come in the query, as old SDKs send it, and stays out of the notices", async () => {
  const { okta, clientId } = await start();
  const assertion = await makeAssertion(okta, clientId, key, NOW);
  const query = new URLSearchParams({
    grant_type: "client_credentials",
    scope: "okta.groups.manage",
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    client_assertion: assertion,
  });
  const response = await fetch(`${okta.url}/oauth2/v1/token?${query}`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
  });

  expect(response.status).toBe(200);
  expect(JSON.stringify(okta.notices)).not.toContain(assertion);
});

describe("the assertion", () => {
  const spoilt: readonly [string, Parameters<typeof makeAssertion>[4], string][] = [
    ["of another issuer", { claims: { iss: "0oaother" } }, "issuer claim"],
    ["without issuer", { claims: { iss: undefined } }, "issuer claim"],
    ["of an unknown client", { claims: { iss: "0oanone", sub: "0oanone" } }, "client_id"],
    ["for another audience", { claims: { aud: "https://other.example/oauth2/v1/token" } }, "audience"],
    ["for the org instead of the endpoint", { claims: { aud: "http://127.0.0.1" } }, "audience"],
    ["without end", { claims: { exp: undefined } }, "must contain the 'exp' claim"],
    ["with its end as text", { claims: { exp: String(SECONDS + 300) } }, "must contain the 'exp' claim"],
    ["that has ended", { claims: { exp: SECONDS } }, "expired"],
    ["that ends in more than an hour", { claims: { exp: SECONDS + 3602 } }, "too far into the future"],
    ["issued in the future", { claims: { iat: SECONDS + 2 } }, "must be issued before"],
    ["with another key's id", { header: { kid: "other" } }, "kid is invalid"],
    ["without a key's id", { header: { kid: undefined } }, "kid is invalid"],
    ["with a jti that is not text", { claims: { jti: 7 } }, "jti"],
  ];
  it.each(spoilt)("%s is refused", async (_case, changes, description) => {
    const { okta, clientId } = await start();
    const answer = await requestToken(okta, {
      client_assertion: await makeAssertion(okta, clientId, key, NOW, changes),
    });

    expect(answer.status).toBe(401);
    expect(answer.body).toEqual({
      error: "invalid_client",
      error_description: expect.stringContaining(description),
    });
  });

  const accepted: readonly [string, Parameters<typeof makeAssertion>[4]][] = [
    ["that ends in an hour", { claims: { exp: SECONDS + 3600 } }],
    ["without iat", { claims: { iat: undefined } }],
    ["without jti", { claims: { jti: undefined } }],
  ];
  it.each(accepted)("%s is accepted", async (_case, changes) => {
    const { okta, clientId } = await start();
    const client_assertion = await makeAssertion(okta, clientId, key, NOW, changes);
    expect((await requestToken(okta, { client_assertion })).status).toBe(200);
  });

  const forgeries: readonly [string, (okta: TestOkta, clientId: string) => Promise<string>, string][] = [
    ["signed by another key", (okta, id) => makeAssertion(okta, id, newKey(), NOW), "signature is invalid"],
    [
      "signed with the public key as a secret",
      (okta, id) => signWithSecret(okta, id, key),
      "signature algorithm is invalid",
    ],
    ["not signed", async (okta, id) => unsigned(okta, id), "signature algorithm is invalid"],
    ["that is no JWT", async () => "nonsense", "parsing of the client_assertion failed"],
    ["with parts that are not objects", async () => "W10.W10.W10", "parsing of the client_assertion failed"],
    [
      "that makes an extension mandatory",
      (okta, id) => signCritical(okta, id, key),
      "parsing of the client_assertion failed",
    ],
  ];
  it.each(forgeries)("%s is refused", async (_case, forge, description) => {
    const { okta, clientId } = await start();
    const answer = await requestToken(okta, { client_assertion: await forge(okta, clientId) });

    expect(answer.status).toBe(401);
    expect(answer.body).toMatchObject({ error: "invalid_client" });
    expect(answer.body.error_description).toContain(description);
  });

  it("is good once, when it has a jti", async () => {
    const { okta, clientId } = await start();
    const client_assertion = await makeAssertion(okta, clientId, key, NOW);

    expect((await requestToken(okta, { client_assertion })).status).toBe(200);
    const second = await requestToken(okta, { client_assertion });
    expect(second.status).toBe(401);
    expect(second.body.error_description).toContain("already been used");
  });

  it("is not used up by a forgery with its jti", async () => {
    const { okta, clientId } = await start();
    const changes = { claims: { jti: "once" } };
    await requestToken(okta, {
      client_assertion: await makeAssertion(okta, clientId, newKey(), NOW, changes),
    });
    const client_assertion = await makeAssertion(okta, clientId, key, NOW, changes);

    expect((await requestToken(okta, { client_assertion })).status).toBe(200);
  });

  it("may be signed with an elliptic key, whose curve Okta does not keep", async () => {
    const { okta } = await start();
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const { x, y } = publicKey.export({ format: "jwk" });
    const app = await okta.call("POST", "/api/v1/apps", appBody("EC", [{ kty: "EC", kid: "ec-1", x, y }]));
    await okta.call("POST", `/api/v1/apps/${app.body.id}/grants`, {
      issuer: okta.url,
      scopeId: "okta.groups.manage",
    });
    const elliptic = { ...key, kid: "ec-1", privateKey };
    const client_assertion = await makeAssertion(okta, app.body.id, elliptic, NOW, {
      header: { alg: "ES256" },
    });

    expect((await requestToken(okta, { client_assertion })).status).toBe(200);
  });

  it("may be signed with any active key of the app, and with no inactive one", async () => {
    const { okta } = await start();
    const [active, inactive] = [newKey("active"), newKey("inactive")];
    const keys = [active.publicJwk, { ...inactive.publicJwk, status: "INACTIVE" }, key.publicJwk];
    const app = await okta.call("POST", "/api/v1/apps", appBody("Many keys", keys));
    const id: string = app.body.id;
    await okta.call("POST", `/api/v1/apps/${id}/grants`, { issuer: okta.url, scopeId: "okta.groups.manage" });
    const statusWith = async (one: TestKey) =>
      (await requestToken(okta, { client_assertion: await makeAssertion(okta, id, one, NOW) })).status;

    expect([await statusWith(active), await statusWith(key), await statusWith(inactive)]).toEqual([
      200, 200, 401,
    ]);
  });

  it("of an inactive app is refused", async () => {
    const { okta, clientId } = await start();
    await okta.call("POST", `/api/v1/apps/${clientId}/lifecycle/deactivate`);
    const answer = await requestToken(okta, {
      client_assertion: await makeAssertion(okta, clientId, key, NOW),
    });

    expect(answer.status).toBe(401);
    expect(answer.body.error).toBe("invalid_client");
  });
});

describe("the request", () => {
  type Case = readonly [string, Record<string, string | undefined>, number, string];
  const cases: readonly Case[] = [
    ["without a grant type", { grant_type: undefined }, 400, "invalid_request"],
    ["with another grant type", { grant_type: "password" }, 400, "unsupported_grant_type"],
    ["without an assertion", { client_assertion: undefined }, 401, "invalid_client"],
    ["with a client secret", { client_secret: "secret" }, 401, "invalid_request"],
    ["with another assertion type", { client_assertion_type: "other" }, 400, "invalid_request"],
    ["without a scope", { scope: undefined }, 400, "invalid_scope"],
    ["with an empty scope", { scope: " " }, 400, "invalid_scope"],
    ["with an unknown scope", { scope: "okta.groups.mangle" }, 400, "invalid_scope"],
    ["with a scope that was not granted", { scope: "okta.users.manage" }, 400, "consent_required"],
  ];
  it.each(cases)("%s is refused", async (_case, changes, status, error) => {
    const { okta, clientId } = await start();
    const client_assertion = await makeAssertion(okta, clientId, key, NOW);
    const answer = await requestToken(okta, { client_assertion, ...changes });

    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({ error, error_description: expect.stringMatching(/./) });
  });

  it("with Basic authentication is refused", async () => {
    const { okta, clientId } = await start();
    const client_assertion = await makeAssertion(okta, clientId, key, NOW);
    const answer = await requestToken(okta, { client_assertion }, { authorization: "Basic eDp5" });
    expect([answer.status, answer.body.error]).toEqual([401, "invalid_request"]);
  });

  it("that is not a form is refused", async () => {
    const { okta } = await start();
    const answer = await okta.call("POST", "/oauth2/v1/token", { grant_type: "client_credentials" }, "");
    expect([answer.status, answer.body.error]).toEqual([400, "invalid_request"]);
  });

  it("for some scopes that were granted and some that were not gets the granted ones", async () => {
    const { okta, clientId } = await start();
    const client_assertion = await makeAssertion(okta, clientId, key, NOW);
    const answer = await requestToken(okta, {
      client_assertion,
      scope: "okta.users.manage okta.groups.manage",
    });
    expect(answer.body.scope).toBe("okta.groups.manage");
  });
});

async function signWithSecret(
  okta: TestOkta,
  clientId: string,
  { kid, publicJwk }: TestKey,
): Promise<string> {
  const claims = { iss: clientId, sub: clientId, aud: `${okta.url}/oauth2/v1/token`, exp: SECONDS + 300 };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: "HS256", kid })
    .sign(new TextEncoder().encode(JSON.stringify(publicJwk)));
}

async function signCritical(okta: TestOkta, clientId: string, { kid, privateKey }: TestKey): Promise<string> {
  const claims = { iss: clientId, sub: clientId, aud: `${okta.url}/oauth2/v1/token`, exp: SECONDS + 300 };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: "RS256", kid, crit: ["urn:example"], "urn:example": true })
    .sign(privateKey, { crit: { "urn:example": true } });
}

function unsigned(okta: TestOkta, clientId: string): string {
  return new UnsecuredJWT({ aud: `${okta.url}/oauth2/v1/token`, exp: SECONDS + 300 })
    .setIssuer(clientId)
    .setSubject(clientId)
    .encode();
}
