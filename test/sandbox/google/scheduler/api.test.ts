import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Local, PARENT, PROJECT, startLocal } from "../local.ts";

const JOBS = `/v1/${PARENT}/jobs`;
const URI = "http://127.0.0.1:9/never";
let local: Local;
let email: string;

beforeAll(async () => {
  local = await startLocal();
  email = await local.account("caller-account");
});
afterAll(() => local.google.close());

const jobBody = (id: string, more: object = {}) => ({
  name: `${PARENT}/jobs/${id}`,
  schedule: "0 4 * * *",
  httpTarget: { uri: URI },
  ...more,
});

it("a job is made with defaults, read, listed, changed and deleted", async () => {
  const made = await local.call("POST", JOBS, {
    ...jobBody("whole"),
    description: "Reads on",
    retryConfig: { retryCount: 3 },
    httpTarget: { uri: "https://service.example", oidcToken: { serviceAccountEmail: email } },
  });
  expect(made.body).toEqual({
    name: `${PARENT}/jobs/whole`,
    description: "Reads on",
    schedule: "0 4 * * *",
    timeZone: "Etc/UTC",
    attemptDeadline: "180s",
    retryConfig: {
      retryCount: 3,
      maxRetryDuration: "0s",
      minBackoffDuration: "5s",
      maxBackoffDuration: "3600s",
      maxDoublings: 5,
    },
    httpTarget: {
      uri: "https://service.example/",
      httpMethod: "POST",
      headers: { "User-Agent": "Google-Cloud-Scheduler" },
      oidcToken: { serviceAccountEmail: email, audience: "https://service.example" },
    },
    state: "ENABLED",
    userUpdateTime: expect.any(String),
    scheduleTime: expect.stringMatching(/T04:00:00\.000Z$/),
  });
  const path = `${JOBS}/whole`;
  expect((await local.call("GET", path)).body).toEqual(made.body);
  expect((await local.call("GET", JOBS)).body.jobs).toEqual([made.body]);
  expect((await local.call("GET", `/v1/projects/${PROJECT}/locations/europe-west2/jobs`)).body.jobs).toEqual(
    [],
  );
  expect((await local.call("POST", JOBS, jobBody("whole"))).body.error).toMatchObject({ code: 409 });

  const changed = await local.call("PATCH", path, { timeZone: "Europe/Berlin", state: "PAUSED", name: "x" });
  expect(changed.body).toMatchObject({
    name: made.body.name,
    timeZone: "Europe/Berlin",
    description: "Reads on",
    state: "ENABLED",
    httpTarget: made.body.httpTarget,
  });
  const masked = await local.call("PATCH", `${path}?updateMask=description`, { schedule: "1 1 1 1 *" });
  expect(masked.body.description).toBeUndefined();
  expect(masked.body.schedule).toBe("0 4 * * *");

  expect((await local.call("DELETE", path)).status).toBe(200);
  for (const method of ["GET", "PATCH", "DELETE"]) expect((await local.call(method, path)).status).toBe(404);
  expect((await local.call("POST", JOBS, jobBody("whole"))).status).toBe(200);
});

it("a job without a name is given one", async () => {
  const { name: _none, ...unnamed } = jobBody("none");
  const { body } = await local.call("POST", JOBS, unnamed);
  expect(body.name).toMatch(new RegExp(`^${PARENT}/jobs/\\w+$`));
  expect((await local.call("GET", `/v1/${body.name}`)).status).toBe(200);
});

describe("refused", () => {
  const target = (fields: object) => ({ httpTarget: { uri: URI, ...fields } });
  it.each<[string, object]>([
    ["a name of another place", { name: "projects/other/locations/l/jobs/a" }],
    ["a name with a dot", { name: `${PARENT}/jobs/a.b` }],
    ["no schedule", { schedule: undefined }],
    ["a schedule that is none", { schedule: "now and then" }],
    ["a time zone that is none", { timeZone: "Europe/Atlantis" }],
    ["a long description", { description: "a".repeat(501) }],
    ["no target", { httpTarget: undefined }],
    ["another target", { httpTarget: undefined, pubsubTarget: { topicName: "t" } }],
    ["no address", { httpTarget: {} }],
    ["an address of another scheme", target({ uri: "ftp://127.0.0.1/" })],
    ["a method that is none", target({ httpMethod: "BREW" })],
    ["a GET with a body", target({ httpMethod: "GET", body: "YQ==" })],
    ["a body that is not base64", target({ body: '{"kind":"poll"}' })],
    ["an OAuth token", target({ oauthToken: { serviceAccountEmail: "a@b" } })],
    ["an account that does not exist", target({ oidcToken: { serviceAccountEmail: `no@${PROJECT}` } })],
    ["a short deadline", { attemptDeadline: "14s" }],
    ["a long deadline", { attemptDeadline: "1801s" }],
    ["a deadline without unit", { attemptDeadline: "180" }],
    ["too many retries", { retryConfig: { retryCount: 6 } }],
    ["fewer than no retries", { retryConfig: { retryCount: -1 } }],
    [
      "a least back-off above the most",
      { retryConfig: { minBackoffDuration: "10s", maxBackoffDuration: "1s" } },
    ],
  ])("a job with %s", async (_case, fields) => {
    const answer = await local.call("POST", JOBS, { ...jobBody("refused"), ...fields });
    expect(answer.body.error).toMatchObject({ code: 400, status: "INVALID_ARGUMENT" });
    expect((await local.call("GET", `${JOBS}/refused`)).status).toBe(404);
  });

  it("a place that is none, and a change to what is wrong", async () => {
    const place = `projects/${PROJECT}/locations/mars`;
    const body = { ...jobBody("far"), name: `${place}/jobs/far` };
    expect((await local.call("POST", `/v1/${place}/jobs`, body)).status).toBe(400);
    await local.call("POST", JOBS, jobBody("kept"));
    expect((await local.call("PATCH", `${JOBS}/kept`, { schedule: "never" })).status).toBe(400);
    expect((await local.call("GET", `${JOBS}/kept`)).body.schedule).toBe("0 4 * * *");
  });
});
