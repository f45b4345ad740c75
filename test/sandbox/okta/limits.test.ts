import { expect, it } from "vitest";
import { bearer, makeApp, newKey, startTestOkta } from "./local.ts";

const START = Date.parse("2026-01-05T10:00:30.250Z");

/** An org whose slow answers to GETs come when they are let. */
async function startHeld(concurrentRequests?: number) {
  let asked = 0;
  let reached = Promise.withResolvers<void>();
  const { promise: over, resolve: release } = Promise.withResolvers<void>();
  const okta = await startTestOkta({
    ...(concurrentRequests === undefined ? {} : { limits: { concurrentRequests } }),
    now: () => START,
    sleep() {
      asked += 1;
      reached.resolve();
      reached = Promise.withResolvers();
      return over;
    },
  });
  okta.faults.calls.push({ trouble: { kind: "slow", milliseconds: 1000 }, method: "GET" });
  return {
    okta,
    release,
    async until(count: number) {
      while (asked < count) await reached.promise;
    },
  };
}

const group = (name: string) => ({ profile: { name, description: "" } });

it.each([
  [75, undefined],
  [2, 2],
])("more than %i calls at the same time are refused, until one has ended", async (limit, given) => {
  const { okta, release, until } = await startHeld(given);
  const held = Array.from({ length: limit }, () => okta.call("GET", "/api/v1/groups"));
  await until(limit);

  const refused = await okta.call("POST", "/api/v1/groups", group("One"));
  expect(refused).toMatchObject({ status: 429, body: { errorCode: "E0000047" } });
  expect(refused.headers.get("x-rate-limit-limit")).toBe("0");
  expect(refused.headers.get("x-rate-limit-remaining")).toBe("0");
  expect(Number(refused.headers.get("x-rate-limit-reset"))).toBeGreaterThan(START / 1000);
  expect(okta.leftovers()).toEqual([]);

  release();
  for (const answer of await Promise.all(held)) expect(answer.status).toBe(200);
  const after = await okta.call("POST", "/api/v1/groups", group("One"));
  expect([after.status, after.headers.get("x-rate-limit-limit")]).toEqual([200, "500"]);
});

it("a bucket can be made smaller or larger, at the start and later", async () => {
  const okta = await startTestOkta({ limits: { rates: { groups: 40 } } });
  const key = newKey();
  const clientId = await makeApp(okta, key, ["okta.groups.manage"]);
  const token = await bearer(okta, clientId, key, "okta.groups.manage");
  const limitOf = async (path: string, authorization?: string) =>
    (await okta.call("GET", path, undefined, authorization)).headers.get("x-rate-limit-limit");

  expect([await limitOf("/api/v1/groups"), await limitOf("/api/v1/groups", token)]).toEqual(["40", "20"]);
  expect(await limitOf("/api/v1/logs")).toBe("120");
  okta.limits.rates.groups = 500;
  expect([await limitOf("/api/v1/groups"), await limitOf("/api/v1/groups", token)]).toEqual(["500", "250"]);
  okta.limits.rates.groups = 0;
  expect((await okta.call("GET", "/api/v1/groups")).headers.get("x-rate-limit-remaining")).toBe("0");
});

it("every answer has the org's own time, and limits by the same clock", async () => {
  const okta = await startTestOkta({ now: () => START });
  for (const path of ["/api/v1/groups", "/api/v1/nothing", "/.well-known/okta-organization"]) {
    const { headers } = await okta.call("GET", path);
    expect(headers.get("date")).toBe("Mon, 05 Jan 2026 10:00:30 GMT");
  }
  const { headers } = await okta.call("GET", "/api/v1/groups");
  expect(headers.get("x-rate-limit-reset")).toBe(String(Math.ceil(START / 1000) + 60));
});
