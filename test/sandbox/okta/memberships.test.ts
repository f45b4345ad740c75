import { describe, expect, it } from "vitest";
import { systemClock } from "../../../function/shared/clock.ts";
import { createApi } from "../../../sandbox/okta/local-okta.ts";
import { newGroup } from "../../../sandbox/okta/model/group.ts";
import { createLimits } from "../../../sandbox/okta/model/limits.ts";
import { createOrg } from "../../../sandbox/okta/model/org.ts";
import { createPerson } from "../../../sandbox/okta/routes/people.ts";
import {
  assignCustomRole,
  bearer,
  makeApp,
  makeGroup,
  newKey,
  startTestOkta,
  type TestOkta,
} from "./local.ts";

const key = newKey();
const MEMBERS = "okta.groups.members.manage";
const MEMBERSHIPS = "okta.users.groupMembership.manage";
const NOT_PERMITTED = "You do not have permission to perform the requested action";

interface Setting {
  readonly okta: TestOkta;
  readonly clientId: string;
  readonly groupId: string;
  readonly userId: string;
  /** The path of the membership. */
  readonly path: string;
}

async function start(scopes = ["okta.groups.manage", "okta.groups.read"]): Promise<Setting> {
  const okta = await startTestOkta();
  const clientId = await makeApp(okta, key, scopes);
  const groupId = await makeGroup(okta, "App Users");
  const userId = okta.createPerson({ login: "jane@example.com", displayName: "Jane Doe" }).id;
  return { okta, clientId, groupId, userId, path: `/api/v1/groups/${groupId}/users/${userId}` };
}

describe("the groups of a user", () => {
  it("are those that they were put into, whatever these are called by now", async () => {
    const { okta, groupId, userId, path } = await start();
    expect(okta.groupsOf(userId)).toEqual([]);
    await okta.call("PUT", path);
    await makeGroup(okta, "Others");
    expect(okta.groupsOf(userId)).toEqual(["App Users"]);
    await okta.call("PUT", `/api/v1/groups/${groupId}`, { profile: { name: "Staff", description: null } });
    expect(okta.groupsOf(userId)).toEqual(["Staff"]);
  });
});

describe("with the API token", () => {
  it("a user is added, added again, and removed, and removed again", async () => {
    const { okta, groupId, userId, path } = await start();
    const statuses: [number, boolean][] = [];
    for (const method of ["PUT", "PUT", "DELETE", "DELETE"]) {
      const { status, body } = await okta.call(method, path);
      expect(body).toBeUndefined();
      statuses.push([status, okta.isMember(groupId, userId)]);
    }
    expect(statuses).toEqual([
      [204, true],
      [204, true],
      [204, false],
      [204, false],
    ]);
  });

  it("an unknown user and an unknown group differ in the wording", async () => {
    const { okta, groupId, userId } = await start();
    const user = await okta.call("PUT", `/api/v1/groups/${groupId}/users/00unone`);
    const group = await okta.call("PUT", `/api/v1/groups/00gnone/users/${userId}`);

    expect(user).toMatchObject({ status: 404, body: { errorCode: "E0000007" } });
    expect(user.body.errorSummary).toBe("Not found: Resource not found: 00unone (User)");
    expect(group).toMatchObject({ status: 404, body: { errorCode: "E0000007" } });
    expect(group.body.errorSummary).toBe("Not found: Resource not found: 00gnone (UserGroup)");
  });

  it("a deactivated user stays a member, and cannot become one", async () => {
    const { okta, groupId, userId, path } = await start();
    await okta.call("PUT", path);
    await okta.call("POST", `/api/v1/users/${userId}/lifecycle/deactivate`);
    expect(okta.isMember(groupId, userId)).toBe(true);

    await okta.call("DELETE", path);
    expect(await okta.call("PUT", path)).toMatchObject({ status: 403, body: { errorCode: "E0000038" } });
  });

  it("Everyone has everybody, and takes nobody", async () => {
    const { okta, userId } = await start();
    const everyone = await findEveryone(okta);
    const answer = await okta.call("PUT", `/api/v1/groups/${everyone}/users/${userId}`);
    expect(answer).toMatchObject({
      status: 501,
      body: { errorCode: "E0000060", errorSummary: "Unsupported operation." },
    });
  });
});

