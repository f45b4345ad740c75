import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { functionFiles, type Local, PARENT, PROJECT, startLocal, zip } from "../local.ts";
import { functionBody, source, upload } from "./deployed.ts";

const GOOD = source("(request, response) => response.send('ok')");
const BUILDER_ROLES = ["roles/cloudbuild.builds.builder"];
let local: Local;
let builder: string;

beforeAll(async () => {
  local = await startLocal();
  builder = await local.account("builder", ...BUILDER_ROLES);
});
afterAll(() => local.google.close());

let count = 0;
async function build(content: Uint8Array, account = builder, buildConfig: object = {}) {
  const id = `built-${++count}`;
  const object = await upload(local, `${id}.zip`, content);
  const body = functionBody(account, object, { buildConfig });
  const operation = await local.finish(
    "v2",
    await local.call("POST", `/v2/${PARENT}/functions?functionId=${id}`, body),
  );
  return { id, operation, found: await local.call("GET", `/v2/${PARENT}/functions/${id}`) };
}

function changed(name: string, change: (file: Record<string, unknown>) => void): Uint8Array {
  const files = functionFiles(GOOD);
  const file = JSON.parse(files[name] ?? "{}");
  change(file);
  return zip({ ...files, [name]: JSON.stringify(file) });
}

function without(name: string): Uint8Array {
  const { [name]: _left, ...files } = functionFiles(GOOD);
  return zip(files);
}

const FRAMEWORK = "@google-cloud/functions-framework";

describe("a build fails, and the function stays as FAILED without an address", () => {
  it.each<[string, Uint8Array, RegExp]>([
    ["what is not an archive", Buffer.from("not a zip"), /not a zip archive/],
    ["no package.json", without("package.json"), /package.json is missing/],
    ["no lockfile", without("package-lock.json"), /package-lock.json is missing/],
    ["no main", changed("package.json", (file) => delete file["main"]), /names no main/],
    ["a main that is not there", without("index.js"), /index.js/],
    ["a syntax error", zip(functionFiles("function (")), /index.js does not parse/],
    ["no framework", changed("package.json", (file) => delete file["dependencies"]), /does not declare/],
    [
      "a lockfile out of step",
      changed("package.json", (file) => {
        file["dependencies"] = { [FRAMEWORK]: "1.0.0" };
      }),
      /not in sync/,
    ],
    [
      "a package at another version than is installed",
      changed("package-lock.json", (file) => {
        // The test's own fixture has these keys.
        const packages = file["packages"] as Record<string, { version: string }>;
        packages[`node_modules/${FRAMEWORK}`] = { version: "0.0.1" };
      }),
      /wants @google-cloud\/functions-framework 0.0.1, but .* is installed/,
    ],
    ["a file outside", zip({ ...functionFiles(GOOD), "../evil.js": "1" }), /a file outside/],
  ])("%s", async (_case, content, message) => {
    const { id, operation, found } = await build(content);
    expect(operation.body).toMatchObject({ done: true, error: { message: expect.stringMatching(message) } });
    expect(found.body.state).toBe("FAILED");
    expect(found.body.url).toBeUndefined();
    expect(found.body.serviceConfig.uri).toBeUndefined();
    expect(local.notices).toContainEqual(
      expect.objectContaining({
        kind: "build",
        function: id,
        ok: false,
        reason: expect.stringMatching(message),
      }),
    );
    const again = await local.call(
      "POST",
      `/v2/${PARENT}/functions?functionId=${id}`,
      functionBody(builder, "x"),
    );
    expect(again.status).toBe(409);
    await local.finish("v2", await local.call("DELETE", `/v2/${PARENT}/functions/${id}`));
    expect((await local.call("GET", `/v2/${PARENT}/functions/${id}`)).status).toBe(404);
  });
});

describe("the account that builds needs", () => {
  it.each([
    [
      "to read the source",
      ["roles/logging.logWriter", "roles/artifactregistry.writer"],
      "storage.objects.get",
    ],
    [
      "to write logs",
      ["roles/storage.objectViewer", "roles/artifactregistry.writer"],
      "logging.logEntries.create",
    ],
    [
      "to push images",
      ["roles/storage.objectViewer", "roles/logging.logWriter"],
      "artifactregistry.repositories.uploadArtifacts",
    ],
  ])("%s", async (_case, roles, permission) => {
    const path = `/v1/${PARENT}/repositories?repository_id=images`;
    await local.finish("v1", await local.call("POST", path, { format: "DOCKER" }));
    const account = await local.account(`builder-${++count}`, ...roles);
    const { operation } = await build(zip(functionFiles(GOOD)), account, {
      dockerRepository: `${PARENT}/repositories/images`,
    });
    expect(operation.body.error.message).toContain(permission);
  });
});

