import { expect, test } from "vitest";
import { startTestOkta } from "./local.ts";

const refusals: readonly (readonly [number, string])[] = [
  [403, "E0000006"],
  [404, "E0000007"],
  [429, "E0000047"],
  [500, "E0000009"],
  [503, "E0000010"],
];

test.each(refusals)("a request can be refused with %d before it does anything", async (status, errorCode) => {
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
