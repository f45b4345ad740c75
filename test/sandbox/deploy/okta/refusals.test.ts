import { describe, expect, it } from "vitest";
import type { Properties } from "../../../../sandbox/deploy/handler.ts";
import { oktaProvider } from "../../../../sandbox/deploy/okta/provider.ts";
import { unknown } from "../../../../sandbox/deploy/properties.ts";
import { newKey } from "../../okta/local.ts";
import { startReceiver } from "../../okta/receiver.ts";
import { appInputs, startDeployer, TYPES } from "./deployment.ts";

const app = appInputs(newKey());
const hook = {
  events: ["user.session.start"],
  channel: { version: "1.0.0", uri: "https://hooks.example.com/" },
};

type Case = readonly [string, keyof typeof TYPES, Properties, string];

const previewed: readonly Case[] = [
  ["an input that is not known", "group", { colour: "red" }, "colour is not known here"],
  ["a name that is not text", "group", { name: 7 }, "name must be a string"],
  ["an app without a label", "app", { ...app, label: null }, "label is required"],
  ["a key without kid", "app", { ...app, jwks: [{ kty: "RSA", e: "AQAB" }] }, "jwks[0].kid is required"],
  [
    "a key with a field that the provider does not send",
    "app",
    { ...app, jwks: [{ kty: "EC", kid: "k", crv: "P-256" }] },
    "jwks[0].crv is not known here",
  ],
  ["a flag that is none", "app", { ...app, omitSecret: "yes" }, "omitSecret must be true or false"],
  ["scopes without an app", "scopes", { issuer: "x", scopes: ["okta.groups.manage"] }, "appId is required"],
  ["no scopes", "scopes", { appId: "0oa", issuer: "x" }, "scopes is required"],
  ["a role without a description", "role", { label: "R", permissions: ["x"] }, "description is required"],
  [
    "a resource set with nothing",
    "resourceSet",
    { label: "S", description: "S" },
    "resources or resourcesOrns",
  ],
  [
    "a resource set with both kinds",
    "resourceSet",
    { label: "S", description: "S", resources: ["x"], resourcesOrns: ["x"] },
    "resources or resourcesOrns",
  ],
  [
    "a custom role without a resource set",
    "assignment",
    { clientId: "x", type: "CUSTOM", role: "r" },
    'resourceSet is required when "type" is CUSTOM',
  ],
  ["an assignment without a client", "assignment", { type: "SUPER_ADMIN" }, "clientId is required"],
  ["a hook without a channel", "hook", { events: hook.events }, "channel is required"],
  ["a verification of nothing", "verification", {}, "eventHookId is required"],
];

describe("a preview refuses", () => {
  it.each(previewed)("%s", async (_case, type, inputs, message) => {
    const { check } = await startDeployer();
    expect(check(type, inputs)).toEqual([expect.stringContaining(message)]);
  });
});

const notPreviewed: readonly Case[] = [
  ["an app with another grant type", "app", { ...app, grantTypes: ["password"] }, "field grant_types"],
  ["an app without grant types", "app", { ...app, grantTypes: [] }, "field grant_types"],
  ["an app without keys", "app", { ...app, jwks: [] }, '"jwks" or "jwksUri" is required'],
  ["a role without permissions", "role", { label: "R", description: "R" }, "at least one permission"],
  ["a channel without a version", "hook", { ...hook, channel: { uri: "x" } }, '"channel" needs a "version"'],
  ["a channel without a URI", "hook", { ...hook, channel: { version: "1.0.0" } }, '"channel" needs a "uri"'],
  ["auth without a value", "hook", { ...hook, auth: { key: "X-Key" } }, '"auth" needs a "value"'],
];

describe("what a preview lets pass fails before any call, when it is made and when it is changed:", () => {
  it.each(notPreviewed)("%s", async (_case, type, inputs, message) => {
    const { check, create, update, okta } = await startDeployer();

    expect(check(type, inputs)).toEqual([]);
    await expect(create(type, "mine", inputs)).rejects.toThrow(message);
    await expect(update(type, { id: "x", inputs, outputs: inputs }, inputs)).rejects.toThrow(message);
    expect(okta.noticesOf("request")).toEqual([]);
  });
});