it("a group of an app or a directory takes nobody, not even from a super administrator", async () => {
  const org = createOrg({
    url: "http://127.0.0.1",
    ...systemClock,
    notify: () => undefined,
    limits: createLimits(),
  });
  const api = createApi(
    org,
    async () => undefined,
    () => [],
  );
  const group = newGroup({ type: "APP_GROUP", name: "Directory", description: null }, () => 0);
  org.groups.set(group.id, group);
  const { id } = createPerson(org, { login: "jane@example.com", displayName: "Jane Doe" });

  const response = await api.request(`/api/v1/groups/${group.id}/users/${id}`, {
    method: "PUT",
    headers: { authorization: `SSWS ${org.apiToken}` },
  });

  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({ errorCode: "E0000006" });
});

describe("with an app's token", () => {
  type Case = readonly [string, readonly string[], (setting: Setting) => readonly string[], number];
  const roles: readonly Case[] = [
    ["for the group and all users", [MEMBERS, MEMBERSHIPS], (s) => [group(s), users(s)], 204],
    [
      "for the group and this user",
      [MEMBERS, MEMBERSHIPS],
      (s) => [group(s), `${users(s)}/${s.userId}`],
      204,
    ],
    [
      "for all groups and all users",
      [MEMBERS, MEMBERSHIPS],
      (s) => [`${s.okta.url}/api/v1/groups`, users(s)],
      204,
    ],
    ["for only the group", [MEMBERS, MEMBERSHIPS], (s) => [group(s)], 403],
    ["for only users", [MEMBERS, MEMBERSHIPS], (s) => [users(s)], 403],
    ["for who is in the group already", [MEMBERS, MEMBERSHIPS], (s) => [group(s), `${group(s)}/users`], 403],
    ["without the permission on groups", [MEMBERSHIPS], (s) => [group(s), users(s)], 403],
    ["without the permission on users", [MEMBERS], (s) => [group(s), users(s)], 403],
  ];
  it.each(roles)("a custom role %s", async (_case, permissions, resources, status) => {
    const setting = await start();
    const { okta, clientId, groupId, userId, path } = setting;
    await assignCustomRole(okta, clientId, permissions, resources(setting));
    const token = await bearer(okta, clientId, key, "okta.groups.manage");

    const answer = await okta.call("PUT", path, undefined, token);

    expect(answer.status).toBe(status);
    expect(okta.isMember(groupId, userId)).toBe(status === 204);
    if (status === 403) {
      expect(answer.body).toMatchObject({ errorCode: "E0000006", errorSummary: NOT_PERMITTED });
    }
  });

  it("a custom role by resource names (ORNs) counts as one by URLs does", async () => {
    const setting = await start();
    const { okta, clientId, groupId, path } = setting;
    const organization = await okta.call("GET", "/.well-known/okta-organization");
    const base = `orn:okta:directory:${organization.body.id}`;
    await assignCustomRole(
      okta,
      clientId,
      [MEMBERS, MEMBERSHIPS],
      [`${base}:groups:${groupId}`, `${base}:users`],
    );
    const token = await bearer(okta, clientId, key, "okta.groups.manage");

    expect((await okta.call("PUT", path, undefined, token)).status).toBe(204);
  });

  it("a custom role for another group does not count", async () => {
    const setting = await start();
    const { okta, clientId, path } = setting;
    const other = await makeGroup(okta, "Others");
    const resources = [`${okta.url}/api/v1/groups/${other}`, users(setting)];
    await assignCustomRole(okta, clientId, [MEMBERS, MEMBERSHIPS], resources);
    const token = await bearer(okta, clientId, key, "okta.groups.manage");

    expect((await okta.call("PUT", path, undefined, token)).status).toBe(403);
  });

  const standard: readonly (readonly [string, number])[] = [
    ["GROUP_MEMBERSHIP_ADMIN", 204],
    ["USER_ADMIN", 204],
    ["SUPER_ADMIN", 204],
    ["READ_ONLY_ADMIN", 403],
    ["ORG_ADMIN", 204],
    ["APP_ADMIN", 403],
  ];
  it.each(standard)("the standard role %s gives %i", async (type, status) => {
    const { okta, clientId, path } = await start();
    await okta.call("POST", `/oauth2/v1/clients/${clientId}/roles`, { type });
    const token = await bearer(okta, clientId, key, "okta.groups.manage");

    expect((await okta.call("PUT", path, undefined, token)).status).toBe(status);
  });

  it("a role that is taken away is gone at once", async () => {
    const setting = await start();
    const { okta, clientId, path } = setting;
    const resources = [group(setting), users(setting)];
    const { assignment } = await assignCustomRole(okta, clientId, [MEMBERS, MEMBERSHIPS], resources);
    const token = await bearer(okta, clientId, key, "okta.groups.manage");
    expect((await okta.call("PUT", path, undefined, token)).status).toBe(204);

    await okta.call("DELETE", `/oauth2/v1/clients/${clientId}/roles/${assignment}`);
    expect((await okta.call("PUT", path, undefined, token)).status).toBe(403);
  });

  it("a token without the scope is refused with the scope it needs", async () => {
    const { okta, clientId, path } = await start();
    await okta.call("POST", `/oauth2/v1/clients/${clientId}/roles`, { type: "SUPER_ADMIN" });
    const token = await bearer(okta, clientId, key, "okta.groups.read");

    const answer = await okta.call("PUT", path, undefined, token);

    expect(answer).toMatchObject({ status: 403, body: undefined });
    const challenge = answer.headers.get("www-authenticate");
    expect(challenge).toContain(`realm="${okta.url}"`);
    expect(challenge).toContain('error="insufficient_scope"');
    expect(challenge).toContain('scope="okta.groups.manage"');
  });

  it("Everyone is refused with 501 here, too", async () => {
    const { okta, clientId, userId } = await start();
    await okta.call("POST", `/oauth2/v1/clients/${clientId}/roles`, { type: "SUPER_ADMIN" });
    const token = await bearer(okta, clientId, key, "okta.groups.manage");
    const path = `/api/v1/groups/${await findEveryone(okta)}/users/${userId}`;

    expect((await okta.call("PUT", path, undefined, token)).status).toBe(501);
  });

  it("a token is good for an hour", async () => {
    let now = Date.parse("2026-01-05T10:00:00Z");
    const okta = await startTestOkta({ now: () => now });
    const clientId = await makeApp(okta, key, ["okta.groups.manage"]);
    await okta.call("POST", `/oauth2/v1/clients/${clientId}/roles`, { type: "SUPER_ADMIN" });
    const groupId = await makeGroup(okta, "App Users");
    const { id } = okta.createPerson({ login: "jane@example.com", displayName: "Jane Doe" });
    const token = await bearer(okta, clientId, key, "okta.groups.manage");
    const put = () => okta.call("PUT", `/api/v1/groups/${groupId}/users/${id}`, undefined, token);

    now += 3600_000 - 1;
    expect((await put()).status).toBe(204);
    now += 1;
    expect(await put()).toMatchObject({ status: 401, body: { errorCode: "E0000011" } });
  });

  it("a token ends with its app", async () => {
    const { okta, clientId, path } = await start();
    const token = await bearer(okta, clientId, key, "okta.groups.manage");
    await okta.call("POST", `/api/v1/apps/${clientId}/lifecycle/deactivate`);

    const answer = await okta.call("PUT", path, undefined, token);
    expect(answer).toMatchObject({ status: 401, body: { errorCode: "E0000011" } });
    expect(answer.headers.get("www-authenticate")).toContain('error="invalid_token"');
  });
});

function group({ okta, groupId }: Setting): string {
  return `${okta.url}/api/v1/groups/${groupId}`;
}

function users({ okta }: Setting): string {
  return `${okta.url}/api/v1/users`;
}

async function findEveryone(okta: TestOkta): Promise<string> {
  const groups = await okta.call("GET", "/api/v1/groups?q=Everyone");
  return groups.body[0].id;
}
