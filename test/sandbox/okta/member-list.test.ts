import { describe, expect, test } from "vitest";
import { assignCustomRole, bearer, makeApp, makeGroup, newKey, startTestOkta } from "./local.ts";

const key = newKey();

describe("the list of members", () => {
  async function startFull(count: number) {
    const okta = await startTestOkta();
    const clientId = await makeApp(okta, key, ["okta.groups.manage", "okta.groups.read"]);
    const groupId = await makeGroup(okta, "App Users");
    const ids = Array.from(
      { length: count },
      (_, index) => okta.createPerson({ login: `user${index}@example.com`, displayName: `User ${index}` }).id,
    );
    for (const id of ids) await okta.call("PUT", `/api/v1/groups/${groupId}/users/${id}`);
    return { okta, clientId, groupId, ids, list: `/api/v1/groups/${groupId}/users` };
  }

  test("comes in pages that follow the next link, while members come and go", async () => {
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

  test("is in the order of joining, which adding a member again does not change", async () => {
    const { okta, ids, list } = await startFull(3);
    await okta.call("PUT", `${list}/${ids[0]}`);
    const { body } = await okta.call("GET", list);
    expect(body.map(({ id }: { id: string }) => id)).toEqual(ids);
  });

  test("is one page without a next link when all fit", async () => {
    const { okta, list } = await startFull(2);
    const answer = await okta.call("GET", `${list}?limit=2`);
    expect(answer.body).toHaveLength(2);
    expect(answer.headers.get("link")).toBe(`<${okta.url}${list}?limit=2>; rel="self"`);
  });

  test.each(["limit=0", "limit=x", "limit=-1", "after=x"])("is refused with %s", async (query) => {
    const { okta, list } = await startFull(0);
    expect((await okta.call("GET", `${list}?${query}`)).status).toBe(400);
  });

  test("needs the scope for reading, and a role on the group", async () => {
    const { okta, clientId, groupId, list } = await startFull(1);
    const resources = [`${okta.url}/api/v1/groups/${groupId}`];
    const [reader, writer] = [
      await bearer(okta, clientId, key, "okta.groups.read"),
      await bearer(okta, clientId, key, "okta.groups.manage"),
    ];
    expect((await okta.call("GET", list, undefined, reader)).status).toBe(403);

    await assignCustomRole(okta, clientId, ["okta.groups.members.manage"], resources);
    expect((await okta.call("GET", list, undefined, reader)).status).toBe(200);
    expect((await okta.call("GET", list, undefined, writer)).status).toBe(403);
  });
});
