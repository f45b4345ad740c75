import { describe, expect, test } from "vitest";
import type { Properties } from "../../../../sandbox/deploy/handler.ts";
import { oktaProvider } from "../../../../sandbox/deploy/okta/provider.ts";
import { newKey } from "../../okta/local.ts";
import { startReceiver } from "../../okta/receiver.ts";
import { appInputs, startDeployer, TYPES } from "./deployment.ts";

const app = appInputs(newKey());
const hook = {
  events: ["user.session.start"],
  channel: { version: "1.0.0", uri: "https://hooks.example.com/" },
};

const wrongInputs: readonly [string, keyof typeof TYPES, Properties, string][] = [
  [
    "an input that is not handled",
    "group",
    { name: "A", colour: "red" },
    'the input "colour" is not handled',
  ],
  ["a name that is no text", "group", { name: 7 }, '"name" must be a string'],
  ["an app without a label", "app", { ...app, label: null }, '"label" is required'],
  ["an app of another type", "app", { ...app, type: "web" }, 'only apps of type "service"'],
  ["an app with another grant type", "app", { ...app, grantTypes: ["password"] }, "field grant_types"],
  ["an app without grant types", "app", { ...app, grantTypes: [] }, "field grant_types"],
  ["an app without keys", "app", { ...app, jwks: [] }, '"jwks" or "jwksUri" is required'],
  [
    "a key without kid",
    "app",
    { ...app, jwks: [{ kty: "RSA", e: "AQAB", n: "x" }] },
    "jwks.0.kid is required",
  ],
  ["a flag that is none", "app", { ...app, omitSecret: "yes" }, '"omitSecret" must be true or false'],
  ["keys that are no list", "app", { ...app, jwks: "x" }, '"jwks" must be a list'],
  ["scopes without an app", "scopes", { issuer: "x", scopes: ["okta.groups.manage"] }, '"appId" is required'],
  ["no scopes", "scopes", { appId: "0oa", issuer: "x", scopes: [] }, '"scopes" is required'],
  ["a role without permissions", "role", { label: "R", description: "R" }, "at least one permission"],
  ["a role without a description", "role", { label: "R", permissions: ["x"] }, '"description" is required'],
  ["a resource set with nothing", "resourceSet", { label: "S", description: "S" }, "exactly one of"],
  [
    "a resource set with both kinds",
    "resourceSet",
    { label: "S", description: "S", resources: ["x"], resourcesOrns: ["x"] },
    "exactly one of",
  ],
  [
    "a custom role without a resource set",
    "assignment",
    { clientId: "x", type: "CUSTOM", role: "r" },
    '"role" and "resourceSet" are required',
  ],
  ["an assignment without a client", "assignment", { type: "SUPER_ADMIN" }, '"clientId" is required'],
  ["a hook without events", "hook", { ...hook, events: [] }, '"events" is required'],
  ["a hook without a channel", "hook", { events: hook.events }, '"channel" is required'],
  ["a channel without a version", "hook", { ...hook, channel: { uri: "x" } }, '"version" is required'],
  ["a channel without a URI", "hook", { ...hook, channel: { version: "1.0.0" } }, '"uri" is required'],
  ["auth without a value", "hook", { ...hook, auth: { key: "Authorization" } }, '"value" is required'],
  ["a verification of nothing", "verification", {}, '"eventHookId" is required'],
];

describe("wrong inputs are refused before any call", () => {
  test.each(wrongInputs)("%s", async (_case, type, inputs, message) => {
    const { create, okta } = await startDeployer();

    await expect(create(type, "mine", inputs)).rejects.toThrow(message);
    await expect(create(type, "mine", inputs)).rejects.toThrow("mine");
    expect(okta.noticesOf("request")).toEqual([]);
  });
});

test("a refusal tells the call, the status and Okta's words with their causes", async () => {
  const { create } = await startDeployer();
  await create("group", "one", { name: "App Users" });

  await expect(create("group", "two", { name: "App Users" })).rejects.toMatchObject({
    name: "ProviderError",
    message:
      "POST /api/v1/groups: 400 Api validation failed: name " +
      "(name: An object with this field already exists in the current organization)",
  });
});

test("a hook that does not answer the challenge fails the verification with the reason", async () => {
  const { create } = await startDeployer();
  const receiver = await startReceiver((response) => response.writeHead(401).end());
  const { id } = await create("hook", "hook", { ...hook, channel: { version: "1.0.0", uri: receiver.url } });

  await expect(create("verification", "verification", { eventHookId: id })).rejects.toThrow(
    /lifecycle\/verify: 400 .*could not be verified: it answered 401/,
  );
});

test("a group that is gone already cannot be deleted, but a role and a resource set can", async () => {
  const deployer = await startDeployer();
  const gone = (id: string) => ({ id, outputs: {} });

  await expect(deployer.delete("group", gone("00gnone"))).rejects.toThrow("404");
  await deployer.delete("role", gone("cr0none"));
  await deployer.delete("resourceSet", gone("iamnone"));
});

test("a wrong API token is told by the configuration's check", async () => {
  const { okta } = await startDeployer();
  const provider = oktaProvider({ url: okta.url, apiToken: "wrong" });

  await expect(provider.resources[TYPES.group]?.create("group", {})).rejects.toThrow(
    "GET /api/v1/users/me: 401 Invalid token provided",
  );
});

test("an org that cannot be reached is told by its URL", async () => {
  const provider = oktaProvider({ url: "http://127.0.0.1:1", apiToken: "any" });

  await expect(provider.resources[TYPES.group]?.create("group", {})).rejects.toThrow(
    "no answer from Okta at http://127.0.0.1:1",
  );
});

test("the tokens are those of the SDK", async () => {
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
