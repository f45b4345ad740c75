import { describe, expect, it } from "vitest";
import { assignCustomRole, makeApp, makeGroup, newKey, startTestOkta, type TestOkta } from "./local.ts";

const key = newKey();
const PATH = "/api/v1/iam/resource-sets";

async function makeSet(okta: TestOkta, resources: readonly string[], label = "Set") {
  return okta.call("POST", PATH, { label, description: "A set", resources });
}

describe("resource sets", () => {
  it("show each resource under the URL by which it was given", async () => {
    const okta = await startTestOkta();
    const groupId = await makeGroup(okta, "App Users");
    const person = okta.createPerson({ login: "jane@example.com", displayName: "Jane Doe" });
    const urls = [
      "users",
      `users/${person.id}`,
      "groups",
      `groups/${groupId}`,
      `groups/${groupId}/users`,
    ].map((path) => `${okta.url}/api/v1/${path}`);
    const set = await makeSet(okta, urls);
    const { body } = await okta.call("GET", `${PATH}/${set.body.id}/resources?limit=200`);

    expect(set.body).toMatchObject({ id: expect.stringMatching(/^iam\w{17}$/), label: "Set" });
    expect(body.resources.map(selfOf)).toEqual(urls);
    for (const { id, orn, created } of body.resources) {
      expect(id).toMatch(/^ire\w{17}$/);
      expect(orn).toMatch(/^orn:okta:directory:00o\w{17}:/);
      expect(Date.parse(created)).not.toBeNaN();
    }

    const orns = body.resources.map(({ orn }: { orn: string }) => orn);
    const same = await makeSet(okta, orns, "The same");
    const again = await okta.call("GET", `${PATH}/${same.body.id}/resources`);
    expect(again.body.resources.map(selfOf)).toEqual(urls);
  });

  it("page their resources by a link in the body", async () => {
    const okta = await startTestOkta();
    const ids = [await makeGroup(okta, "A"), await makeGroup(okta, "B"), await makeGroup(okta, "C")];
    const urls = ids.map((id) => `${okta.url}/api/v1/groups/${id}`);
    const set = await makeSet(okta, urls);
    const seen: string[] = [];
    let url: string | undefined = `${okta.url}${PATH}/${set.body.id}/resources?limit=2`;
    let pages = 0;
    while (url !== undefined) {
      const { body } = await okta.call("GET", url.slice(okta.url.length));
      seen.push(...body.resources.map(selfOf));
      url = body._links.next?.href;
      pages += 1;
    }
    expect([seen, pages]).toEqual([urls, 2]);
  });

  it("gain and lose resources, a label and a description", async () => {
    const okta = await startTestOkta();
    const set = await makeSet(okta, [`${okta.url}/api/v1/users`]);
    const path = `${PATH}/${set.body.id}`;
    const groups = `${okta.url}/api/v1/groups`;
    const selves = async () => (await okta.call("GET", `${path}/resources`)).body.resources;

    expect((await okta.call("PATCH", `${path}/resources`, { additions: [groups] })).status).toBe(200);
    const [users, added] = await selves();
    expect(selfOf(added)).toBe(groups);
    expect((await okta.call("DELETE", `${path}/resources/${users.id}`)).status).toBe(204);
    expect((await okta.call("DELETE", `${path}/resources/${users.id}`)).status).toBe(404);
    expect((await selves()).map(selfOf)).toEqual([groups]);

    await okta.call("PUT", path, { label: "Renamed", description: "Other" });
    const renamed = await okta.call("GET", `${PATH}/Renamed`);
    expect(renamed.body).toMatchObject({ id: set.body.id, description: "Other" });
  });

  const wrong: readonly (readonly [string, (okta: TestOkta) => readonly string[]])[] = [
    ["nothing", () => []],
    ["another host", () => ["https://acme.okta.com/api/v1/users"]],
    ["a group that is not there", (okta) => [`${okta.url}/api/v1/groups/00gnone`]],
    ["a user that is not there", (okta) => [`${okta.url}/api/v1/users/00unone`]],
    ["what is not a resource", (okta) => [`${okta.url}/api/v1/nothing`]],
    ["the resource name (ORN) of another org", () => ["orn:okta:directory:00oother:users"]],
    ["more than 1000 resources", (okta) => Array.from({ length: 1001 }, () => `${okta.url}/api/v1/users`)],
  ];
  it.each(wrong)("of %s are refused", async (_case, resources) => {
    const okta = await startTestOkta();
    const answer = await makeSet(okta, resources(okta));
    expect([answer.status, answer.body.errorCode]).toEqual([400, "E0000001"]);
  });

  it("with a label that is taken are refused", async () => {
    const okta = await startTestOkta();
    await makeSet(okta, [`${okta.url}/api/v1/users`]);
    expect((await makeSet(okta, [`${okta.url}/api/v1/users`])).status).toBe(400);
  });

  it("cannot be deleted while an assignment binds them, and neither can roles", async () => {
    const okta = await startTestOkta();
    const clientId = await makeApp(okta, key, []);
    const permissions = ["okta.groups.members.manage"];
    const bound = await assignCustomRole(okta, clientId, permissions, [`${okta.url}/api/v1/users`]);
    const paths = [`${PATH}/${bound.resourceSet}`, `/api/v1/iam/roles/${bound.role}`];

    for (const path of paths) {
      const refused = await okta.call("DELETE", path);
      expect(refused.status).toBe(400);
      expect(refused.body.errorCauses[0].errorSummary).toContain(bound.assignment);
    }
    await okta.call("DELETE", `/oauth2/v1/clients/${clientId}/roles/${bound.assignment}`);
    for (const path of paths) expect((await okta.call("DELETE", path)).status).toBe(204);
  });
});

