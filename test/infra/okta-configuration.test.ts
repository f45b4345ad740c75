import { describe, expect, it } from "vitest";
import { byName, declare, inputsOf } from "./declare.ts";

const without = (...keys: readonly string[]) => Object.fromEntries(keys.map((key) => [`okta:${key}`, ""]));

/** Where the program has Okta's API, from the issuer of an app's scopes. */
async function orgOf(
  configuration: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>> = {},
) {
  const recording = await declare(configuration, { dryRun: true, environment });
  expect(recording.error).toBeUndefined();
  return inputsOf(byName(recording)("scopes-1"))["issuer"];
}

describe("the org's address", () => {
  it("must be whole: Okta's provider has no default for either part", async () => {
    const { error, resources } = await declare(without("baseUrl"), { dryRun: true });
    expect(error).toBe(
      "The configuration has a mistake:\n" +
        'okta:baseUrl is not set: it must be the rest of the org\'s address, for example "pulumi config set okta:baseUrl okta.com". ' +
        "Okta's provider has no default.",
    );
    expect(resources).toEqual([]);
    const both = await declare(without("baseUrl", "orgName"), { dryRun: true });
    expect(both.error).toContain("okta:orgName is not set: ");
    expect(both.error).toContain("okta:baseUrl is not set: ");
  });

  it("comes from the environment where the configuration does not say it, as in Okta's provider", async () => {
    const environment = { OKTA_ORG_NAME: "north", OKTA_BASE_URL: "oktapreview.com" };
    expect(await orgOf(without("orgName", "baseUrl"), environment)).toBe("https://north.oktapreview.com");
    expect(await orgOf({}, environment)).toBe("https://acme.okta.com");
    const { error } = await declare(without("baseUrl"), {
      environment: { OKTA_BASE_URL: "https://okta.com" },
    });
    expect(error).toContain(
      'OKTA_BASE_URL is "https://okta.com": it must be the rest of the org\'s own address',
    );
  });

  it("is replaced by a proxy that the configuration or the environment names, and required all the same", async () => {
    expect(await orgOf({ "okta:httpProxy": "https://proxy.acme.com/" })).toBe("https://proxy.acme.com");
    expect(await orgOf({}, { OKTA_HTTP_PROXY: "http://127.0.0.1:1" })).toBe("http://127.0.0.1:1");
    const open = await declare({}, { environment: { OKTA_HTTP_PROXY: "http://proxy.acme.com" } });
    expect(open.error).toContain(
      'OKTA_HTTP_PROXY is "http://proxy.acme.com": it replaces the org\'s address',
    );
    const nameless = await declare(without("baseUrl"), {
      environment: { OKTA_HTTP_PROXY: "http://127.0.0.1:1" },
    });
    expect(nameless.error).toContain("okta:baseUrl is not set: ");
  });
});

describe("credentials for Okta", () => {
  it("are missed at once, before Okta's provider is started", async () => {
    const { error, resources } = await declare(without("apiToken"), { dryRun: true });
    expect(error).toBe(
      "The configuration has a mistake:\n" +
        'okta:apiToken is not set: set it with "pulumi config set --secret okta:apiToken"; or, for an API service app, ' +
        "set okta:clientId, okta:privateKeyId, okta:privateKey and okta:scopes.",
    );
    expect(resources).toEqual([]);
  });

  it.each([
    [{ "okta:clientId": "0oa1" }, ["okta:privateKey", "okta:scopes"]],
    [{ "okta:privateKey": "a key" }, ["okta:clientId", "okta:scopes"]],
    [{ "okta:clientId": "0oa1", "okta:privateKey": "a key" }, ["okta:scopes"]],
  ])("of an app must be whole: %j", async (given, missing) => {
    const { error } = await declare({ ...without("apiToken"), ...given }, { dryRun: true });
    const named = [...String(error).matchAll(/^(okta:\w+) is not set: /gm)].map(([, key]) => key);
    expect(named).toEqual(missing);
    expect(error).not.toContain("a key");
  });

  it.each([
    [{ OKTA_API_TOKEN: "00token" }],
    [{ OKTA_ACCESS_TOKEN: "eyJ" }],
    [
      {
        OKTA_API_CLIENT_ID: "0oa1",
        OKTA_API_PRIVATE_KEY: "a key",
        OKTA_API_PRIVATE_KEY_ID: "kid",
        OKTA_API_SCOPES: "okta.apps.manage,okta.groups.manage",
      },
    ],
  ])("may come from the environment: %j", async (environment) => {
    const { error } = await declare(without("apiToken"), { dryRun: true, environment });
    expect(error).toBeUndefined();
  });
});
