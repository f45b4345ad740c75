import { describe, expect, it } from "vitest";
import { createMembers } from "../../../sandbox/okta/model/group.ts";
import { assignCustomRole, bearer, makeApp, makeGroup, newKey, startTestOkta } from "./local.ts";

const key = newKey();

describe("the list of members", () => {
  async function startFull(count: number) {
    const okta = await startTestOkta();
    const clientId = await makeApp(okta, key, ["okta.groups.manage", "okta.groups.read", "okta.logs.read"]);
    const groupId = await makeGroup(okta, "App Users");
    const ids = Array.from(
      { length: count },
      (_, index) => okta.createPerson({ login: `user${index}@example.com`, displayName: `User ${index}` }).id,
    );
    for (const id of ids) await okta.call("PUT", `/api/v1/groups/${groupId}/users/${id}`);
    return { okta, clientId, groupId, ids, list: `/api/v1/groups/${groupId}/users` };
  }

  it("comes in pages that follow the next link, while members come and go", async () => {
    const { okta, ids, list } = await startFull(5);
    const seen: string[] = [];
    let url: string | undefined = `${okta.url}${list}?limit=2`;
    while (url !== undefined) {
      const answer = await okta.call("GET", url.slice(okta.url.length));
      seen.push(...answer.body.map(({ id }: { id: string }) => id));
      if (seen.length === 2) await okta.call("DELETE", `${list}/${ids[0]}`);
      url = /<([^>]+)>; rel="next"/.exec(answer.headers.get("link") ?? "")?.[1];
    }
    expect(seen).toEqual(ids);
  });

  it("is in the order of joining, which adding a member again does not change", async () => {
    const { okta, ids, list } = await startFull(3);
    await okta.call("PUT", `${list}/${ids[0]}`);
    const { body } = await okta.call("GET", list);
    expect(body.map(({ id }: { id: string }) => id)).toEqual(ids);
  });

  it("is one page without a next link when all fit", async () => {
    const { okta, list } = await startFull(2);
    const answer = await okta.call("GET", `${list}?limit=2`);
    expect(answer.body).toHaveLength(2);
    expect(answer.headers.get("link")).toBe(`<${okta.url}${list}?limit=2>; rel="self"`);
  });

  it.each(["limit=0", "limit=x", "limit=-1", "after=x"])("is refused with %s", async (query) => {
    const { okta, list } = await startFull(0);
    expect((await okta.call("GET", `${list}?${query}`)).status).toBe(400);
  });

  it.each([
    ["okta.groups.read", 200],
    ["okta.groups.manage", 200],
    ["okta.logs.read", 403],
  ])("with the scope %s and a role on the group is %i", async (scope, status) => {
    const { okta, clientId, groupId, list } = await startFull(1);
    await assignCustomRole(okta, clientId, ["okta.groups.read"], [`${okta.url}/api/v1/groups/${groupId}`]);
    const answer = await okta.call("GET", list, undefined, await bearer(okta, clientId, key, scope));
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.headers.get("www-authenticate")).toContain('scope="okta.groups.read"');
  });

  const roles: readonly (readonly [
    string,
    readonly string[],
    (url: string, groupId: string) => string,
    number,
  ])[] = [
    ["reads the group", ["okta.groups.read"], (url, id) => `${url}/api/v1/groups/${id}`, 200],
    ["reads all groups", ["okta.groups.read"], (url) => `${url}/api/v1/groups`, 200],
    ["fully manages the group", ["okta.groups.manage"], (url, id) => `${url}/api/v1/groups/${id}`, 200],
    [
      "only manages members and memberships",
      ["okta.groups.members.manage", "okta.users.groupMembership.manage"],
      (url, id) => `${url}/api/v1/groups/${id}`,
      403,
    ],
    ["reads users", ["okta.users.read"], (url) => `${url}/api/v1/users`, 403],
    ["reads users as if groups", ["okta.groups.read"], (url) => `${url}/api/v1/users`, 403],
  ];
  it.each(roles)("with a custom role that %s", async (_case, permissions, resource, status) => {
    const { okta, clientId, groupId, list } = await startFull(1);
    const token = await bearer(okta, clientId, key, "okta.groups.manage");
    const get = () => okta.call("GET", list, undefined, token);
    expect(await get()).toMatchObject({ status: 403, body: { errorCode: "E0000006" } });

    await assignCustomRole(okta, clientId, permissions, [resource(okta.url, groupId)]);
    expect((await get()).status).toBe(status);
  });

  it.each([
    ["SUPER_ADMIN", 200],
    ["GROUP_MEMBERSHIP_ADMIN", 200],
    ["READ_ONLY_ADMIN", 200],
    ["REPORT_ADMIN", 403],
  ])("with the standard role %s is %i", async (type, status) => {
    const { okta, clientId, list } = await startFull(1);
    await okta.call("POST", `/oauth2/v1/clients/${clientId}/roles`, { type });
    const token = await bearer(okta, clientId, key, "okta.groups.manage");
    expect((await okta.call("GET", list, undefined, token)).status).toBe(status);
  });
});

it("50,000 members come in pages of 1000, past those who have left", () => {
  const members = createMembers(() => 0);
  const ids = Array.from({ length: 60_000 }, (_, index) => `user${index}`);
  for (const id of ids) members.add(id);
  const gone = new Set(ids.filter((_, index) => index % 6 === 5));
  for (const id of gone) members.remove(id);

  const seen: string[] = [];
  let pages = 0;
  let after: number | undefined = 0;
  while (after !== undefined) {
    const page: ReturnType<typeof members.page> = members.page(after, 1000);
    seen.push(...page.userIds);
    pages += 1;
    after = page.next;
  }
  expect(seen).toEqual(ids.filter((id) => !gone.has(id)));
  expect(pages).toBe(50);
});

it("a group says when somebody joined or left last, to every caller that may read it", async () => {
  let now = Date.now();
  const okta = await startTestOkta({ now: () => now });
  const clientId = await makeApp(okta, key, ["okta.groups.manage"]);
  const groupId = await makeGroup(okta, "App Users");
  const path = `/api/v1/groups/${groupId}`;
  const { id } = okta.createPerson({ login: "user@example.com", displayName: "User" });
  const token = await bearer(okta, clientId, key, "okta.groups.manage");
  expect((await okta.call("GET", path, undefined, token)).status).toBe(403);
  await assignCustomRole(okta, clientId, ["okta.groups.read"], [`${okta.url}${path}`]);
  const changedAt = async () => (await okta.call("GET", path, undefined, token)).body.lastMembershipUpdated;

  const made = await changedAt();
  now += 60_000;
  await okta.call("PUT", `${path}/users/${id}`);
  const joined = await changedAt();
  expect(Date.parse(joined) - Date.parse(made)).toBe(60_000);
  now += 60_000;
  await okta.call("PUT", `${path}/users/${id}`);
  expect(await changedAt()).toBe(joined);
  await okta.call("DELETE", `${path}/users/${id}`);
  expect(Date.parse(await changedAt()) - Date.parse(joined)).toBe(60_000);
});
