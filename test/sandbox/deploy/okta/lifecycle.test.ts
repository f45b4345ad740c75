import { expect, it } from "vitest";
import { makeHook, startReceiver } from "../../okta/receiver.ts";
import { appInputs, assignmentInputs, deployApp, hookInputs, startDeployer } from "./deployment.ts";

it("everything is deployed, works, and is deleted without leftovers", async () => {
  const deployer = await startDeployer();
  const { okta } = deployer;
  const receiver = await startReceiver();
  const deployed = await deployApp(deployer);
  const assignment = await deployer.create("assignment", "assignment", assignmentInputs(deployed));
  const hook = await deployer.create("hook", "hook", hookInputs(receiver.url));
  const verification = await deployer.create("verification", "verification", { eventHookId: hook.id });

  okta.createPerson({ login: "jane@example.com", displayName: "Jane Doe" });
  const [event] = okta.signIn([{ kind: "success", login: "jane@example.com" }]);
  await okta.idle();
  expect(receiver.deliveries.map(({ data }) => data.events)).toEqual([[event]]);
  expect(okta.leftovers()).toHaveLength(8);

  await deployer.delete("assignment", assignment);
  await deployer.delete("scopes", deployed.scopes);
  await deployer.delete("verification", verification);
  await deployer.delete("resourceSet", deployed.resourceSet);
  await deployer.delete("hook", hook);
  await deployer.delete("app", deployed.app);
  await deployer.delete("group", deployed.group);
  await deployer.delete("role", deployed.role);
  expect(okta.leftovers()).toEqual([]);
});

it("the configuration is checked once, by asking twice who calls", async () => {
  const deployer = await startDeployer();
  await deployer.create("group", "one", {});
  await deployer.create("group", "two", {});

  const checks = deployer.okta.noticesOf("request").filter(({ path }) => path === "/api/v1/users/me");
  expect(checks.map(({ principal }) => principal)).toEqual(["api token", "api token"]);
});

it("each creation and deletion makes the provider's calls in their order", async () => {
  const deployer = await startDeployer();
  const receiver = await startReceiver();
  const { okta, callsOf, create } = deployer;

  let id = "";
  const made = async (type: Parameters<typeof create>[0], inputs: Parameters<typeof create>[2]) => {
    const state = await create(type, "thing", inputs);
    id = state.id;
    return state;
  };

  const groupCalls = await callsOf(() => made("group", { name: "App Users" }));
  const group = id;
  expect(groupCalls).toEqual([
    "POST /api/v1/groups",
    `GET /api/v1/groups/${group}`,
    `GET /api/v1/groups/${group}`,
  ]);

  const appCalls = await callsOf(() => made("app", appInputs(deployer.key)));
  const app = id;
  expect(appCalls).toEqual([
    "POST /api/v1/apps",
    `POST /api/v1/internal/apps/${app}/settings/oauth/idToken`,
    `GET /api/v1/apps/${app}`,
    "GET /.well-known/okta-organization",
    `GET /api/v1/internal/apps/${app}/settings/oauth/idToken`,
  ]);

  const grants = `/api/v1/apps/${app}/grants`;
  const scopeInputs = { appId: app, issuer: okta.url, scopes: ["okta.groups.manage", "okta.logs.read"] };
  const scopeCalls = await callsOf(() => made("scopes", scopeInputs));
  expect(scopeCalls).toEqual([`POST ${grants}`, `POST ${grants}`, `GET ${grants}`]);

  const roleInputs = { label: "R", description: "R", permissions: ["okta.groups.members.manage"] };
  expect(await callsOf(() => made("role", roleInputs))).toEqual(["POST /api/v1/iam/roles"]);
  const role = id;

  const setInputs = { label: "S", description: "S", resources: [`${okta.url}/api/v1/users`] };
  const setCalls = await callsOf(() => made("resourceSet", setInputs));
  const set = id;
  expect(setCalls).toEqual([
    "POST /api/v1/iam/resource-sets",
    `GET /api/v1/iam/resource-sets/${set}`,
    `GET /api/v1/iam/resource-sets/${set}/resources`,
  ]);

  const assignmentCalls = await callsOf(() =>
    made("assignment", { clientId: app, type: "CUSTOM", role, resourceSet: set }),
  );
  expect(assignmentCalls).toEqual([`POST /oauth2/v1/clients/${app}/roles`]);
  const assignment = { id, outputs: { clientId: app } };

  const hookCalls = await callsOf(() => made("hook", hookInputs(receiver.url)));
  const hook = id;
  expect(hookCalls).toEqual(["POST /api/v1/eventHooks", `GET /api/v1/eventHooks/${hook}`]);

  const verifyCalls = await callsOf(() => made("verification", { eventHookId: hook }));
  expect(verifyCalls).toEqual([`POST /api/v1/eventHooks/${hook}/lifecycle/verify`]);
  expect(id).toBe(hook);

  const destroyed = (type: Parameters<typeof create>[0], state: { id: string; outputs: object }) =>
    callsOf(() => deployer.delete(type, { id: state.id, outputs: { ...state.outputs } }));
  const at = (ofId: string) => ({ id: ofId, outputs: { status: "ACTIVE" } });

  expect(await destroyed("assignment", assignment)).toEqual([
    `DELETE /oauth2/v1/clients/${app}/roles/${assignment.id}`,
  ]);
  const scopesGone = await destroyed("scopes", at(app));
  expect(scopesGone.map((call) => call.replace(/oag\w+/, "…"))).toEqual([
    `GET ${grants}`,
    `DELETE ${grants}/…`,
    `DELETE ${grants}/…`,
  ]);
  expect(await destroyed("verification", at(hook))).toEqual([]);
  expect(await destroyed("resourceSet", at(set))).toEqual([`DELETE /api/v1/iam/resource-sets/${set}`]);
  expect(await destroyed("hook", at(hook))).toEqual([
    `POST /api/v1/eventHooks/${hook}/lifecycle/deactivate`,
    `DELETE /api/v1/eventHooks/${hook}`,
  ]);
  expect(await destroyed("app", at(app))).toEqual([
    `POST /api/v1/apps/${app}/lifecycle/deactivate`,
    `DELETE /api/v1/apps/${app}`,
  ]);
  expect(await destroyed("group", at(group))).toEqual([`DELETE /api/v1/groups/${group}`]);
  expect(await destroyed("role", at(role))).toEqual([`DELETE /api/v1/iam/roles/${role}`]);
});

