import { expect, it } from "vitest";
import { assignCustomRole, bearer, makeApp, makeGroup, newKey, startTestOkta } from "./local.ts";

it("a group's roles are listed, given once, and go with the group", async () => {
  const okta = await startTestOkta();
  const id = await makeGroup(okta, "Admins");
  const path = `/api/v1/groups/${id}/roles`;
  expect(await okta.call("GET", path)).toMatchObject({ status: 200, body: [] });
  const given = await okta.call("POST", path, { type: "SUPER_ADMIN" });
  const role = { type: "SUPER_ADMIN", label: "Super Administrator", assignmentType: "GROUP" };
  expect(given).toMatchObject({ status: 201, body: role });
  expect(await okta.call("POST", path, { type: "SUPER_ADMIN" })).toMatchObject({ status: 409 });
  expect(await okta.call("GET", path)).toMatchObject({ body: [role] });
  expect(await okta.call("DELETE", `${path}/${given.body.id}`)).toMatchObject({ status: 204 });
  expect(await okta.call("GET", path)).toMatchObject({ body: [] });
  await okta.call("DELETE", `/api/v1/groups/${id}`);
  expect(await okta.call("GET", path)).toMatchObject({ status: 404 });
});

it("only a super administrator puts people into a group that holds a role", async () => {
  const okta = await startTestOkta();
  const key = newKey();
  const groupId = await makeGroup(okta, "Admins");
  const { id } = okta.createPerson({ login: "jane@example.com", displayName: "Jane Doe" });
  const app = await makeApp(okta, key, ["okta.groups.manage"]);
  await assignCustomRole(
    okta,
    app,
    ["okta.groups.members.manage", "okta.users.groupMembership.manage"],
    [`${okta.url}/api/v1/groups/${groupId}`, `${okta.url}/api/v1/users`],
  );
  const authorization = await bearer(okta, app, key, "okta.groups.manage");
  const put = (as?: string) => okta.call("PUT", `/api/v1/groups/${groupId}/users/${id}`, undefined, as);
  expect(await put(authorization)).toMatchObject({ status: 204 });
  await okta.call("POST", `/api/v1/groups/${groupId}/roles`, { type: "HELP_DESK_ADMIN" });
  expect(await put(authorization)).toMatchObject({ status: 403, body: { errorCode: "E0000006" } });
  expect(await put()).toMatchObject({ status: 204 });
});
