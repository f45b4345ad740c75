import { describe, expect, it } from "vitest";
import { startReceiver } from "../../okta/receiver.ts";
import {
  assignmentInputs,
  type Deployer,
  deployApp,
  hookInputs,
  startDeployer,
  type TYPES,
} from "./deployment.ts";

type Type = keyof typeof TYPES;

const noOutputs = { status: "ACTIVE", clientId: "0oanone", verificationStatus: "VERIFIED" };

function gone(id: string) {
  return { id, inputs: {}, outputs: noOutputs };
}

describe("what was deleted by hand", () => {
  it.each<Type>(["group", "role", "resourceSet", "hook", "verification"])(
    "drops out of the state: %s",
    async (type) => {
      const { refresh } = await startDeployer();
      expect(await refresh(type, gone("none"))).toBeUndefined();
    },
  );

  const fails: readonly (readonly [Type, string])[] = [
    ["app", "failed to get OAuth application: GET /api/v1/apps/none: 404"],
    ["scopes", "GET /api/v1/apps/none/grants: 404"],
    ["assignment", "GET /oauth2/v1/clients/0oanone/roles/none: 404"],
  ];
  it.each(fails)("fails a refresh: %s", async (type, message) => {
    const { refresh } = await startDeployer();
    await expect(refresh(type, gone("none"))).rejects.toThrow(message);
  });

  const undeletable: readonly (readonly [Type, string])[] = [
    ["group", "DELETE /api/v1/groups/none: 404"],
    ["app", "POST /api/v1/apps/none/lifecycle/deactivate: 404"],
    ["assignment", "DELETE /oauth2/v1/clients/0oanone/roles/none: 404"],
    ["hook", "POST /api/v1/eventHooks/none/lifecycle/deactivate: 404"],
  ];
  it.each(undeletable)("fails its deletion: %s", async (type, message) => {
    const deployer = await startDeployer();
    await expect(deployer.delete(type, gone("none"))).rejects.toThrow(message);
  });

  it.each<Type>(["role", "resourceSet", "scopes", "verification"])(
    "is deleted all the same: %s",
    async (type) => {
      const deployer = await startDeployer();
      await deployer.delete(type, gone("none"));
    },
  );

  it("fails the refresh of its owner when it is a part: permissions, resources", async () => {
    const deployer = await startDeployer();
    const { role, resourceSet } = await deployApp(deployer);
    deployer.okta.faults.refuse = (_method, path) =>
      /\/(permissions|resources)$/.test(path) ? { status: 404 } : undefined;

    await expect(deployer.refresh("role", role)).rejects.toThrow("/permissions: 404");
    await expect(deployer.refresh("resourceSet", resourceSet)).rejects.toThrow("/resources?limit=200: 404");
  });

  it("fails nothing when it is a grant that goes meanwhile, or the settings of ID tokens", async () => {
    const deployer = await startDeployer();
    const { app, scopes } = await deployApp(deployer);
    deployer.okta.faults.refuse = (method, path) =>
      method === "DELETE" || path.endsWith("/idToken") ? { status: 404 } : undefined;

    expect(await deployer.refresh("app", app)).toEqual(app);
    await deployer.delete("scopes", scopes);
  });
});

it("an app that is off already is not deactivated again", async () => {
  const deployer = await startDeployer();
  const { app } = await deployApp(deployer);
  await deployer.okta.call("POST", `/api/v1/apps/${app.id}/lifecycle/deactivate`);
  const found = await deployer.refresh("app", app);

  expect(await deployer.callsOf(() => deployer.delete("app", found ?? app))).toEqual([
    `DELETE /api/v1/apps/${app.id}`,
  ]);
});

describe("what is there already is read by only its id:", () => {
  async function deployAll(deployer: Deployer) {
    const receiver = await startReceiver();
    const deployed = await deployApp(deployer);
    const assignment = await deployer.create("assignment", "assignment", assignmentInputs(deployed));
    const hook = await deployer.create("hook", "hook", hookInputs(receiver.url));
    return { ...deployed, assignment, hook };
  }

  it("all of a group, an app, scopes and a role", async () => {
    const deployer = await startDeployer();
    const states = await deployAll(deployer);

    for (const type of ["group", "scopes", "role"] as const) {
      const { id, outputs } = states[type];
      expect(await deployer.import(type, id), type).toEqual({ id, outputs });
    }
    const app = await deployer.import("app", states.app.id);
    expect(app?.outputs).toEqual({
      ...states.app.outputs,
      omitSecret: false,
      skipAuthenticationPolicy: false,
      authenticationPolicy: expect.any(String),
    });
  });

  it("a resource set without its resources", async () => {
    const deployer = await startDeployer();
    const { resourceSet } = await deployAll(deployer);
    const { resources: _, ...outputs } = resourceSet.outputs;

    expect(await deployer.import("resourceSet", resourceSet.id)).toEqual({ id: resourceSet.id, outputs });
  });

  it("an assignment by its client's id and its own", async () => {
    const deployer = await startDeployer();
    const { assignment, app } = await deployAll(deployer);

    expect(await deployer.import("assignment", `${app.id}/${assignment.id}`)).toEqual({
      id: assignment.id,
      outputs: assignment.outputs,
    });
    for (const id of [assignment.id, "/x", "x/", "a/b/c"]) {
      await expect(deployer.import("assignment", id)).rejects.toThrow("<client id>/<assignment id>");
    }
  });

  it("a hook without its secret, and no verification", async () => {
    const deployer = await startDeployer();
    const { hook } = await deployAll(deployer);
    const auth = { type: "HEADER", key: "Authorization", value: "" };

    expect(await deployer.import("hook", hook.id)).toEqual({
      id: hook.id,
      outputs: { ...hook.outputs, auth },
    });
    expect(await deployer.import("verification", hook.id)).toBeUndefined();
  });
});
