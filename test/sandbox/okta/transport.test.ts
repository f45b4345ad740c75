import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { assignCustomRole, bearer, makeApp, makeGroup, newKey, startTestOkta } from "./local.ts";

const START = Date.parse("2026-01-05T10:00:30Z");

describe("credentials", () => {
  const wrong: readonly (readonly [string, string])[] = [
    ["none", ""],
    ["an unknown API token", "SSWS wrong"],
    ["an unknown access token", "Bearer wrong"],
    ["another scheme", "Basic eDp5"],
  ];
  it.each(wrong)("%s is 401", async (_case, authorization) => {
    const okta = await startTestOkta();
    const answer = await okta.call("GET", "/api/v1/users/me", undefined, authorization);

    expect(answer.status).toBe(401);
    expect(answer.body).toEqual({
      errorCode: "E0000011",
      errorSummary: "Invalid token provided",
      errorLink: "E0000011",
      errorId: expect.stringMatching(/^oae\w{22}$/),
      errorCauses: [],
    });
    expect(okta.noticesOf("request")[0]?.principal).toBe("anonymous");
  });

  const administration: readonly (readonly [string, string, string])[] = [
    ["POST", "/api/v1/groups", "okta.groups.manage"],
    ["DELETE", "/api/v1/groups/00g", "okta.groups.manage"],
    ["GET", "/api/v1/users/00u", "okta.users.read"],
    ["POST", "/api/v1/users/00u/lifecycle/deactivate", "okta.users.manage"],
    ["POST", "/api/v1/apps", "okta.apps.manage"],
    ["GET", "/api/v1/apps/0oa", "okta.apps.read"],
    ["PUT", "/api/v1/apps/0oa/policies/rst", "okta.apps.manage"],
    ["GET", "/api/v1/policies", "okta.policies.read"],
    ["GET", "/api/v1/apps/0oa/grants", "okta.appGrants.read"],
    ["POST", "/api/v1/apps/0oa/grants", "okta.appGrants.manage"],
    ["POST", "/api/v1/iam/roles", "okta.roles.manage"],
    ["GET", "/api/v1/iam/roles/cr0", "okta.roles.read"],
    ["POST", "/api/v1/iam/resource-sets", "okta.roles.manage"],
    ["GET", "/api/v1/iam/resource-sets/iam", "okta.roles.read"],
    ["POST", "/api/v1/eventHooks", "okta.eventHooks.manage"],
    ["GET", "/api/v1/eventHooks/who", "okta.eventHooks.read"],
    ["POST", "/oauth2/v1/clients/0oa/roles", "okta.roles.manage"],
    ["GET", "/oauth2/v1/clients/0oa/roles/ra1", "okta.roles.read"],
    ["PUT", "/api/v1/groups/00g", "okta.groups.manage"],
    ["PUT", "/api/v1/apps/0oa", "okta.apps.manage"],
    ["POST", "/api/v1/apps/0oa/lifecycle/activate", "okta.apps.manage"],
    ["POST", "/api/v1/apps/0oa/lifecycle/deactivate", "okta.apps.manage"],
    ["DELETE", "/api/v1/apps/0oa", "okta.apps.manage"],
    ["DELETE", "/api/v1/apps/0oa/grants/oag", "okta.appGrants.manage"],
    ["PUT", "/api/v1/iam/roles/cr0", "okta.roles.manage"],
    ["DELETE", "/api/v1/iam/roles/cr0", "okta.roles.manage"],
    ["GET", "/api/v1/iam/roles/cr0/permissions", "okta.roles.read"],
    ["POST", "/api/v1/iam/roles/cr0/permissions/okta.users.read", "okta.roles.manage"],
    ["DELETE", "/api/v1/iam/roles/cr0/permissions/okta.users.read", "okta.roles.manage"],
    ["PUT", "/api/v1/iam/resource-sets/iam", "okta.roles.manage"],
    ["DELETE", "/api/v1/iam/resource-sets/iam", "okta.roles.manage"],
    ["GET", "/api/v1/iam/resource-sets/iam/resources", "okta.roles.read"],
    ["PATCH", "/api/v1/iam/resource-sets/iam/resources", "okta.roles.manage"],
    ["DELETE", "/api/v1/iam/resource-sets/iam/resources/ire", "okta.roles.manage"],
    ["PUT", "/api/v1/eventHooks/who", "okta.eventHooks.manage"],
    ["POST", "/api/v1/eventHooks/who/lifecycle/verify", "okta.eventHooks.manage"],
    ["POST", "/api/v1/eventHooks/who/lifecycle/activate", "okta.eventHooks.manage"],
    ["POST", "/api/v1/eventHooks/who/lifecycle/deactivate", "okta.eventHooks.manage"],
    ["DELETE", "/api/v1/eventHooks/who", "okta.eventHooks.manage"],
    ["DELETE", "/oauth2/v1/clients/0oa/roles/ra1", "okta.roles.manage"],
  ];
  it.each(administration)("%s %s takes both the scope %s and a super administrator", async (...call) => {
    const [method, path, scope] = call;
    const okta = await startTestOkta();
    const key = newKey();
    const clientId = await makeApp(okta, key, [scope, "okta.logs.read"]);
    const withScope = await bearer(okta, clientId, key, scope);
    const withoutScope = await bearer(okta, clientId, key, "okta.logs.read");
    const send = (token: string) => okta.call(method, path, method === "POST" ? {} : undefined, token);

    const forbidden = { status: 403, body: { errorCode: "E0000006" } };
    await okta.call("POST", `/oauth2/v1/clients/${clientId}/roles`, { type: "ORG_ADMIN" });
    expect(await send(withScope)).toMatchObject(forbidden);
    await okta.call("POST", `/oauth2/v1/clients/${clientId}/roles`, { type: "SUPER_ADMIN" });
    const unscoped = await send(withoutScope);
    expect(unscoped).toMatchObject({ status: 403, body: undefined });
    expect(unscoped.headers.get("www-authenticate")).toContain(`scope="${scope}"`);
    expect(okta.noticesOf("request").at(-1)?.principal).toBe(clientId);
    expect([400, 404]).toContain((await send(withScope)).status);
  });

  it.each([
    ["GET", "/api/v1/users/me"],
    ["POST", "/api/v1/internal/apps/0oa/settings/oauth/idToken"],
    ["GET", "/api/v1/internal/apps/0oa/settings/oauth/idToken"],
  ])("%s %s takes an API token and no other", async (method, path) => {
    const okta = await startTestOkta();
    const key = newKey();
    const clientId = await makeApp(okta, key, ["okta.users.read", "okta.apps.manage"]);
    await okta.call("POST", `/oauth2/v1/clients/${clientId}/roles`, { type: "SUPER_ADMIN" });
    const token = await bearer(okta, clientId, key, "okta.users.read okta.apps.manage");

    const refused = { status: 403, body: { errorCode: "E0000005", errorSummary: "Invalid session" } };
    expect(await okta.call(method, path, undefined, token)).toMatchObject(refused);
    expect([200, 404]).toContain((await okta.call(method, path)).status);
  });
});

