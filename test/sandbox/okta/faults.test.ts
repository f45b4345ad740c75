import { describe, expect, it } from "vitest";
import type { CallFault, CallTrouble } from "../../../sandbox/okta/model/faults.ts";
import { bearer, makeApp, makeAssertion, makeGroup, newKey, requestToken, startTestOkta } from "./local.ts";

const START = Date.parse("2026-01-05T10:00:30Z");
const LIMITED = { status: 429, body: { errorCode: "E0000047" } };

const refusals: readonly (readonly [number, string])[] = [
  [403, "E0000006"],
  [404, "E0000007"],
  [429, "E0000047"],
  [500, "E0000009"],
  [503, "E0000010"],
];

it.each(refusals)("a request can be refused with %d before it does anything", async (status, errorCode) => {
  const okta = await startTestOkta();
  const asked: string[] = [];
  okta.faults.refuse = (method, path) => {
    asked.push(`${method} ${path}`);
    return { status, headers: { "x-rate-limit-reset": "1767607290" } };
  };
  const profile = { name: "Users", description: "" };

  const answer = await okta.call("POST", "/api/v1/groups?activate=true", { profile });
  expect([answer.status, answer.body.errorCode]).toEqual([status, errorCode]);
  expect(answer.headers.get("x-rate-limit-reset")).toBe("1767607290");
  expect(asked).toEqual(["POST /api/v1/groups"]);
  expect(okta.noticesOf("request")).toMatchObject([
    { path: "/api/v1/groups", status, principal: "anonymous" },
  ]);
  expect(okta.leftovers()).toEqual([]);

  okta.faults.refuse = () => undefined;
  expect((await okta.call("POST", "/api/v1/groups", { profile })).status).toBe(200);
  okta.faults.refuse = undefined;
  expect((await okta.call("GET", "/api/v1/groups")).status).toBe(200);
});

/** An org with a group and somebody who is not in it. */
async function start(...faults: readonly CallFault[]) {
  const okta = await startTestOkta({ now: () => START });
  const groupId = await makeGroup(okta, "App Users");
  const { id } = okta.createPerson({ login: "jane@example.com", displayName: "Jane Doe" });
  okta.faults.calls.push(...faults);
  return {
    okta,
    put: () => okta.call("PUT", `/api/v1/groups/${groupId}/users/${id}`),
    get: () => okta.call("GET", `/api/v1/groups/${groupId}`),
    isMember: () => okta.isMember(groupId, id),
  };
}

describe("a call can meet", () => {
  it.each([200, 403, 404, 421, 425, 451])(
    "a page that is not Okta's, with %d, and does nothing",
    async (status) => {
      const { okta, isMember } = await start({ trouble: { kind: "foreign", status } });
      const answer = await fetch(`${okta.url}/api/v1/groups/00g/users/00u`, { method: "PUT" });
      expect([answer.status, answer.headers.get("content-type")]).toEqual([status, "text/html"]);
      expect(await answer.text()).toContain("<html>");
      expect(isMember()).toBe(false);
    },
  );

  it("an Okta that does not know a new user yet", async () => {
    const { put, isMember } = await start({ trouble: { kind: "unknown-user" }, method: "PUT", times: 1 });
    const answer = await put();
    expect([answer.status, answer.body.errorCode]).toEqual([404, "E0000007"]);
    expect(answer.body.errorSummary).toMatch(/^Not found: Resource not found: 00u\w+ \(User\)$/);
    expect(isMember()).toBe(false);
    expect((await put()).status).toBe(204);
  });

  const answers: readonly (readonly [CallTrouble, number, string])[] = [
    [{ kind: "server-error" }, 500, "E0000009"],
    [{ kind: "read-only" }, 503, "E0000010"],
    [{ kind: "rate-limit" }, 429, "E0000047"],
    [{ kind: "concurrency" }, 429, "E0000047"],
  ];
  it.each(answers)("%o, which is %d and does nothing", async (trouble, status, errorCode) => {
    const { okta, put, isMember } = await start({ trouble });
    const answer = await put();
    expect([answer.status, answer.body.errorCode, isMember()]).toEqual([status, errorCode, false]);
    expect(okta.noticesOf("request").at(-1)).toMatchObject({ method: "PUT", status });

    okta.faults.calls = [];
    // A bucket that is used up stays so.
    expect((await put()).status).toBe(trouble.kind === "rate-limit" ? 429 : 204);
  });

  it("a bucket that others have used up, until its window ends", async () => {
    let now = START;
    const okta = await startTestOkta({ now: () => now });
    const get = () => okta.call("GET", "/api/v1/groups");
    expect((await get()).headers.get("x-rate-limit-remaining")).toBe("499");
    okta.faults.calls.push({ trouble: { kind: "rate-limit" }, times: 1 });

    now += 20_000;
    for (const answer of [await get(), await get()]) {
      expect(answer).toMatchObject(LIMITED);
      expect(answer.headers.get("x-rate-limit-limit")).toBe("500");
      expect(answer.headers.get("x-rate-limit-remaining")).toBe("0");
      expect(answer.headers.get("x-rate-limit-reset")).toBe(String(START / 1000 + 60));
    }
    expect((await okta.call("GET", "/api/v1/users/me")).status).toBe(200);

    now = START + 60_000;
    expect((await get()).status).toBe(200);
  });

  it("the concurrency form of 429, whose limit is 0 and whose reset is an estimate", async () => {
    const { put } = await start({ trouble: { kind: "concurrency" } });
    const { headers } = await put();
    expect(headers.get("x-rate-limit-limit")).toBe("0");
    expect(headers.get("x-rate-limit-remaining")).toBe("0");
    expect(Number(headers.get("x-rate-limit-reset"))).toBeGreaterThan(START / 1000);
  });

  it("a slow answer: what was asked is done before", async () => {
    const { promise: asked, resolve: ask } = Promise.withResolvers<number>();
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    const okta = await startTestOkta({
      sleep(milliseconds) {
        ask(milliseconds);
        return over;
      },
    });
    const groupId = await makeGroup(okta, "App Users");
    const { id } = okta.createPerson({ login: "jane@example.com", displayName: "Jane Doe" });
    okta.faults.calls.push({ trouble: { kind: "slow", milliseconds: 7000 }, method: "PUT" });

    const put = okta.call("PUT", `/api/v1/groups/${groupId}/users/${id}`);
    expect(await asked).toBe(7000);
    expect(okta.isMember(groupId, id)).toBe(true);
    expect(okta.noticesOf("request").filter(({ method }) => method === "PUT")).toEqual([]);
    end();
    expect((await put).status).toBe(204);
  });

  it.each([
    [false, false],
    [true, true],
  ])("a connection that is reset, with the work done: %s", async (done, isMember) => {
    const setting = await start({ trouble: { kind: "reset", done }, times: 1 });
    await expect(setting.put()).rejects.toMatchObject({
      name: "TypeError",
      message: "fetch failed",
      cause: { code: "ECONNRESET" },
    });
    expect(setting.isMember()).toBe(isMember);
    const puts = setting.okta.noticesOf("request").filter(({ method }) => method === "PUT");
    expect(puts.map(({ status }) => status)).toEqual(done ? [204] : []);
    expect((await setting.put()).status).toBe(204);
  });

  it("several troubles, one of each sort, the first of several", async () => {
    const pauses: number[] = [];
    const okta = await startTestOkta({
      async sleep(milliseconds) {
        pauses.push(milliseconds);
      },
    });
    okta.faults.calls = [
      { trouble: { kind: "slow", milliseconds: 1 } },
      { trouble: { kind: "slow", milliseconds: 2 } },
      { trouble: { kind: "read-only" } },
      { trouble: { kind: "server-error" } },
    ];
    expect((await okta.call("GET", "/api/v1/groups")).status).toBe(503);
    expect(pauses).toEqual([1]);
  });
});