describe("a build reads Google's copy of the source, so its account needs", () => {
  const LOGS = ["roles/logging.logWriter"];
  const read = (expression: string) => ({ title: "sources", expression });
  const copies = () => `projects/_/buckets/gcf-v2-sources-${local.google.projectNumber}-europe-west1`;

  /** Builds as an account that may read objects of the project's buckets under a condition. */
  async function buildWith(expression: string): Promise<string> {
    const account = await local.account(`conditional-${++count}`, ...LOGS);
    const { body: policy } = await local.call("POST", `/v1/projects/${PROJECT}:getIamPolicy`);
    const members = [`serviceAccount:${account}`];
    const binding = { role: "roles/storage.objectViewer", members, condition: read(expression) };
    const changed = { ...policy, version: 3, bindings: [...policy.bindings, binding] };
    await local.call("POST", `/v1/projects/${PROJECT}:setIamPolicy`, { policy: changed });
    const { operation } = await build(zip(functionFiles(GOOD)), account);
    return operation.body.error?.message ?? "";
  }

  it("more than a right on the bucket from which it is copied", async () => {
    const account = await local.account(`reader-${++count}`, ...LOGS);
    await upload(local, "any.zip", zip(functionFiles(GOOD)));
    const path = "/storage/v1/b/function-source/iam";
    const { body: policy } = await local.call("GET", path);
    const bindings = [{ role: "roles/storage.objectViewer", members: [`serviceAccount:${account}`] }];
    expect((await local.call("PUT", path, { ...policy, bindings })).status).toBe(200);
    const { id, operation } = await build(zip(functionFiles(GOOD)), account);
    expect(operation.body.error.message).toContain(
      `Permission 'storage.objects.get' denied on resource '${copies()}/objects/${encodeURIComponent(`${id}/function-source.zip`)}'`,
    );
  });

  it.each([
    ["the buckets of such copies", () => 'resource.name.startsWith("projects/_/buckets/gcf-v2-sources-")'],
    ["this region's bucket of them", () => `resource.name.startsWith("${copies()}/")`],
  ])("a right on the project for %s", async (_case, expression) => {
    expect(await buildWith(expression())).toBe("");
  });

  it.each([
    ["the program's bucket", 'resource.name.startsWith("projects/_/buckets/function-source/")'],
    [
      "another region's",
      'resource.name.startsWith("projects/_/buckets/gcf-v2-sources-415104041262-us-central1/")',
    ],
    ["a name that says the project", `resource.name.startsWith("projects/${PROJECT}/buckets/")`],
  ])("more than a right on the project for %s", async (_case, expression) => {
    expect(await buildWith(expression)).toContain("storage.objects.get");
  });

  it("no role that only a bucket can give", async () => {
    const { status, body } = await local.grant(
      `/v1/projects/${PROJECT}`,
      "roles/storage.legacyObjectReader",
      `serviceAccount:${builder}`,
    );
    expect([status, body.error.message]).toEqual([
      400,
      "Role roles/storage.legacyObjectReader is not supported for this resource.",
    ]);
  });
});

it("a build right after its account got its rights is refused, and one after they count is not", async () => {
  local.google.faults.policyDelayMilliseconds = 3_600_000;
  onTestFinished(() => {
    local.google.faults.policyDelayMilliseconds = 0;
  });
  const account = await local.account(`new-${++count}`, ...BUILDER_ROLES);
  const { body: policy } = await local.call("POST", `/v1/projects/${PROJECT}:getIamPolicy`);
  expect(JSON.stringify(policy)).toContain(account);
  const early = await build(zip(functionFiles(GOOD)), account);
  expect(early.operation.body.error.message).toContain("storage.objects.get");
  local.google.faults.policyDelayMilliseconds = 0;
  await local.call("POST", `/v1/projects/${PROJECT}:setIamPolicy`, { policy });
  const late = await build(zip(functionFiles(GOOD)), account);
  expect(late.operation.body.error).toBeUndefined();
});

it("Google's copy is in a bucket of its own, which nobody of the project made, and stays", async () => {
  const { id, found } = await build(zip(functionFiles(GOOD)));
  const { bucket, object, generation } = found.body.buildConfig.source.storageSource;
  expect([bucket, object]).toEqual([
    `gcf-v2-sources-${local.google.projectNumber}-europe-west1`,
    `${id}/function-source.zip`,
  ]);
  const made = await local.call("GET", `/storage/v1/b/${bucket}`);
  expect(made.body.iamConfiguration.uniformBucketLevelAccess.enabled).toBe(true);
  await local.finish("v2", await local.call("DELETE", `/v2/${PARENT}/functions/${id}`));
  const copy = await local.call("GET", `/storage/v1/b/${bucket}/o/${encodeURIComponent(object)}`);
  expect(copy.body.generation).toBe(generation);
  expect(local.google.leftovers().join()).not.toContain(bucket);
});

