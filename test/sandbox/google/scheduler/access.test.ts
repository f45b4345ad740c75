import { expect, it } from "vitest";
import { accountThatCalls } from "../as-account.ts";
import { localForTest, PARENT, PROJECT } from "../local.ts";
import { startTarget } from "../tasks/target.ts";

const JOBS = `/v1/${PARENT}/jobs`;
const job = (id: string, httpTarget: object) => ({
  name: `${PARENT}/jobs/${id}`,
  schedule: "0 4 * * *",
  httpTarget,
});

it("who does something with jobs holds the role for it, and may act as the account that they act as", async () => {
  const local = await localForTest();
  const target = await startTarget();
  const acting = await local.account("acting-account");
  const { email, call } = await accountThatCalls(local, "operator");
  const project = `/v1/projects/${PROJECT}`;
  const methods = [
    ["GET", JOBS],
    ["GET", `${JOBS}/kept`],
    ["PATCH", `${JOBS}/kept`],
    ["POST", `${JOBS}/kept:pause`],
    ["POST", `${JOBS}/kept:resume`],
    ["POST", `${JOBS}/kept:run`],
    ["POST", JOBS],
    ["DELETE", `${JOBS}/kept`],
  ] as const;
  const body = (method: string, path: string) =>
    path === JOBS && method === "POST" ? job("other", { uri: target.url }) : undefined;
  /** The methods that are not refused. */
  const allowed = async () => {
    await local.call("POST", JOBS, job("kept", { uri: target.url }));
    const done: string[] = [];
    for (const [method, path] of methods) {
      const { status } = await call(method, path, body(method, path));
      expect([200, 403]).toContain(status);
      if (status === 200) done.push(`${method} ${path.slice(JOBS.length)}`);
    }
    await local.call("DELETE", `${JOBS}/other`);
    return done;
  };

  expect(await allowed()).toEqual([]);
  await local.grant(project, "roles/cloudscheduler.viewer", `serviceAccount:${email}`);
  expect(await allowed()).toEqual(["GET ", "GET /kept"]);
  await local.grant(project, "roles/cloudscheduler.jobRunner", `serviceAccount:${email}`);
  expect(await allowed()).toEqual(["GET ", "GET /kept", "POST /kept:run"]);
  await local.grant(project, "roles/cloudscheduler.admin", `serviceAccount:${email}`);
  expect(await allowed()).toHaveLength(methods.length);

  const withToken = { uri: target.url, oidcToken: { serviceAccountEmail: acting } };
  const refused = await call("POST", JOBS, job("with-token", withToken));
  expect(refused.body.error).toMatchObject({ code: 403, message: expect.stringContaining("actAs") });
  await local.call("POST", JOBS, job("plain", { uri: target.url }));
  expect((await call("PATCH", `${JOBS}/plain`, { httpTarget: withToken })).status).toBe(403);
  const account = `/v1/projects/${PROJECT}/serviceAccounts/${acting}`;
  await local.grant(account, "roles/iam.serviceAccountUser", `serviceAccount:${email}`);
  expect((await call("POST", JOBS, job("with-token", withToken))).status).toBe(200);
  expect((await call("PATCH", `${JOBS}/plain`, { httpTarget: withToken })).status).toBe(200);
});
