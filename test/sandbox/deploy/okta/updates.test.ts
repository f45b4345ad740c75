import { describe, expect, it } from "vitest";
import type { Properties } from "../../../../sandbox/deploy/handler.ts";
import { newKey } from "../../okta/local.ts";
import { startReceiver } from "../../okta/receiver.ts";
import {
  appInputs,
  assignmentInputs,
  type Deployed,
  type Deployer,
  deployApp,
  hookInputs,
  startDeployer,
  type TYPES,
} from "./deployment.ts";

/** Updates what is there, and answers the calls that it took, with ids as `…`. */
async function callsOfUpdate(
  { callsOf, update, refresh, diff }: Deployer,
  type: keyof typeof TYPES,
  state: Deployed,
  inputs: Properties,
): Promise<{ calls: string[]; after: Deployed; changed: readonly string[] }> {
  const { changed, replaces } = diff(type, state, inputs);
  expect(replaces).toEqual([]);
  let after = state;
  const calls = await callsOf(async () => {
    after = await update(type, state, inputs);
  });
  expect(after.id).toBe(state.id);
  expect(await refresh(type, after)).toEqual(after);
  expect(diff(type, after).changed).toEqual([]);
  return {
    calls: calls.map((call) => call.replace(/\/(00g|0oa|cr0|iam|ire|who|oag|rst)\w{17}/g, "/…")),
    after,
    changed,
  };
}

it("a group gets another name", async () => {
  const deployer = await startDeployer();
  const group = await deployer.create("group", "users", { name: "Users", description: "Old" });
  const { calls, after, changed } = await callsOfUpdate(deployer, "group", group, { name: "People" });

  expect(changed).toEqual(["name", "description"]);
  expect(calls).toEqual(["PUT /api/v1/groups/…", "GET /api/v1/groups/…"]);
  expect(after.outputs).toEqual({ id: group.id, name: "People", description: "" });
});

describe("an app", () => {
  const IDTOKEN = "/api/v1/internal/apps/…/settings/oauth/idToken";

  it("gets another label, and no policy where that is to be skipped", async () => {
    const deployer = await startDeployer();
    const app = await deployer.create("app", "app", appInputs(deployer.key));
    const inputs = { ...appInputs(deployer.key), label: "Other", jwks: [newKey("key-2").publicJwk] };
    const { calls, after, changed } = await callsOfUpdate(deployer, "app", app, inputs);

    expect(changed).toEqual(["label", "jwks"]);
    expect(calls).toEqual(["PUT /api/v1/apps/…", "GET /api/v1/apps/…", `GET ${IDTOKEN}`]);
    expect(after.outputs).toMatchObject({ label: "Other", clientId: app.id, jwks: inputs.jwks });
  });

  it("gets its policy with every update otherwise", async () => {
    const deployer = await startDeployer();
    const given = { ...appInputs(deployer.key), skipAuthenticationPolicy: false };
    const app = await deployer.create("app", "app", given);
    const { calls } = await callsOfUpdate(deployer, "app", app, { ...given, label: "Other" });

    expect(calls).toEqual([
      "PUT /api/v1/apps/…",
      "PUT /api/v1/apps/…/policies/…",
      "GET /api/v1/apps/…",
      `GET ${IDTOKEN}`,
    ]);
  });

  it("gets the org's default policy where its own is not known", async () => {
    const deployer = await startDeployer();
    const given = { ...appInputs(deployer.key), skipAuthenticationPolicy: false };
    const app = await deployer.create("app", "app", given);
    const { authenticationPolicy: policy, ...outputs } = app.outputs;
    const { calls } = await callsOfUpdate(deployer, "app", { ...app, outputs }, { ...given, label: "Other" });

    expect(calls.slice(0, 3)).toEqual([
      "PUT /api/v1/apps/…",
      "GET /api/v1/policies",
      "PUT /api/v1/apps/…/policies/…",
    ]);
    expect(deployer.okta.noticesOf("request").map(({ path }) => path)).toContain(
      `/api/v1/apps/${app.id}/policies/${policy}`,
    );
  });

  it("is deactivated and activated by one call when nothing else changes", async () => {
    const deployer = await startDeployer();
    const given = appInputs(deployer.key);
    const app = await deployer.create("app", "app", given);

    const off = await callsOfUpdate(deployer, "app", app, { ...given, status: "INACTIVE" });
    expect(off.calls).toEqual(["POST /api/v1/apps/…/lifecycle/deactivate"]);
    expect(off.after.outputs["status"]).toBe("INACTIVE");
    const on = await callsOfUpdate(deployer, "app", off.after, { ...given, status: "ACTIVE" });
    expect(on.calls).toEqual(["POST /api/v1/apps/…/lifecycle/activate"]);
  });

  it("is deactivated before whatever else changes", async () => {
    const deployer = await startDeployer();
    const app = await deployer.create("app", "app", { ...appInputs(deployer.key), adminNote: "Note" });
    const inputs = { ...appInputs(deployer.key), status: "INACTIVE" };
    const { calls, after } = await callsOfUpdate(deployer, "app", app, inputs);

    expect(calls.slice(0, 2)).toEqual(["POST /api/v1/apps/…/lifecycle/deactivate", "PUT /api/v1/apps/…"]);
    expect(after.outputs).not.toHaveProperty("adminNote");
  });
});

