import { expect, it } from "vitest";
import { makeAssertion, startTestOkta } from "./local.ts";
import { baseOf, providerClient, requestProviderToken } from "./provider-client.ts";
import { key, SCOPES, superAdministrator } from "./provider-fixtures.ts";

it("with an API token asks twice who it is", async () => {
  const okta = await startTestOkta();
  const call = providerClient(okta, `SSWS ${okta.apiToken}`);
  for (const library of ["v6", "v2"] as const) {
    expect((await call(library, "GET", "/api/v1/users/me")).status).toBe(200);
  }
});

it.each([
  ["v2", "form"],
  ["v6", "form"],
  ["v6", "query"],
] as const)("with a private key gets a token: library %s, in the %s", async (library, place) => {
  const okta = await startTestOkta();
  const clientId = await superAdministrator(okta);
  const now = Math.floor(Date.now() / 1000);
  const base = baseOf(okta, library);
  const claims = { aud: `${base}/oauth2/v1/token`, iat: now, exp: now + 3600 };
  const parameters = {
    client_assertion: await makeAssertion(okta, clientId, key, Date.now(), { claims }),
    scope: SCOPES.join(" "),
  };
  const { status, body } = await requestProviderToken(okta, base, place, parameters);

  expect([status, body.token_type, body.expires_in]).toEqual([200, "Bearer", 3600]);
  const call = providerClient(okta, `Bearer ${body.access_token}`);
  expect((await call("v2", "GET", "/api/v1/groups/00gnone")).status).toBe(404);
});

it("answers no request for another host, though its assertion is for that", async () => {
  const okta = await startTestOkta();
  const clientId = await superAdministrator(okta);
  const base = "http://acme.okta.com";
  const claims = { aud: `${base}/oauth2/v1/token` };
  const assertion = await makeAssertion(okta, clientId, key, Date.now(), { claims });
  const parameters = { client_assertion: assertion, scope: "okta.groups.read" };

  expect((await requestProviderToken(okta, base, "form", parameters)).status).toBe(403);
  // Nor does it take the assertion under its own name.
  expect((await requestProviderToken(okta, okta.url, "form", parameters)).status).toBe(401);
});