const leftToOkta: readonly Case[] = [
  ["an app of another type", "app", { ...app, type: "robot" }, "application_type"],
  [
    "the grant types of an app of another type",
    "app",
    { ...app, type: "robot", grantTypes: ["password"] },
    "application_type",
  ],
  ["an unknown authentication", "app", { ...app, tokenEndpointAuthMethod: "none_such" }, "auth_method"],
  ["a key without modulus", "app", { ...app, jwks: [{ kty: "RSA", kid: "k", e: "AQAB" }] }, "jwks.keys.n"],
  ["an unknown permission", "role", { label: "R", description: "R", permissions: ["x"] }, "no permission"],
  [
    "an event type that is not for hooks",
    "hook",
    { ...hook, events: ["policy.evaluate_sign_on"] },
    "not eligible",
  ],
  ["a hook without events", "hook", { ...hook, events: [] }, "events.items"],
];

describe("what the provider does not look at is for Okta to refuse:", () => {
  it.each(leftToOkta)("%s", async (_case, type, inputs, message) => {
    const { check, create } = await startDeployer();

    expect(check(type, inputs)).toEqual([]);
    await expect(create(type, "mine", inputs)).rejects.toThrow(message);
  });
});

it("what is known only after the update counts as given", async () => {
  const { check } = await startDeployer();

  expect(check("resourceSet", { label: "S", description: "S", resources: unknown })).toEqual([]);
  expect(
    check("assignment", { clientId: unknown, type: "CUSTOM", role: unknown, resourceSet: unknown }),
  ).toEqual([]);
  expect(check("assignment", { clientId: "x", type: unknown })).toEqual([]);
});

it("a refusal names the call, the status and Okta's words with their causes", async () => {
  const { create } = await startDeployer();
  await create("group", "one", { name: "App Users" });

  await expect(create("group", "two", { name: "App Users" })).rejects.toMatchObject({
    name: "ProviderError",
    message:
      "POST /api/v1/groups: 400 Api validation failed: name " +
      "(name: An object with this field already exists in the current organization)",
  });
});

it("a hook that does not answer the challenge fails the verification, with the hook's name", async () => {
  const { create } = await startDeployer();
  const receiver = await startReceiver((response) => response.writeHead(401).end());
  const { id } = await create("hook", "hook", { ...hook, channel: { version: "1.0.0", uri: receiver.url } });

  await expect(create("verification", "verification", { eventHookId: id })).rejects.toThrow(
    /lifecycle\/verify: 400 .*Unable to verify event hook. Hook .* execution failed/,
  );
});

it("a group that is gone already cannot be deleted, but a role and a resource set can", async () => {
  const deployer = await startDeployer();
  const gone = (id: string) => ({ id, outputs: {} });

  await expect(deployer.delete("group", gone("00gnone"))).rejects.toThrow("404");
  await deployer.delete("role", gone("cr0none"));
  await deployer.delete("resourceSet", gone("iamnone"));
});

it("a wrong API token is reported by the configuration's check", async () => {
  const { okta } = await startDeployer();
  const provider = oktaProvider({ url: okta.url, apiToken: "wrong" });

  await expect(provider.resources[TYPES.group]?.create({ name: "A" })).rejects.toThrow(
    "GET /api/v1/users/me: 401 Invalid token provided",
  );
});

it("an org that cannot be reached is reported by its URL", async () => {
  const provider = oktaProvider({ url: "http://127.0.0.1:1", apiToken: "any" });

  await expect(provider.resources[TYPES.group]?.create({ name: "A" })).rejects.toThrow(
    "no answer from Okta at http://127.0.0.1:1",
  );
});

it("the tokens are those of the SDK", async () => {
  const provider = oktaProvider({ url: "http://127.0.0.1:1", apiToken: "any" });
  const okta = await import("@pulumi/okta");
  const types = [
    okta.group.Group,
    okta.app.OAuth,
    okta.AppOauthApiScope,
    okta.AdminRoleCustom,
    okta.ResourceSet,
    okta.app.OauthRoleAssignment,
    okta.EventHook,
    okta.EventHookVerification,
  ].map((type) => Reflect.get(type, "__pulumiType"));

  expect(Object.keys(provider.resources)).toEqual(types);
});