it("every answer has a request id, which the notice of the request has", async () => {
  const okta = await startTestOkta();
  const answer = await okta.call("GET", "/api/v1/users/me");
  const requestId = answer.headers.get("x-okta-request-id");

  expect(requestId).toMatch(/^\w{28}$/);
  expect(okta.noticesOf("request")).toEqual([
    {
      kind: "request",
      method: "GET",
      path: "/api/v1/users/me",
      status: 200,
      requestId,
      principal: "api token",
    },
  ]);
});

it("what is not there is 404, a body that is not JSON 400", async () => {
  const okta = await startTestOkta();
  const missing = await okta.call("GET", "/api/v1/nothing");
  expect(missing).toMatchObject({ status: 404, body: { errorCode: "E0000008" } });
  const headers = { authorization: `SSWS ${okta.apiToken}` };
  for (const body of ["{", "[]", ""]) {
    const response = await fetch(`${okta.url}/api/v1/groups`, { method: "POST", headers, body });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errorCode: "E0000003" });
  }
});

it.each(["http://127.0.0.1/api/v1/users/me", "http://127.0.0.1:8080/api/v1/users/me?x=1"])(
  "the absolute-form request line of a proxy's client is understood: %s",
  async (target) => {
    const okta = await startTestOkta();
    const socket = connect(Number(new URL(okta.url).port), "127.0.0.1");
    socket.setEncoding("utf8");
    socket.write(
      `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nProxy-Authorization: Basic Og==\r\n` +
        `Authorization: SSWS ${okta.apiToken}\r\nConnection: close\r\n\r\n`,
    );
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    await once(socket, "close");

    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain('"login":"administrator@example.com"');
  },
);