it("scopes are granted before others are revoked", async () => {
  const deployer = await startDeployer();
  const { app, scopes } = await deployApp(deployer);
  const inputs = { ...scopes.inputs, scopes: ["okta.groups.read", "okta.logs.read"] };
  const { calls, after } = await callsOfUpdate(deployer, "scopes", scopes, inputs);

  const grants = "/api/v1/apps/…/grants";
  expect(calls).toEqual([
    `GET ${grants}`,
    `POST ${grants}`,
    `GET ${grants}`,
    `DELETE ${grants}/…`,
    `GET ${grants}`,
  ]);
  expect(after.outputs).toEqual({
    id: app.id,
    appId: app.id,
    issuer: deployer.okta.url,
    scopes: ["okta.groups.read", "okta.logs.read"],
  });
});

describe("a role", () => {
  it("gains and loses permissions one by one, and is itself written only with its description", async () => {
    const deployer = await startDeployer();
    const { role } = await deployApp(deployer);
    const permissions = ["okta.users.groupMembership.manage", "okta.groups.read", "okta.users.read"];
    const once = await callsOfUpdate(deployer, "role", role, { ...role.inputs, permissions });

    const path = "/api/v1/iam/roles/…";
    expect(once.calls).toEqual([
      `POST ${path}/permissions/okta.users.read`,
      `DELETE ${path}/permissions/okta.groups.members.manage`,
    ]);
    const described = { ...once.after.inputs, description: "Other" };
    expect((await callsOfUpdate(deployer, "role", once.after, described)).calls).toEqual([`PUT ${path}`]);
  });

  it("with another label is another role", async () => {
    const deployer = await startDeployer();
    const { role } = await deployApp(deployer);

    expect(deployer.diff("role", role, { ...role.inputs, label: "Other" })).toMatchObject({
      replaces: ["label"],
      deleteBeforeReplace: false,
    });
  });
});

it("a resource set gains resources before it loses others, and is itself written only with its label", async () => {
  const deployer = await startDeployer();
  const { resourceSet, group } = await deployApp(deployer);
  const base = `${deployer.okta.url}/api/v1`;
  const resources = [`${base}/users`, `${base}/groups/${group.id}/users`];
  const once = await callsOfUpdate(deployer, "resourceSet", resourceSet, {
    ...resourceSet.inputs,
    resources,
  });

  const path = "/api/v1/iam/resource-sets/…";
  expect(once.calls).toEqual([
    `PATCH ${path}/resources`,
    `GET ${path}/resources`,
    `DELETE ${path}/resources/…`,
  ]);
  const labelled = { ...once.after.inputs, label: "Other" };
  expect((await callsOfUpdate(deployer, "resourceSet", once.after, labelled)).calls).toEqual([`PUT ${path}`]);
});

it("a resource set that names the same resources in the other way keeps them", async () => {
  const deployer = await startDeployer();
  const { okta } = deployer;
  const labels = { label: "S", description: "S" };
  const url = `${okta.url}/api/v1/users`;
  const set = await deployer.create("resourceSet", "set", { ...labels, resources: [url] });
  const path = `/api/v1/iam/resource-sets/${set.id}/resources`;
  const [held] = (await okta.call("GET", path)).body.resources;

  await callsOfUpdate(deployer, "resourceSet", set, { ...labels, resourcesOrns: [held.orn] });
  expect((await okta.call("GET", path)).body.resources).toEqual([held]);
});