describe("role assignments", () => {
  it("are shown with their role and resource set", async () => {
    const okta = await startTestOkta();
    const clientId = await makeApp(okta, key, []);
    const permissions = ["okta.groups.members.manage"];
    const { role, resourceSet, assignment } = await assignCustomRole(okta, clientId, permissions, [
      `${okta.url}/api/v1/users`,
    ]);
    const path = `/oauth2/v1/clients/${clientId}/roles`;
    const shown = await okta.call("GET", `${path}/${assignment}`);

    expect(shown.body).toMatchObject({ id: assignment, type: "CUSTOM", role, "resource-set": resourceSet });
    expect((await okta.call("GET", path)).body).toEqual([shown.body]);
    expect((await okta.call("DELETE", `${path}/${assignment}`)).status).toBe(204);
    expect((await okta.call("GET", `${path}/${assignment}`)).status).toBe(404);
  });

  const wrong: readonly (readonly [string, object, number])[] = [
    ["an unknown type", { type: "KING" }, 400],
    ["a custom role without its parts", { type: "CUSTOM" }, 400],
    ["a custom role that is not there", { type: "CUSTOM", role: "cr0none", "resource-set": "iamnone" }, 404],
    ["a role that the app has already", { type: "REPORT_ADMIN" }, 409],
  ];
  it.each(wrong)("of %s are refused", async (_case, body, status) => {
    const okta = await startTestOkta();
    const clientId = await makeApp(okta, key, []);
    const path = `/oauth2/v1/clients/${clientId}/roles`;
    await okta.call("POST", path, { type: "REPORT_ADMIN" });
    expect((await okta.call("POST", path, body)).status).toBe(status);
  });

  it("to a client that is not there are refused", async () => {
    const okta = await startTestOkta();
    const answer = await okta.call("POST", "/oauth2/v1/clients/0oanone/roles", { type: "REPORT_ADMIN" });
    expect(answer.status).toBe(404);
  });
});

function selfOf(resource: { _links: { self: { href: string } } }): string {
  return resource._links.self.href;
}
