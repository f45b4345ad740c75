import { describe, expect, it } from "vitest";
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

type Type = keyof typeof TYPES;

/** One of each type, and a hook that takes what a hook can have. */
async function deployAll(): Promise<{ deployer: Deployer; states: Record<Type, Deployed>; url: string }> {
  const deployer = await startDeployer();
  const { create } = deployer;
  const receiver = await startReceiver();
  const deployed = await deployApp(deployer);
  const assignment = await create("assignment", "assignment", assignmentInputs(deployed));
  const hook = await create("hook", "hook", hookInputs(receiver.url));
  const verification = await create("verification", "verification", { eventHookId: hook.id });
  return { deployer, states: { ...deployed, assignment, hook, verification }, url: receiver.url };
}

async function refreshed(deployer: Deployer, type: Type, state: Deployed): Promise<Deployed> {
  const found = await deployer.refresh(type, state);
  expect(found).toBeDefined();
  return found ?? state;
}

it("after an update by nobody, neither a refresh nor the next update finds a difference", async () => {
  const { deployer, states } = await deployAll();

  for (const [type, state] of entriesOf(states)) {
    expect(await deployer.refresh(type, state), type).toEqual(state);
    expect(deployer.diff(type, state), type).toEqual(expect.objectContaining({ changed: [], replaces: [] }));
  }
});

describe("a change by hand shows in a refresh, and the next update undoes it:", () => {
  const HOOK = "/api/v1/eventHooks";
  const changes: readonly (readonly [
    string,
    Type,
    (deployer: Deployer, states: Record<Type, Deployed>) => Promise<unknown>,
    readonly string[],
  ])[] = [
    [
      "a renamed group",
      "group",
      ({ okta }, { group }) =>
        okta.call("PUT", `/api/v1/groups/${group.id}`, {
          profile: { name: "Them", description: "Signed in" },
        }),
      ["name"],
    ],
    [
      "a group without its description",
      "group",
      ({ okta }, { group }) =>
        okta.call("PUT", `/api/v1/groups/${group.id}`, { profile: { name: "App Users" } }),
      ["description"],
    ],
    [
      "one more scope",
      "scopes",
      ({ okta }, { app }) =>
        okta.call("POST", `/api/v1/apps/${app.id}/grants`, { issuer: okta.url, scopeId: "okta.logs.read" }),
      ["scopes"],
    ],
    [
      "no scopes at all",
      "scopes",
      async ({ okta }, { app }) => {
        const path = `/api/v1/apps/${app.id}/grants`;
        for (const { id } of (await okta.call("GET", path)).body) await okta.call("DELETE", `${path}/${id}`);
      },
      ["scopes"],
    ],
    [
      "one permission less and one more",
      "role",
      async ({ okta }, { role }) => {
        const path = `/api/v1/iam/roles/${role.id}/permissions`;
        await okta.call("DELETE", `${path}/okta.groups.members.manage`);
        await okta.call("POST", `${path}/okta.apps.read`);
      },
      ["permissions"],
    ],
    [
      "another description of a role",
      "role",
      ({ okta }, { role }) =>
        okta.call("PUT", `/api/v1/iam/roles/${role.id}`, { label: "Members", description: "Other" }),
      ["description"],
    ],
    [
      "one resource more",
      "resourceSet",
      ({ okta }, { resourceSet }) =>
        okta.call("PATCH", `/api/v1/iam/resource-sets/${resourceSet.id}/resources`, {
          additions: [`${okta.url}/api/v1/groups`],
        }),
      ["resources"],
    ],
    [
      "another label of a resource set",
      "resourceSet",
      ({ okta }, { resourceSet }) =>
        okta.call("PUT", `/api/v1/iam/resource-sets/${resourceSet.id}`, {
          label: "Other",
          description: "The group and everybody",
        }),
      ["label"],
    ],
    [
      "a deactivated hook",
      "hook",
      ({ okta }, { hook }) => okta.call("POST", `${HOOK}/${hook.id}/lifecycle/deactivate`),
      ["status"],
    ],
    [
      "a hook that goes elsewhere, with another header and without its secret",
      "hook",
      ({ okta }, { hook }) =>
        okta.call("PUT", `${HOOK}/${hook.id}`, {
          name: "Sign-ins",
          events: { type: "EVENT_TYPE", items: ["user.session.start", "user.session.end"] },
          channel: { type: "HTTP", version: "1.0.0", config: { uri: "https://hooks.example.com/" } },
        }),
      ["events", "channel", "auth"],
    ],
  ];
  it.each(changes)("%s", async (_case, type, change, properties) => {
    const { deployer, states } = await deployAll();
    const before = states[type];
    await change(deployer, states);

    expect(deployer.diff(type, before).changed).toEqual([]);
    const found = await refreshed(deployer, type, before);
    expect(deployer.diff(type, found)).toMatchObject({ changed: properties, replaces: [] });

    const after = await deployer.update(type, found, before.inputs);
    expect(after).toEqual(before);
    expect(await deployer.refresh(type, after)).toEqual(before);
  });

  it("another note and label of an app", async () => {
    const deployer = await startDeployer();
    const { okta } = deployer;
    const state = await deployer.create("app", "app", { ...appInputs(deployer.key), adminNote: "Note" });
    const { body } = await okta.call("GET", `/api/v1/apps/${state.id}`);
    const settings = { ...body.settings, notes: { admin: "By hand" } };
    await okta.call("PUT", `/api/v1/apps/${state.id}`, { ...body, label: "By hand", settings });

    const found = await refreshed(deployer, "app", state);
    expect(deployer.diff("app", found).changed.toSorted()).toEqual(["adminNote", "label"]);
    expect(await deployer.update("app", found, state.inputs)).toEqual(state);
  });

  it("a deactivated app whose status is asked for", async () => {
    const deployer = await startDeployer();
    const state = await deployer.create("app", "app", { ...appInputs(deployer.key), status: "ACTIVE" });
    await deployer.okta.call("POST", `/api/v1/apps/${state.id}/lifecycle/deactivate`);

    const found = await refreshed(deployer, "app", state);
    expect(deployer.diff("app", found).changed).toEqual(["status"]);
    expect(await deployer.update("app", found, state.inputs)).toEqual(state);
  });
});