it("more resources than a page shows are all found", async () => {
  const deployer = await startDeployer();
  const { okta, create, refresh } = deployer;
  const resources = Array.from(
    { length: 201 },
    (_, index) =>
      `${okta.url}/api/v1/users/${okta.createPerson({ login: `user${index}@example.com`, displayName: "User" }).id}`,
  );
  const set = await create("resourceSet", "set", { label: "S", description: "S", resources });

  expect(set.outputs["resources"]).toEqual(resources);
  const calls = await deployer.callsOf(() => refresh("resourceSet", set));
  expect(calls).toHaveLength(3);
});

it("an assignment can only be made anew", async () => {
  const deployer = await startDeployer();
  const deployed = await deployApp(deployer);
  const assignment = await deployer.create("assignment", "assignment", assignmentInputs(deployed));
  const inputs = { clientId: "other", type: "USER_ADMIN" };

  expect(deployer.diff("assignment", assignment, inputs)).toMatchObject({
    changed: ["clientId", "type", "role", "resourceSet"],
    replaces: ["clientId", "type", "role", "resourceSet"],
  });
  await expect(deployer.update("assignment", assignment, inputs)).rejects.toThrow("cannot be updated");
});

const anew: readonly (readonly [keyof typeof TYPES, string, Properties])[] = [
  ["app", "type", { type: "web" }],
  ["app", "clientId", { clientId: "0oaother" }],
  ["app", "omitSecret", { omitSecret: false }],
  ["scopes", "appId", { appId: "0oaother" }],
];
it.each(anew)("another %s for another %s", async (type, property, change) => {
  const deployer = await startDeployer();
  const state = (await deployApp(deployer))[type === "app" ? "app" : "scopes"];

  expect(deployer.diff(type, state, { ...state.inputs, ...change }).replaces).toEqual([property]);
});

describe("a hook", () => {
  const HOOK = "/api/v1/eventHooks/…";

  it("is written whole, with its secret, and read back", async () => {
    const deployer = await startDeployer();
    const receiver = await startReceiver();
    const hook = await deployer.create("hook", "hook", hookInputs(receiver.url));
    const inputs = {
      ...hookInputs(`${receiver.url}?new`),
      auth: { type: "HEADER", key: "Authorization", value: "Bearer new" },
    };
    const { calls, changed } = await callsOfUpdate(deployer, "hook", hook, inputs);
    await deployer.create("verification", "verification", { eventHookId: hook.id });

    expect(changed).toEqual(["channel", "auth"]);
    expect(calls).toEqual([`PUT ${HOOK}`, `GET ${HOOK}`]);
    expect(receiver.received).toMatchObject([{ url: "/hook?new", headers: { authorization: "Bearer new" } }]);
  });

  it("is brought to the wanted status by its replacement", async () => {
    const deployer = await startDeployer();
    const inputs = hookInputs("https://hooks.example.com/");
    const hook = await deployer.create("hook", "hook", inputs);

    const off = await callsOfUpdate(deployer, "hook", hook, { ...inputs, status: "INACTIVE" });
    expect(off.calls).toEqual([`PUT ${HOOK}`, `GET ${HOOK}`]);
    expect(off.after.outputs["status"]).toBe("INACTIVE");
    const on = await callsOfUpdate(deployer, "hook", off.after, inputs);
    expect(on.calls).toEqual([`PUT ${HOOK}`, `GET ${HOOK}`]);
    expect(on.after.outputs["status"]).toBe("ACTIVE");
  });

  it("with a status that is none is activated, and never as it is asked for", async () => {
    const deployer = await startDeployer();
    const inputs = { ...hookInputs("https://hooks.example.com/"), status: "SLEEPING" };
    const hook = await deployer.create("hook", "hook", inputs);

    expect(deployer.okta.noticesOf("request").map(({ path }) => path)).toContain(
      `/api/v1/eventHooks/${hook.id}/lifecycle/activate`,
    );
    expect(hook.outputs["status"]).toBe("ACTIVE");
    expect(deployer.diff("hook", hook).changed).toEqual(["status"]);
  });
});

it("a verification of another hook verifies that one", async () => {
  const deployer = await startDeployer();
  const receiver = await startReceiver();
  const first = await deployer.create("hook", "one", hookInputs(receiver.url));
  const second = await deployer.create("hook", "two", { ...hookInputs(receiver.url), name: "Other" });
  const state = await deployer.create("verification", "verification", { eventHookId: first.id });
  const { calls } = await callsOfUpdate(deployer, "verification", state, { eventHookId: second.id });

  expect(calls).toEqual(["POST /api/v1/eventHooks/…/lifecycle/verify"]);
  const { body } = await deployer.okta.call("GET", `/api/v1/eventHooks/${second.id}`);
  expect(body.verificationStatus).toBe("VERIFIED");
});