describe("trouble strikes", () => {
  const trouble: CallTrouble = { kind: "server-error" };

  it("so many times", async () => {
    const { put } = await start({ trouble, times: 2 });
    const statuses = [await put(), await put(), await put()].map(({ status }) => status);
    expect(statuses).toEqual([500, 500, 204]);
  });

  const choices: readonly (readonly [string, Omit<CallFault, "trouble">, number, number])[] = [
    ["by method", { method: "PUT" }, 500, 200],
    ["by what the path begins with", { path: "/api/v1/groups/00g" }, 500, 500],
    ["by method and path", { method: "GET", path: "/api/v1/groups/" }, 204, 500],
    ["by a path of others", { path: "/oauth2/" }, 204, 200],
    ["by a condition", { when: ({ method, path }) => `${method} ${path}`.includes("/users/") }, 500, 200],
  ];
  it.each(choices)("%s", async (_case, choice, ofPut, ofGet) => {
    const { put, get } = await start({ trouble, ...choice });
    expect([(await put()).status, (await get()).status]).toEqual([ofPut, ofGet]);
  });

  it("no call that it does not concern, nor counts it", async () => {
    const { okta, put, get } = await start({ trouble, method: "PUT", times: 1 });
    await get();
    expect(okta.faults.calls).toEqual([{ trouble, method: "PUT", times: 1 }]);
    await put();
    expect(okta.faults.calls).toEqual([{ trouble, method: "PUT", times: 0 }]);
  });

  it("nobody at the sandbox's own door", async () => {
    const okta = await startTestOkta();
    okta.faults.refuse = () => ({ status: 500 });
    okta.faults.calls = [{ trouble }, { trouble: { kind: "reset" } }];
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ login: "jane@example.com" });
    expect((await fetch(`${okta.url}/sandbox/sign-ins`, { method: "POST", headers, body })).status).toBe(202);
  });
});

describe("only the token endpoint can be", () => {
  const key = newKey();
  const path = "/oauth2/v1/token";

  async function ask(trouble: CallTrouble) {
    const okta = await startTestOkta();
    const clientId = await makeApp(okta, key, ["okta.groups.manage"]);
    await okta.call("POST", `/oauth2/v1/clients/${clientId}/roles`, { type: "SUPER_ADMIN" });
    const token = await bearer(okta, clientId, key, "okta.groups.manage");
    okta.faults.calls.push({ trouble, path });
    const assertion = await makeAssertion(okta, clientId, key, Date.now());
    const request = requestToken(okta, { client_assertion: assertion });
    return { request, status: (await okta.call("GET", "/api/v1/groups", undefined, token)).status };
  }

  const answers: readonly (readonly [CallTrouble, number, object])[] = [
    [{ kind: "server-error" }, 500, { error: "server_error" }],
    [{ kind: "read-only" }, 503, { errorCode: "E0000010" }],
    [{ kind: "rate-limit" }, 429, { errorCode: "E0000047" }],
  ];
  it.each(answers)("down with %o", async (trouble, status, body) => {
    const { request, status: other } = await ask(trouble);
    expect(await request).toMatchObject({ status, body });
    expect(other).toBe(200);
  });

  it("gone, its connections reset", async () => {
    const okta = await startTestOkta();
    okta.faults.calls.push({ trouble: { kind: "reset" }, path });
    await expect(requestToken(okta, {})).rejects.toThrow("fetch failed");
    expect((await okta.call("GET", "/api/v1/groups")).status).toBe(200);
  });
});
