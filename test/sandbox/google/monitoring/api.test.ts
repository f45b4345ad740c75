import { afterAll, beforeAll, expect, it } from "vitest";
import { type Local, PROJECT, startLocal } from "../local.ts";

const METRICS = `/v2/projects/${PROJECT}/metrics`;
const POLICIES = `/v3/projects/${PROJECT}/alertPolicies`;
const CHECKS = `/v3/projects/${PROJECT}/uptimeCheckConfigs`;

let local: Local;
const call: Local["call"] = (...call) => local.call(...call);

beforeAll(async () => {
  local = await startLocal(["monitoring.googleapis.com", "logging.googleapis.com"]);
});
afterAll(() => local.google.close());

const policyOn = (filter: string) => ({ displayName: "p", conditions: [{ conditionThreshold: { filter } }] });

it("an alerting policy on a metric that is not there is refused, and taken once it is", async () => {
  const policy = policyOn('metric.type="logging.googleapis.com/user/m"');
  expect(await call("POST", POLICIES, policy)).toMatchObject({
    status: 404,
    body: { error: { message: expect.stringContaining("Cannot find metric(s) that match type") } },
  });
  const metric = { name: "m", filter: 'a="b"' };
  expect(await call("POST", METRICS, metric)).toMatchObject({ status: 200, body: metric });
  expect((await call("POST", METRICS, metric)).status).toBe(409);
  const { status, body } = await call("POST", POLICIES, policy);
  expect(status).toBe(200);
  expect(body.name).toMatch(new RegExp(`^projects/${PROJECT}/alertPolicies/\\d+$`));
});

it("a distribution needs an extractor, and a counter has none", async () => {
  const distribution = { name: "d", filter: "", metricDescriptor: { valueType: "DISTRIBUTION" } };
  expect((await call("POST", METRICS, distribution)).status).toBe(400);
  expect((await call("POST", METRICS, { ...distribution, valueExtractor: "EXTRACT(a)" })).status).toBe(200);
  expect((await call("POST", METRICS, { name: "c", filter: "", valueExtractor: "EXTRACT(a)" })).status).toBe(
    400,
  );
});

it("a PATCH changes what its mask names, and everything without one", async () => {
  const { body } = await call("POST", CHECKS, {
    displayName: "c",
    timeout: "10s",
    httpCheck: { path: "/", port: 1 },
  });
  const path = `/v3/${body.name}`;
  await call("PATCH", `${path}?updateMask=displayName,httpCheck.path`, {
    displayName: "d",
    timeout: "5s",
    httpCheck: { path: "/x" },
  });
  expect((await call("GET", path)).body).toEqual({
    name: body.name,
    displayName: "d",
    timeout: "10s",
    httpCheck: { path: "/x", port: 1 },
  });
  await call("PATCH", path, { displayName: "e" });
  expect((await call("GET", path)).body).toEqual({ name: body.name, displayName: "e" });
});

it("an uptime check that an alert names is not deleted before the alert", async () => {
  const check = (await call("POST", CHECKS, { displayName: "c" })).body.name;
  const id = check.slice(check.lastIndexOf("/") + 1);
  const policy = (await call("POST", POLICIES, policyOn(`metric.labels.check_id="${id}"`))).body.name;
  expect((await call("DELETE", `/v3/${check}`)).status).toBe(400);
  expect((await call("DELETE", `/v3/${policy}`)).status).toBe(200);
  expect((await call("DELETE", `/v3/${check}`)).status).toBe(200);
  expect((await call("GET", `/v3/${check}`)).status).toBe(404);
});