it("a hook that is to be inactive is deactivated after its creation", async () => {
  const deployer = await startDeployer();
  const inputs = { ...hookInputs("https://hooks.example.com/"), status: "INACTIVE" };

  const calls = await deployer.callsOf(() => deployer.create("hook", "hook", inputs));

  expect(calls.map((call) => call.replace(/who\w+/, "…"))).toEqual([
    "POST /api/v1/eventHooks",
    "POST /api/v1/eventHooks/…/lifecycle/deactivate",
    "GET /api/v1/eventHooks/…",
  ]);
});

it("outputs are those of the SDK's resources", async () => {
  const deployer = await startDeployer();
  const receiver = await startReceiver();
  const { okta } = deployer;
  const deployed = await deployApp(deployer);
  const assignment = await deployer.create("assignment", "assignment", assignmentInputs(deployed));
  const hookId = await makeHook(okta, "Other", receiver.url);
  const verification = await deployer.create("verification", "verification", { eventHookId: hookId });

  expect(deployed.group.outputs).toEqual({
    id: deployed.group.id,
    name: "App Users",
    description: "Signed in",
  });
  expect(deployed.app.outputs).toMatchObject({
    ...appInputs(deployer.key),
    jwks: [{ ...deployer.key.publicJwk, x: "", y: "" }],
    clientId: deployed.app.id,
    name: "oidc_client",
    signOnMode: "OPENID_CONNECT",
    status: "ACTIVE",
    issuerMode: "ORG_URL",
  });
  expect(deployed.scopes).toMatchObject({
    id: deployed.app.id,
    outputs: {
      appId: deployed.app.id,
      issuer: okta.url,
      scopes: ["okta.groups.manage", "okta.groups.read"],
    },
  });
  expect(assignment.outputs).toEqual({
    id: assignment.id,
    ...assignmentInputs(deployed),
    label: "Members",
    status: "ACTIVE",
  });
  expect(verification.outputs).toEqual({ id: hookId, eventHookId: hookId, verificationStatus: "VERIFIED" });
});

it("a standard role is assigned without a role's id or a resource set, read, imported and taken away", async () => {
  const deployer = await startDeployer();
  const { okta } = deployer;
  const { app } = await deployApp(deployer);
  const inputs = { clientId: app.id, type: "REPORT_ADMIN" };
  const before = okta.leftovers();

  const assignment = await deployer.create("assignment", "assignment", inputs);

  expect(assignment.outputs).toEqual({
    id: assignment.id,
    ...inputs,
    label: "Report Administrator",
    status: "ACTIVE",
  });
  expect(await deployer.refresh("assignment", assignment)).toEqual(assignment);
  expect(await deployer.import("assignment", `${app.id}/${assignment.id}`)).toMatchObject({
    outputs: assignment.outputs,
  });
  await deployer.delete("assignment", assignment);
  expect(okta.leftovers()).toEqual(before);
});

it("groups and hooks without a name get one made of the logical name", async () => {
  const { create } = await startDeployer();
  const { name: _, ...unnamed } = hookInputs("https://hooks.example.com/");

  const group = await create("group", "app-users", {});
  const hook = await create("hook", "sign-ins", unnamed);

  expect(group.outputs["name"]).toMatch(/^app-users-[0-9a-f]{7}$/);
  expect(hook.outputs["name"]).toMatch(/^sign-ins-[0-9a-f]{7}$/);
});

it("getGroup finds a group by its id", async () => {
  const { create, invoke } = await startDeployer();
  const group = await create("group", "app-users", { name: "App Users", description: "Signed in" });

  expect(await invoke("okta:group/getGroup:getGroup", { id: group.id })).toEqual({
    id: group.id,
    name: "App Users",
    description: "Signed in",
    type: "OKTA_GROUP",
  });
  await expect(invoke("okta:group/getGroup:getGroup", { id: "00gnone" })).rejects.toThrow(
    "GET /api/v1/groups/00gnone: 404 Not found: Resource not found: 00gnone (UserGroup)",
  );
});
