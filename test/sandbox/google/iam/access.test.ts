import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accountThatCalls } from "../as-account.ts";
import { type Local, localForTest, PARENT, PROJECT, startLocal } from "../local.ts";

let local: Local;
let email: string;
const QUEUE = `${PARENT}/queues/work`;

beforeAll(async () => {
  local = await startLocal();
  email = await local.account("worker");
  await local.call("POST", `/v2/${PARENT}/queues`, { name: QUEUE });
  await local.call("POST", `/v2/${QUEUE}:pause`);
});
afterAll(() => local.google.close());

describe("who calls", () => {
  it.each([
    ["no token", ""],
    ["a token nobody issued", "Bearer ya29.c.made-up"],
    ["another scheme", "Basic dXNlcjpwYXNz"],
  ])("%s is refused with 401", async (_case, authorization) => {
    const response = await fetch(`${local.google.url}/v2/${QUEUE}`, {
      headers: authorization === "" ? {} : { authorization },
    });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ error: { code: 401, status: "UNAUTHENTICATED" } });
  });

  it("an unknown method is 404, another project 403", async () => {
    expect((await local.call("GET", "/v9/nothing")).status).toBe(404);
    expect((await local.call("GET", "/v1/projects/another-project")).status).toBe(403);
    expect((await local.call("GET", `/v1/projects/${local.google.projectNumber}`)).body.projectId).toBe(
      PROJECT,
    );
  });

  it("each answered call is reported with its caller", async () => {
    await local.call("GET", `/v2/${QUEUE}`);
    await local.call("GET", `/v2/${QUEUE}`, undefined, "ya29.c.made-up");
    const path = `/v2/${QUEUE}`;
    expect(local.notices).toContainEqual({
      kind: "request",
      method: "GET",
      path,
      status: 200,
      principal: "owner",
      permission: "cloudtasks.queues.get",
    });
    expect(local.notices).toContainEqual({
      kind: "request",
      method: "GET",
      path,
      status: 401,
      principal: "anonymous",
      permission: "cloudtasks.queues.get",
    });
  });
});

it("a service account that is disabled calls nothing until it is enabled again", async () => {
  const own = await localForTest();
  const { email: caller, call } = await accountThatCalls(own, "switched");
  await own.call("POST", `/v2/${PARENT}/queues`, { name: QUEUE });
  await own.grant(`/v2/${QUEUE}`, "roles/cloudtasks.viewer", `serviceAccount:${caller}`);
  const account = `/v1/projects/${PROJECT}/serviceAccounts/${caller}`;
  const statuses: number[] = [];
  for (const verb of ["enable", "disable", "enable"]) {
    await own.call("POST", `${account}:${verb}`, {});
    statuses.push((await call("GET", `/v2/${QUEUE}`)).status);
  }
  expect(statuses).toEqual([200, 401, 200]);
});

describe("an API that is not enabled", () => {
  it.each([
    ["cloudtasks", "GET", `/v2/${QUEUE}`],
    ["cloudscheduler", "GET", `/v1/${PARENT}/jobs`],
    ["cloudkms", "POST", `/v1/${PARENT}/keyRings?keyRingId=ring`],
    ["secretmanager", "GET", `/v1/projects/${PROJECT}/secrets/one`],
    ["storage", "GET", "/storage/v1/b/bucket"],
    ["artifactregistry", "GET", `/v1/${PARENT}/repositories/images`],
    ["cloudfunctions", "GET", `/v2/${PARENT}/functions/hello`],
    ["run", "GET", `/v2/${PARENT}/services/hello:getIamPolicy`],
    ["iam", "POST", `/v1/projects/${PROJECT}/serviceAccounts`],
    ["cloudresourcemanager", "POST", `/v1/projects/${PROJECT}:getIamPolicy`],
  ])("%s refuses with SERVICE_DISABLED", async (service, method, path) => {
    const fresh = await localForTest([]);
    const answer = await fresh.call(method, path, method === "POST" ? {} : undefined);
    expect(answer.status).toBe(403);
    expect(answer.body.error.details[0]).toMatchObject({
      reason: "SERVICE_DISABLED",
      metadata: { service: `${service}.googleapis.com` },
    });
  });

  it("a function needs Cloud Build, Cloud Run and Artifact Registry too", async () => {
    const fresh = await localForTest(["cloudfunctions.googleapis.com", "run.googleapis.com"]);
    const answer = await fresh.call("POST", `/v2/${PARENT}/functions?functionId=hello`, {});
    expect(answer.body.error.message).toContain("cloudbuild.googleapis.com");
  });

  it("disabling takes it away again", async () => {
    const fresh = await localForTest(["cloudtasks.googleapis.com"]);
    expect((await fresh.call("GET", `/v2/${PARENT}/queues`)).status).toBe(200);
    const path = `/v1/projects/${PROJECT}/services/cloudtasks.googleapis.com:disable`;
    await fresh.finish("v1", await fresh.call("POST", path, {}));
    expect((await fresh.call("GET", `/v2/${PARENT}/queues`)).status).toBe(403);
    expect((await fresh.call("POST", path, {})).body.error.status).toBe("FAILED_PRECONDITION");
  });

  it("is not enabled together with more than 19 others", async () => {
    const fresh = await localForTest([]);
    const path = `/v1/projects/${PROJECT}/services:batchEnable`;
    const serviceIds = Array.from({ length: 21 }, (_, index) => `service${index}.googleapis.com`);
    expect((await fresh.call("POST", path, { serviceIds })).status).toBe(400);
    expect((await fresh.call("POST", path, { serviceIds: serviceIds.slice(1) })).status).toBe(200);
  });
});