it("uploaded modules are thrown away, the installed ones linked, and a generation is honoured", async () => {
  const files = {
    ...functionFiles(GOOD),
    [`node_modules/${FRAMEWORK}/index.js`]: "throw new Error('uploaded');",
  };
  const good = await build(zip(files));
  expect(good.operation.body.error).toBeUndefined();
  expect(good.found.body.state).toBe("ACTIVE");
  const source = {
    storageSource: { bucket: "function-source", object: `${good.id}.zip`, generation: 12345 },
  };
  const old = await build(zip(files), builder, { source });
  expect(old.operation.body.error.message).toContain("There is no object");
});

describe("what Google refuses before it builds", () => {
  const cases: [string, object, string][] = [
    ["a memory unit that is none", { serviceConfig: { availableMemory: "256MB" } }, "availableMemory"],
    ["memory in words", { serviceConfig: { availableMemory: "banana" } }, "availableMemory"],
    ["too little memory", { serviceConfig: { availableMemory: "64Mi" } }, "availableMemory"],
    [
      "concurrency on a part of a CPU",
      { serviceConfig: { maxInstanceRequestConcurrency: 2 } },
      "Concurrency",
    ],
    [
      "concurrency on half a CPU",
      { serviceConfig: { availableCpu: "0.5", maxInstanceRequestConcurrency: 80 } },
      "Concurrency",
    ],
    ["three CPUs", { serviceConfig: { availableCpu: "3" } }, "availableCpu"],
    [
      "much memory for a little CPU",
      { serviceConfig: { availableCpu: "0.5", availableMemory: "2Gi" } },
      "availableCpu",
    ],
    [
      "little memory for many CPUs",
      { serviceConfig: { availableCpu: "4", availableMemory: "512Mi" } },
      "availableCpu",
    ],
    ["a runtime of the past", { buildConfig: { runtime: "nodejs18" } }, "runtime"],
    ["no entry point", { buildConfig: { entryPoint: "" } }, "entryPoint"],
    [
      "a builder by only its email",
      { buildConfig: { serviceAccount: "builder@example" } },
      "buildConfig.serviceAccount",
    ],
    [
      "more instances at least than at most",
      { serviceConfig: { minInstanceCount: 3, maxInstanceCount: 2 } },
      "minInstanceCount",
    ],
    ["a long time-out", { serviceConfig: { timeoutSeconds: 3601 } }, "timeoutSeconds"],
    [
      "an account that does not exist",
      { serviceConfig: { serviceAccountEmail: "no@no" } },
      "serviceAccountEmail",
    ],
    [
      "a reserved variable",
      { serviceConfig: { environmentVariables: { PORT: "1" } } },
      "environmentVariables.PORT",
    ],
    ["a reserved prefix", { serviceConfig: { environmentVariables: { X_GOOGLE_A: "1" } } }, "X_GOOGLE_A"],
    ["a variable that is not a name", { serviceConfig: { environmentVariables: { "a b": "1" } } }, "a b"],
    [
      "a secret by its full name",
      {
        serviceConfig: {
          secretEnvironmentVariables: [
            { key: "A", projectId: PROJECT, secret: `projects/${PROJECT}/secrets/a`, version: "1" },
          ],
        },
      },
      "serviceConfig.secretEnvironmentVariables[0].secret",
    ],
    ["an upper-case label", { labels: { Team: "a" } }, "labels.Team"],
    ["a label with a dot", { labels: { team: "a.b" } }, "labels.team"],
  ];
  it.each(cases)("%s", async (_case, request, field) => {
    const body = functionBody(builder, "x.zip", request);
    const answer = await local.call("POST", `/v2/${PARENT}/functions?functionId=refused`, body);
    expect(answer.body.error).toMatchObject({ code: 400, status: "INVALID_ARGUMENT" });
    expect(answer.body.error.details[0].fieldViolations[0].field).toContain(field);
    expect((await local.call("GET", `/v2/${PARENT}/functions/refused`)).status).toBe(404);
  });

  it.each([
    ["an upper-case name", `${PARENT}/functions?functionId=fetchJwks-bcfcc7c`],
    ["a name too long", `${PARENT}/functions?functionId=${"a".repeat(64)}`],
    ["a place that is none", `projects/${PROJECT}/locations/europe-west99/functions?functionId=a`],
  ])("%s", async (_case, path) => {
    const answer = await local.call("POST", `/v2/${path}`, functionBody(builder, "x.zip"));
    expect(answer.body.error.status).toBe("INVALID_ARGUMENT");
  });
});
