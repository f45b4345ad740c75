import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { archive, type Local, PARENT, PROJECT, startLocal } from "../local.ts";
import { deploy, functionBody, source, upload } from "./deployed.ts";

let local: Local;
let builder: string;

beforeAll(async () => {
  local = await startLocal();
  builder = await local.account("builder", "roles/cloudbuild.builds.builder");
});
afterAll(() => local.google.close());

const pidsOf = (id: string, event: string) =>
  local.notices.flatMap((notice) =>
    notice.kind === "instance" && notice.function === id && notice.event === event ? [notice.pid] : [],
  );

it("an instance sees its own environment and nothing of this process's", async () => {
  await local.call("POST", `/v1/projects/${PROJECT}/secrets?secretId=word`, {
    replication: { automatic: {} },
  });
  const data = Buffer.from("sesame").toString("base64");
  await local.call("POST", `/v1/projects/${PROJECT}/secrets/word:addVersion`, { payload: { data } });
  const path = `/v1/projects/${PROJECT}/secrets/word`;
  await local.grant(path, "roles/secretmanager.secretAccessor", `serviceAccount:${builder}`);
  const { url } = await deploy(
    local,
    builder,
    "sees",
    source("(request, response) => response.json(process.env)"),
    {
      serviceConfig: {
        environmentVariables: { OWN: "mine" },
        secretEnvironmentVariables: [{ key: "WORD", secret: "word", version: "latest" }],
      },
    },
  );
  const environment = await (await fetch(url)).json();
  expect(environment).toEqual({
    OWN: "mine",
    WORD: "sesame",
    PATH: process.env["PATH"],
    PORT: expect.stringMatching(/^\d+$/),
    NODE_ENV: "production",
    K_SERVICE: "sees",
    K_REVISION: "sees-00001",
    K_CONFIGURATION: "sees",
    FUNCTION_TARGET: "main",
    FUNCTION_SIGNATURE_TYPE: "http",
    GCE_METADATA_HOST: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    CLOUD_TASKS_ENDPOINT: local.google.url,
    CLOUD_KMS_ENDPOINT: local.google.url,
    CLOUD_STORAGE_ENDPOINT: local.google.url,
  });
});

it("nobody gets at an instance past its front but from this machine's own address", async () => {
  const says = source("(request, response) => response.send(String(request.socket.localPort))");
  const { url } = await deploy(local, builder, "hidden", says);
  const port = await (await fetch(url)).text();
  expect((await fetch(`http://127.0.0.1:${port}`)).status).toBe(200);
  for (const host of ["127.0.0.2", "[::1]"]) await expect(fetch(`http://${host}:${port}`)).rejects.toThrow();
});

describe("a deployment fails", () => {
  it.each([
    ["when the process ends as it starts", "console.error('no such luck'); process.exit(3);", /no such luck/],
    ["when the source throws", "throw new Error('broken at load');", /broken at load/],
    ["when no function of that name is registered", "", /not defined/],
  ])("%s, with the last lines it wrote", async (_case, before, message) => {
    const id = `fails-${Math.random().toString(36).slice(2, 8)}`;
    const text = before === "" ? "exports.other = 1;" : source("() => {}", before);
    const { operation, url } = await deploy(local, builder, id, text, {}, false);
    expect(operation.body.error.message).toMatch(message);
    expect(url).toBeUndefined();
    expect((await local.call("GET", `/v2/${PARENT}/functions/${id}`)).body.state).toBe("FAILED");
  });

  it("when its account may not read a secret", async () => {
    await local.call("POST", `/v1/projects/${PROJECT}/secrets?secretId=closed`, {
      replication: { automatic: {} },
    });
    const secretEnvironmentVariables = [{ key: "WORD", projectId: PROJECT, secret: "closed", version: "1" }];
    const request = { serviceConfig: { secretEnvironmentVariables } };
    const { operation } = await deploy(local, builder, "unread", source("() => {}"), request, false);
    expect(operation.body.error).toMatchObject({
      code: 7,
      message: expect.stringContaining("versions.access"),
    });
  });
});