describe("rate limits", () => {
  const buckets: readonly (readonly [string, string, string, number])[] = [
    ["one group", "GET", "/api/v1/groups/00gnone", 1000],
    ["groups", "GET", "/api/v1/groups", 500],
    ["a membership", "PUT", "/api/v1/groups/00gnone/users/00unone", 500],
    ["one user", "GET", "/api/v1/users/00unone", 2000],
    ["the System Log", "GET", "/api/v1/logs", 120],
    ["the rest", "GET", "/api/v1/eventHooks", 1200],
    ["the roles of clients", "GET", "/oauth2/v1/clients/0oanone/roles", 100],
    ["tokens", "POST", "/oauth2/v1/token", 2000],
  ];
  it.each(buckets)("%s: %s %s", async (_case, method, path, limit) => {
    const okta = await startTestOkta({ now: () => START });
    const { headers } = await okta.call(method, path);

    expect(headers.get("x-rate-limit-limit")).toBe(String(limit));
    expect(headers.get("x-rate-limit-remaining")).toBe(String(limit - 1));
    expect(headers.get("x-rate-limit-reset")).toBe(String(START / 1000 + 60));
  });

  it("beyond the limit is 429, until a minute after the window's first request", async () => {
    let now = START;
    const okta = await startTestOkta({ now: () => now });
    const get = () => okta.call("GET", "/oauth2/v1/clients/0oanone/roles");
    for (let count = 0; count < 100; count += 1) expect((await get()).status).toBe(404);

    now = START + 59_999;
    const limited = await get();
    expect(limited).toMatchObject({
      status: 429,
      body: {
        errorCode: "E0000047",
        errorSummary: "API call exceeded rate limit due to too many requests.",
      },
    });
    expect(limited.headers.get("x-rate-limit-limit")).toBe("100");
    expect(limited.headers.get("x-rate-limit-remaining")).toBe("0");
    expect(limited.headers.get("x-rate-limit-reset")).toBe(String(START / 1000 + 60));
    expect((await okta.call("GET", "/api/v1/users/me")).status).toBe(200);

    now = START + 60_000;
    const after = await get();
    expect(after.status).toBe(404);
    expect(after.headers.get("x-rate-limit-remaining")).toBe("99");
  });

  it("an app has half of each bucket, and leaves the other half to others", async () => {
    const okta = await startTestOkta({ now: () => START });
    const key = newKey();
    const clientId = await makeApp(okta, key, ["okta.groups.manage"]);
    const groupId = await makeGroup(okta, "App Users");
    const { id } = okta.createPerson({ login: "jane@example.com", displayName: "Jane Doe" });
    const resources = [`${okta.url}/api/v1/groups/${groupId}`, `${okta.url}/api/v1/users`];
    const permissions = ["okta.groups.members.manage", "okta.users.groupMembership.manage"];
    await assignCustomRole(okta, clientId, permissions, resources);
    const token = await bearer(okta, clientId, key, "okta.groups.manage");
    const path = `/api/v1/groups/${groupId}/users/${id}`;

    const first = await okta.call("PUT", path, undefined, token);
    expect(first.headers.get("x-rate-limit-limit")).toBe("250");
    expect(first.headers.get("x-rate-limit-remaining")).toBe("249");
    for (let count = 1; count < 250; count += 1) {
      expect((await okta.call("PUT", path, undefined, token)).status).toBe(204);
    }

    const limited = await okta.call("PUT", path, undefined, token);
    expect([limited.status, limited.headers.get("x-rate-limit-limit")]).toEqual([429, "250"]);
    expect((await okta.call("PUT", path)).status).toBe(204);
  });

  it("a refused credential counts, and gets the limits, too", async () => {
    const okta = await startTestOkta({ now: () => START });
    const { status, headers } = await okta.call("GET", "/api/v1/users/me", undefined, "");
    expect([status, headers.get("x-rate-limit-remaining")]).toEqual([401, "1999"]);
  });
});
