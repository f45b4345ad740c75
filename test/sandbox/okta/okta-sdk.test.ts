import sdk from "@okta/okta-sdk-nodejs";
import { beforeEach, expect, it, vi } from "vitest";
import { assignmentInputs, deployApp, startDeployer } from "../deploy/okta/deployment.ts";
import { newKey, type TestKey } from "./local.ts";

// The SDK sends everything to a proxy that the environment names.
beforeEach(() => {
  for (const name of ["HTTPS_PROXY", "https_proxy"]) vi.stubEnv(name, "");
});

function connect(orgUrl: string, clientId: string, key: TestKey): sdk.Client {
  return new sdk.Client({
    orgUrl,
    authorizationMode: "PrivateKey",
    clientId,
    scopes: ["okta.groups.manage", "okta.groups.read"],
    privateKey: key.privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    keyId: key.kid,
  });
}

it("Okta's SDK manages members with the app, the scopes and the role that were deployed", async () => {
  const deployer = await startDeployer();
  const { okta, key } = deployer;
  const deployed = await deployApp(deployer);
  await deployer.create("assignment", "assignment", assignmentInputs(deployed));
  const jane = okta.createPerson({ login: "jane@example.com", displayName: "Jane Doe" });
  const john = okta.createPerson({ login: "john@example.com", displayName: "John Roe" });
  const { groupApi } = connect(okta.url, deployed.app.id, key);
  const groupId = deployed.group.id;

  await groupApi.assignUserToGroup({ groupId, userId: jane.id });
  await groupApi.assignUserToGroup({ groupId, userId: john.id });
  expect(okta.isMember(groupId, jane.id)).toBe(true);

  const members: unknown[] = [];
  for await (const user of await groupApi.listGroupUsers({ groupId, limit: 1 })) members.push(user?.id);
  expect(members).toEqual([jane.id, john.id]);

  await groupApi.unassignUserFromGroup({ groupId, userId: jane.id });
  expect(okta.isMember(groupId, jane.id)).toBe(false);
});

it("Okta's SDK is refused without the role", async () => {
  const deployer = await startDeployer();
  const { okta, key } = deployer;
  const { app, group } = await deployApp(deployer);
  const jane = okta.createPerson({ login: "jane@example.com", displayName: "Jane Doe" });
  const { groupApi } = connect(okta.url, app.id, key);

  const attempt = groupApi.assignUserToGroup({ groupId: group.id, userId: jane.id });

  await expect(attempt).rejects.toMatchObject({ status: 403, errorCode: "E0000006" });
  expect(okta.isMember(group.id, jane.id)).toBe(false);
});

it("Okta's SDK is refused with a key that the app does not have", async () => {
  const deployer = await startDeployer();
  const { okta } = deployer;
  const { app, group } = await deployApp(deployer);
  const jane = okta.createPerson({ login: "jane@example.com", displayName: "Jane Doe" });
  const { groupApi } = connect(okta.url, app.id, newKey());

  const attempt = groupApi.assignUserToGroup({ groupId: group.id, userId: jane.id });

  await expect(attempt).rejects.toMatchObject({ status: 401, errorCode: "E0000011" });
});

it("Okta's SDK configures nothing as an app", async () => {
  const deployer = await startDeployer();
  const deployed = await deployApp(deployer);
  await deployer.create("assignment", "assignment", assignmentInputs(deployed));
  const { groupApi } = connect(deployer.okta.url, deployed.app.id, deployer.key);

  const attempt = groupApi.createGroup({ group: { profile: { name: "Mine" } } });

  await expect(attempt).rejects.toMatchObject({ status: 403, errorCode: "E0000006" });
});