describe("a policy", () => {
  const setPolicy = (policy: unknown, path = `/v2/${QUEUE}`) =>
    local.call("POST", `${path}:setIamPolicy`, { policy });

  it.each([
    [
      "an unknown role",
      "roles/cloudtasks.emperor",
      "allUsers",
      /Role roles\/cloudtasks.emperor is not supported/,
    ],
    ["a role of another API", "roles/run.invoker", "allUsers", /not supported for this resource/],
    [
      "a service account that does not exist",
      "roles/cloudtasks.enqueuer",
      `serviceAccount:nobody@${PROJECT}.iam.gserviceaccount.com`,
      /does not exist/,
    ],
    ["a member that is not a principal", "roles/cloudtasks.enqueuer", "somebody", /is not a principal/],
  ])("with %s is refused", async (_case, role, member, message) => {
    const answer = await setPolicy({ bindings: [{ role, members: [member] }] });
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatchObject({
      status: "INVALID_ARGUMENT",
      message: expect.stringMatching(message),
    });
  });

  it("is set with the latest etag only", async () => {
    const role = "roles/cloudtasks.enqueuer";
    const { body } = await local.call("POST", `/v2/${QUEUE}:getIamPolicy`);
    const bindings = [{ role, members: [`serviceAccount:${email}`] }];
    const first = await setPolicy({ etag: body.etag, bindings });
    expect(first.status).toBe(200);
    expect(first.body.etag).not.toBe(body.etag);
    const second = await setPolicy({ etag: body.etag, bindings: [] });
    expect(second.body.error).toMatchObject({ code: 409, status: "ABORTED" });
    expect((await local.call("POST", `/v2/${QUEUE}:getIamPolicy`)).body.bindings).toEqual(bindings);
  });

  it("whose bindings are absent is an empty one", async () => {
    await setPolicy({ bindings: [{ role: "roles/cloudtasks.viewer", members: ["allUsers"] }] });
    await setPolicy({ version: 3 });
    expect((await local.call("POST", `/v2/${QUEUE}:getIamPolicy`)).body.bindings).toEqual([]);
  });

  it.each([2, 4, -1])("of version %i is refused", async (version) => {
    expect((await setPolicy({ version, bindings: [] })).body.error.status).toBe("INVALID_ARGUMENT");
  });

  it("keeps a condition under version 3, and refuses it under another", async () => {
    const condition = { title: "one", expression: 'resource.name.startsWith("projects/")' };
    const bindings = [{ role: "roles/cloudtasks.viewer", members: ["allUsers"], condition }];
    expect((await setPolicy({ version: 1, bindings })).status).toBe(400);
    const set = await setPolicy({ version: 3, bindings });
    expect(set.body).toMatchObject({ version: 3, bindings });
    const unknown = [{ ...bindings[0], condition: { title: "two", expression: "request.time > 3" } }];
    expect((await setPolicy({ version: 3, bindings: unknown })).status).toBe(400);
  });

  it("goes with its resource, and a deleted account is marked in those that stay", async () => {
    const gone = await local.account("leaver", "roles/logging.logWriter");
    await local.call("DELETE", `/v1/projects/${PROJECT}/serviceAccounts/${gone}`);
    const { body } = await local.call("POST", `/v1/projects/${PROJECT}:getIamPolicy`, {});
    const members = body.bindings.flatMap((binding: { members: string[] }) => binding.members);
    expect(members).toContainEqual(expect.stringContaining(`deleted:serviceAccount:${gone}?uid=`));
    const fields = `/v1/projects/${PROJECT}/serviceAccounts/${gone}`;
    expect((await local.call("GET", fields)).status).toBe(404);
  });
});
