import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { assignmentInputs, deployApp, startDeployer } from "../deploy/okta/deployment.ts";
import { newKey, type TestKey } from "./local.ts";

/** What is used of Okta's own SDK, whose type declarations do not survive this project's compiler settings. */
interface OktaSdk {
  readonly Client: new (
    settings: object,
  ) => {
    readonly groupApi: {
      assignUserToGroup(ids: { groupId: string; userId: string }): Promise<void>;
      unassignUserFromGroup(ids: { groupId: string; userId: string }): Promise<void>;
      listGroupUsers(of: { groupId: string; limit: number }): Promise<AsyncIterable<{ readonly id: string }>>;
      createGroup(of: { group: { profile: { name: string } } }): Promise<{ readonly id: string }>;
    };
  };
}

// The shape is Okta's, and each call below fails when it is not so.
const sdk = createRequire(import.meta.url)("@okta/okta-sdk-nodejs") as OktaSdk;

function connect(orgUrl: string, clientId: string, key: TestKey): InstanceType<OktaSdk["Client"]> {
  return new sdk.Client({
    orgUrl,
    authorizationMode: "PrivateKey",
    clientId,
    scopes: ["okta.groups.manage", "okta.groups.read"],
    privateKey: key.privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    keyId: key.kid,
  });
}

test("Okta's SDK manages members with the app, the scopes and the role that were deployed", async () => {
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

  const members: string[] = [];
  for await (const { id } of await groupApi.listGroupUsers({ groupId, limit: 1 })) members.push(id);
  expect(members).toEqual([jane.id, john.id]);

  await groupApi.unassignUserFromGroup({ groupId, userId: jane.id });
  expect(okta.isMember(groupId, jane.id)).toBe(false);
});

test("Okta's SDK is refused without the role", async () => {
  const deployer = await startDeployer();
  const { okta, key } = deployer;
  const { app, group } = await deployApp(deployer);
  const jane = okta.createPerson({ login: "jane@example.com", displayName: "Jane Doe" });
  const { groupApi } = connect(okta.url, app.id, key);

  const attempt = groupApi.assignUserToGroup({ groupId: group.id, userId: jane.id });

  await expect(attempt).rejects.toMatchObject({ status: 403, errorCode: "E0000006" });
  expect(okta.isMember(group.id, jane.id)).toBe(false);
});

test("Okta's SDK is refused with a key that the app does not have", async () => {
  const deployer = await startDeployer();
  const { okta } = deployer;
  const { app, group } = await deployApp(deployer);
  const jane = okta.createPerson({ login: "jane@example.com", displayName: "Jane Doe" });
  const { groupApi } = connect(okta.url, app.id, newKey());

  const attempt = groupApi.assignUserToGroup({ groupId: group.id, userId: jane.id });

  await expect(attempt).rejects.toMatchObject({ status: 401, errorCode: "E0000011" });
});

test("Okta's SDK configures nothing as an app", async () => {
  const deployer = await startDeployer();
  const deployed = await deployApp(deployer);
  await deployer.create("assignment", "assignment", assignmentInputs(deployed));
  const { groupApi } = connect(deployer.okta.url, deployed.app.id, deployer.key);

  const attempt = groupApi.createGroup({ group: { profile: { name: "Mine" } } });

  await expect(attempt).rejects.toMatchObject({ status: 403, errorCode: "E0000006" });
});