describe("an update", () => {
  const says = (text: string) =>
    source(`(request, response) => setTimeout(() => response.send("${text}"), 20)`);

  it("puts new code behind the same address, loses no request and ends the old process", async () => {
    const { url } = await deploy(local, builder, "updated", says("old"));
    const [first] = pidsOf("updated", "started");
    const object = await upload(local, "updated-2.zip", archive(says("new")));
    const body = functionBody(builder, object);
    const path = `/v2/${PARENT}/functions/updated?updateMask=buildConfig`;
    let done = false;
    const update = local.call("PATCH", path, body).then((operation) => local.finish("v2", operation));
    const settled = update.finally(() => {
      done = true;
    });
    const answers = new Set<string>();
    const askOn = async (wait: number) => {
      while (!done) {
        const response = await fetch(`${url}?wait=${wait}`);
        answers.add(`${response.status} ${await response.text()}`);
      }
    };
    await Promise.all([5, 20, 100, 500].map(askOn));
    expect((await settled).body.error).toBeUndefined();
    expect([...answers].filter((answer) => answer !== "200 old" && answer !== "200 new")).toEqual([]);
    expect(await (await fetch(url)).text()).toBe("new");
    await local.noticed(
      (notice) => notice.kind === "instance" && notice.pid === first && notice.event === "stopped",
    );
    const found = await local.call("GET", `/v2/${PARENT}/functions/updated`);
    expect(found.body).toMatchObject({ state: "ACTIVE", url, serviceConfig: { revision: "updated-00002" } });
  });

  it("that fails leaves what served", async () => {
    const { url } = await deploy(local, builder, "kept", says("kept"));
    const before = await local.call("GET", `/v2/${PARENT}/functions/kept`);
    const object = await upload(local, "kept-2.zip", archive("throw new Error('no');"));
    const path = `/v2/${PARENT}/functions/kept?updateMask=buildConfig`;
    const update = await local.finish("v2", await local.call("PATCH", path, functionBody(builder, object)));
    expect(update.body.error.message).toContain("did not start");
    expect(await (await fetch(url)).text()).toBe("kept");
    const found = await local.call("GET", `/v2/${PARENT}/functions/kept`);
    expect(found.body.state).toBe("ACTIVE");
    expect(found.body.buildConfig).toEqual(before.body.buildConfig);
    // What is answered can be asked for again.
    const { buildConfig } = found.body;
    const again = await local.finish("v2", await local.call("PATCH", path, { buildConfig }));
    expect(again.body.error).toBeUndefined();
    expect(await (await fetch(url)).text()).toBe("kept");
  });

  it("of only the environment keeps the source", async () => {
    const { url } = await deploy(
      local,
      builder,
      "tuned",
      source("(_, response) => response.send(process.env.A)"),
    );
    const serviceConfig = { serviceAccountEmail: builder, environmentVariables: { A: "tuned" } };
    const path = `/v2/${PARENT}/functions/tuned?updateMask=serviceConfig`;
    await local.finish(
      "v2",
      await local.call("PATCH", path, { serviceConfig, buildConfig: { runtime: "cobol" } }),
    );
    expect(await (await fetch(url)).text()).toBe("tuned");
  });
});

it("a deleted function leaves no process, no service and no policy", async () => {
  const { url } = await deploy(local, builder, "removed", source("(_, response) => response.send('here')"));
  const [pid] = pidsOf("removed", "started");
  await local.finish("v2", await local.call("DELETE", `/v2/${PARENT}/functions/removed`));
  expect(pidsOf("removed", "stopped")).toEqual([pid]);
  await expect(fetch(url)).rejects.toThrow();
  expect(local.google.leftovers().filter((text) => text.includes("removed"))).toEqual([
    "object function-source/removed.zip",
  ]);
});
