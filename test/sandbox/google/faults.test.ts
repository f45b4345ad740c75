import { expect, test } from "vitest";
import { deploy, source } from "./functions/deployed.ts";
import { localForTest, PARENT, PROJECT } from "./local.ts";

test("the next builds fail, as many as it was told, and the one after them does not", async () => {
  const local = await localForTest();
  const builder = await local.account("builder", "roles/cloudbuild.builds.builder");
  local.google.faults.failBuilds = 1;
  const answer = source("(request, response) => response.send('ok')");
  const failed = await deploy(local, builder, "first", answer, {}, false);
  expect(failed.operation.body.error.message).toBe("Build failed: The build was told to fail.");
  expect((await local.call("GET", `/v2/${PARENT}/functions/first`)).body.state).toBe("FAILED");
  const served = await deploy(local, builder, "second", answer);
  expect(await (await fetch(served.url)).text()).toBe("ok");
  expect(local.google.faults.failBuilds).toBe(0);
});

test("the calls that are picked are refused in the words of an API, and change nothing", async () => {
  const local = await localForTest();
  const path = `/v1/projects/${PROJECT}/secrets`;
  const asked: string[] = [];
  local.google.faults.refuse = (method, called) => {
    asked.push(`${method} ${called}`);
    return method === "POST" ? { status: 429, message: "Quota exceeded" } : undefined;
  };
  const body = { replication: { automatic: {} } };
  const refused = await local.call("POST", `${path}?secretId=word`, body);
  expect(refused.status).toBe(429);
  expect(refused.body.error).toEqual({ code: 429, message: "Quota exceeded", status: "RESOURCE_EXHAUSTED" });
  expect((await local.call("GET", path)).body.secrets).toEqual([]);
  expect(asked).toEqual([`POST ${path}`, `GET ${path}`]);
  expect(local.notices).toContainEqual(expect.objectContaining({ kind: "request", status: 429, path }));

  local.google.faults.refuse = undefined;
  expect((await local.call("POST", `${path}?secretId=word`, body)).status).toBe(200);
});