it("a hook that goes elsewhere has to be verified again, which only a refresh notices", async () => {
  const { deployer, states, url } = await deployAll();
  const { update, diff, okta } = deployer;
  const { verification } = states;
  await update("hook", states.hook, hookInputs(`${url}?new`));

  expect(diff("verification", verification).changed).toEqual([]);
  const found = await refreshed(deployer, "verification", verification);
  expect(found.outputs).toEqual({ id: verification.id, verificationStatus: "UNVERIFIED" });
  expect(diff("verification", found)).toMatchObject({ changed: ["eventHookId"], replaces: [] });
  expect(await refreshed(deployer, "verification", found)).toEqual(found);

  const again = await update("verification", found, verification.inputs);
  expect(again).toEqual(verification);
  expect((await okta.call("GET", `/api/v1/eventHooks/${states.hook.id}`)).body.verificationStatus).toBe(
    "VERIFIED",
  );
});

it("a hook that was only deactivated and activated is verified still", async () => {
  const { deployer, states } = await deployAll();
  await deployer.okta.call("POST", `/api/v1/eventHooks/${states.hook.id}/lifecycle/deactivate`);

  expect(await deployer.refresh("verification", states.verification)).toEqual(states.verification);
});

it("the secret of a hook is kept, whatever a refresh finds", async () => {
  const { deployer, states } = await deployAll();
  const body = {
    name: "Sign-ins",
    events: { type: "EVENT_TYPE", items: ["user.session.start"] },
    channel: {
      type: "HTTP",
      version: "1.0.0",
      config: {
        uri: "https://hooks.example.com/",
        authScheme: { type: "HEADER", key: "Authorization", value: "Bearer other" },
      },
    },
  };
  await deployer.okta.call("PUT", `/api/v1/eventHooks/${states.hook.id}`, body);

  const found = await refreshed(deployer, "hook", states.hook);
  expect(found.outputs["auth"]).toEqual(states.hook.outputs["auth"]);
});

it.each(["role", "resourceSet"] as const)("the order of a set is not a change: %s", async (type) => {
  const { deployer, states } = await deployAll();
  const { inputs } = states[type];
  const [name, list] = Object.entries(inputs).find(([, value]) => Array.isArray(value)) ?? [""];
  const reversed = { ...inputs, [name]: Array.isArray(list) ? list.toReversed() : [] };

  expect(reversed).not.toEqual(inputs);
  expect(deployer.diff(type, states[type], reversed).changed).toEqual([]);
});

function entriesOf(states: Record<Type, Deployed>): readonly [Type, Deployed][] {
  // The keys of a Record are what its type says.
  return Object.entries(states) as [Type, Deployed][];
}
