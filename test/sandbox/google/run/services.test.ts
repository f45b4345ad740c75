import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EndSignal } from "../../../../sandbox/google/run/revision.ts";
import { accountThatCalls } from "../as-account.ts";
import { type Local, PARENT, PROJECT, startLocal } from "../local.ts";
import { archive, BUCKET, create, patch, read, serviceBody, tarGz, upload } from "./deployed.ts";

let local: Local;
let account: string;
/** Answers "one", or "two"; and with its variables, as JSON, at /environment. */
let one: object;
let two: object;
/** Ends as it starts. */
let broken: object;

const says = (text: string) => `(request, response) => {
  if (request.url === "/environment") return response.end(JSON.stringify(process.env));
  if (request.url === "/arguments") return response.end(JSON.stringify([...process.execArgv.slice(-1), ...process.argv.slice(2)]));
  setTimeout(() => response.end("${text}"), 20);
}`;

beforeAll(async () => {
  local = await startLocal();
  account = await local.account("runner");
  one = await upload(local, "one.tar.gz", archive(says("one")));
  two = await upload(local, "two.tar.gz", archive(says("two")));
  broken = await upload(
    local,
    "broken.tar.gz",
    archive("() => {}", 'console.error("no such luck"); process.exit(3);'),
  );
});
afterAll(() => local.google.close());

const body = (source: object = one, request: Parameters<typeof serviceBody>[2] = {}) =>
  serviceBody(account, source, request);
const open = (request: Parameters<typeof serviceBody>[2] = {}) => ({
  ...request,
  service: { invokerIamDisabled: true, ...request.service },
});
const textAt = async (uri: string, path = "/") => (await fetch(uri + path)).text();

describe("a service", () => {
  it("is answered as it was asked for, with what Cloud Run fills in and the revision that serves", async () => {
    const { operation, service } = await create(local, "hello", body(one, open()));
    expect(operation.body).toMatchObject({
      name: expect.stringContaining(`${PARENT}/operations/`),
      done: true,
    });
    expect(operation.body.error).toBeUndefined();
    const name = `${PARENT}/services/hello`;
    const revision = expect.stringMatching(new RegExp(`^${name}/revisions/hello-00001-[a-z]{3}$`));
    expect(service.body).toEqual({
      name,
      uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
      generation: "1",
      observedGeneration: "1",
      createTime: expect.any(String),
      updateTime: expect.any(String),
      creator: "owner",
      lastModifier: "owner",
      etag: expect.any(String),
      ingress: "INGRESS_TRAFFIC_ALL",
      invokerIamDisabled: true,
      launchStage: "GA",
      traffic: [{ type: "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", percent: 100 }],
      trafficStatuses: [{ type: "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", percent: 100 }],
      latestReadyRevision: revision,
      latestCreatedRevision: revision,
      terminalCondition: {
        type: "Ready",
        state: "CONDITION_SUCCEEDED",
        lastTransitionTime: expect.any(String),
      },
      conditions: ["RoutesReady", "ConfigurationsReady"].map((type) => ({
        type,
        state: "CONDITION_SUCCEEDED",
        lastTransitionTime: expect.any(String),
      })),
      uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      urls: [service.body.uri],
      template: {
        serviceAccount: account,
        timeout: "300s",
        maxInstanceRequestConcurrency: 80,
        scaling: { maxInstanceCount: 100 },
        containers: [
          {
            image: "scratch",
            baseImageUri: "europe-west1-docker.pkg.dev/serverless-runtimes/google-24-full/runtimes/nodejs24",
            command: ["node"],
            args: ["index.js"],
            sourceCode: { cloudStorageSource: one },
            ports: [{ name: "http1", containerPort: 8080 }],
            resources: {
              limits: { cpu: "1000m", memory: "512Mi" },
              cpuIdle: true,
              startupCpuBoost: true,
            },
            startupProbe: {
              timeoutSeconds: 240,
              periodSeconds: 240,
              failureThreshold: 1,
              tcpSocket: { port: 8080 },
            },
          },
        ],
      },
    });
    expect(await textAt(service.body.uri)).toBe("one");
  });

  it("sees its own variables and secrets, and nothing of this process's", async () => {
    const secrets = `/v1/projects/${PROJECT}/secrets`;
    await local.call("POST", `${secrets}?secretId=word`, { replication: { automatic: {} } });
    const data = Buffer.from("sesame").toString("base64");
    await local.call("POST", `${secrets}/word:addVersion`, { payload: { data } });
    await local.grant(`${secrets}/word`, "roles/secretmanager.secretAccessor", `serviceAccount:${account}`);
    const env = [
      { name: "OWN", value: "mine" },
      { name: "EMPTY" },
      { name: "WORD", valueSource: { secretKeyRef: { secret: "word", version: "1" } } },
      {
        name: "FULL",
        valueSource: { secretKeyRef: { secret: `projects/${PROJECT}/secrets/word`, version: "latest" } },
      },
    ];
    const container = { env, args: ["--max-old-space-size=300", "index.js", "receive"] };
    const { service } = await create(local, "sees", body(one, open({ container })));
    expect(JSON.parse(await textAt(service.body.uri, "/environment"))).toEqual({
      OWN: "mine",
      EMPTY: "",
      WORD: "sesame",
      FULL: "sesame",
      PATH: process.env["PATH"],
      PORT: "8080",
      K_SERVICE: "sees",
      K_REVISION: expect.stringMatching(/^sees-00001-/),
      K_CONFIGURATION: "sees",
      GCE_METADATA_HOST: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      CLOUD_TASKS_ENDPOINT: local.google.url,
      CLOUD_KMS_ENDPOINT: local.google.url,
      CLOUD_STORAGE_ENDPOINT: local.google.url,
    });
    const given = JSON.parse(await textAt(service.body.uri, "/arguments"));
    expect(given).toEqual(["--max-old-space-size=300", "receive"]);
    expect(service.body.template.containers[0].env).toEqual(env);
  });

  it("is found by the last argument of its process, and started again after it was ended", async () => {
    const container = { args: ["index.js", "mortal"] };
    const { service } = await create(local, "ended", body(one, open({ container })));
    for (const signal of ["SIGKILL", "SIGTERM"] satisfies EndSignal[]) {
      expect(await local.google.kill("mortal", signal)).toHaveLength(1);
      expect(await textAt(service.body.uri)).toBe("one");
    }
  });

  it("takes its revisions, its policy and its address with it when it is deleted", async () => {
    const { service } = await create(local, "gone", body());
    const path = `/v2/${service.body.name}`;
    await local.grant(path, "roles/run.invoker", "allUsers");
    expect(await textAt(service.body.uri)).toBe("one");
    expect(local.google.leftovers()).toContain(`Cloud Run service ${service.body.name}`);
    expect((await local.finish("v2", await local.call("DELETE", path))).body.error).toBeUndefined();
    expect((await local.call("GET", path)).status).toBe(404);
    expect((await local.call("GET", `${path}:getIamPolicy`)).status).toBe(404);
    await expect(fetch(service.body.uri)).rejects.toThrow();
    expect((await local.call("DELETE", path)).status).toBe(404);
    const again = await create(local, "gone", body());
    expect((await fetch(again.service.body.uri)).status).toBe(403);
  });
});

describe("the check of who calls", () => {
  it("is on unless it is disabled, and on again when a change leaves that out", async () => {
    const { service } = await create(local, "private", body());
    const status = async () => (await fetch(service.body.uri)).status;
    expect(service.body.invokerIamDisabled).toBeUndefined();
    expect(await status()).toBe(403);
    await patch(local, "private", body(one, open()));
    expect(await status()).toBe(200);
    await patch(local, "private", body());
    expect(await status()).toBe(403);
    await local.grant(`/v2/${service.body.name}`, "roles/run.invoker", "allUsers");
    expect(await status()).toBe(200);
  });

  it("comes after the ingress, which a disabled check opens to nobody", async () => {
    const internal = open({ service: { ingress: "INGRESS_TRAFFIC_INTERNAL_ONLY" } });
    const { service } = await create(local, "inner", body(one, internal));
    expect((await fetch(service.body.uri)).status).toBe(404);
    const balanced = open({ service: { ingress: "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER" } });
    const changed = await patch(local, "inner", body(one, balanced));
    expect(changed.service.body).toMatchObject({
      ingress: "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
      latestCreatedRevision: service.body.latestCreatedRevision,
    });
    expect((await fetch(service.body.uri)).status).toBe(404);
    const balancer = await local.google.startLoadBalancer("inner");
    expect(await textAt(balancer.url)).toBe("one");
    await balancer.close();
  });
});

describe("an update", () => {
  it("puts another revision behind the same address, loses no request, and ends the old process", async () => {
    const { service } = await create(local, "moves", body(one, open()));
    const { uri } = service.body;
    const started = fetch(uri).then((response) => response.text());
    const updating = patch(local, "moves", body(two, open()));
    const seen: string[] = [];
    do seen.push(await textAt(uri));
    while (seen.at(-1) === "one");
    const { operation, service: updated } = await updating;
    expect(operation.body.error).toBeUndefined();
    expect(await started).toBe("one");
    expect(new Set(seen)).toEqual(new Set(["one", "two"]));
    expect(updated.body).toMatchObject({ uri, generation: "2", observedGeneration: "2" });
    expect(updated.body.latestReadyRevision).toMatch(/moves-00002-/);
    const ended = (event: string) =>
      local.notices.filter(
        (notice) => notice.kind === "instance" && notice.function === "moves" && notice.event === event,
      ).length;
    await expect.poll(() => ended("stopped")).toBe(1);
    expect(ended("started")).toBe(2);
  });

  it("replaces the service as a whole without a mask, and with one only what it names", async () => {
    const labelled = open({ service: { labels: { team: "a" }, description: "Answers" } });
    await create(local, "whole", body(one, labelled));
    const masked = await patch(local, "whole", { labels: { team: "b" } }, "?updateMask=labels");
    expect(masked.service.body).toMatchObject({ labels: { team: "b" }, description: "Answers" });
    const { service } = await patch(local, "whole", body(one, open()));
    expect([service.body.labels, service.body.description]).toEqual([undefined, undefined]);
  });

  it("makes a revision only for another template, or where it is forced to", async () => {
    const { service } = await create(local, "same", body(one, open()));
    const first = service.body.latestCreatedRevision;
    // As the provider sends it: with everything that was read back.
    const { template, traffic } = service.body;
    const whole = { template, traffic, invokerIamDisabled: true };
    const other = await patch(local, "same", { ...whole, scaling: { maxInstanceCount: 3 } });
    expect(other.service.body).toMatchObject({ generation: "2", latestCreatedRevision: first });
    const forced = await patch(local, "same", whole, "?forceNewRevision=true");
    expect(forced.service.body.latestCreatedRevision).toMatch(/same-00002-/);
    const timeout = await patch(local, "same", body(one, open({ template: { timeout: "10s" } })));
    expect(timeout.service.body.latestReadyRevision).toMatch(/same-00003-/);
  });

  it("reads another generation of the object, also under the same name", async () => {
    const first = await upload(local, "again.tar.gz", archive(says("first")));
    const { service } = await create(local, "again", body(first, open()));
    const second = await upload(local, "again.tar.gz", archive(says("second")));
    await patch(local, "again", body(second, open()));
    expect(await textAt(service.body.uri)).toBe("second");
  });

  it("sends the traffic back to a former revision, and leaves it there until it is told otherwise", async () => {
    const { service } = await create(local, "pinned", body(one, open()));
    const former = service.body.latestReadyRevision.split("/").at(-1);
    const traffic = [{ type: "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", revision: former, percent: 100 }];
    await patch(local, "pinned", body(two, open()));
    expect(await textAt(service.body.uri)).toBe("two");
    const pinned = open({ service: { traffic } });
    expect((await patch(local, "pinned", body(two, pinned))).service.body.traffic).toEqual(traffic);
    expect(await textAt(service.body.uri)).toBe("one");
    await patch(local, "pinned", body(two, { ...pinned, template: { timeout: "10s" } }));
    expect(await textAt(service.body.uri)).toBe("one");
    await patch(local, "pinned", body(two, open({ template: { timeout: "10s" } })));
    expect(await textAt(service.body.uri)).toBe("two");
    const unknown = { ...traffic[0], revision: "pinned-00009-abc" };
    const refused = await patch(local, "pinned", body(two, open({ service: { traffic: [unknown] } })));
    expect(refused.operation).toMatchObject({ status: 400 });
  });
});

describe("a revision that does not come up", () => {
  it("leaves a new service without an address, and its operation failed by the real words", async () => {
    const { operation, service } = await create(local, "stillborn", body(broken, open()));
    const message =
      /^Revision 'stillborn-00001-[a-z]{3}' is not ready and cannot serve traffic\. The user-provided container failed to start and listen on the port defined provided by the PORT=8080 environment variable within the allocated timeout\..*no such luck/s;
    expect(operation.body).toMatchObject({
      done: true,
      error: { code: 9, message: expect.stringMatching(message) },
    });
    expect(service.body).toMatchObject({
      terminalCondition: {
        type: "Ready",
        state: "CONDITION_FAILED",
        revisionReason: "HEALTH_CHECK_CONTAINER_ERROR",
        message: operation.body.error.message,
      },
      latestCreatedRevision: expect.stringContaining("/revisions/stillborn-00001-"),
    });
    for (const key of ["uri", "urls", "latestReadyRevision", "observedGeneration", "ingress"]) {
      expect(service.body).not.toHaveProperty(key);
    }
    const conflict = await local.call("POST", `/v2/${PARENT}/services?serviceId=stillborn`, body());
    expect(conflict.status).toBe(409);
    const repaired = await patch(local, "stillborn", body(one, open()));
    expect(repaired.service.body.terminalCondition.state).toBe("CONDITION_SUCCEEDED");
    expect(await textAt(repaired.service.body.uri)).toBe("one");
  });

  it("leaves the former one serving, while the service answers the new template", async () => {
    const { service } = await create(local, "survives", body(one, open()));
    const { operation, service: failed } = await patch(local, "survives", body(broken, open()));
    expect(operation.body.error.code).toBe(9);
    expect(await textAt(service.body.uri)).toBe("one");
    expect(failed.body).toMatchObject({
      generation: "2",
      observedGeneration: "1",
      uri: service.body.uri,
      ingress: "INGRESS_TRAFFIC_ALL",
      latestReadyRevision: service.body.latestReadyRevision,
      latestCreatedRevision: expect.stringContaining("survives-00002-"),
      terminalCondition: { state: "CONDITION_FAILED" },
    });
    expect(failed.body.template.containers[0].sourceCode.cloudStorageSource).toEqual(broken);
    // The same template is not tried again.
    const again = await patch(local, "survives", body(broken, open()));
    expect(again.operation.body.error.code).toBe(9);
    expect(again.service.body.latestCreatedRevision).toBe(failed.body.latestCreatedRevision);
    const repaired = await patch(local, "survives", body(two, open()));
    expect(repaired.operation.body.error).toBeUndefined();
    expect(await textAt(service.body.uri)).toBe("two");
  });

  it.each([
    [
      "does not answer its startup probe well",
      { startupProbe: { httpGet: { path: "/health" }, periodSeconds: 1, failureThreshold: 2 } },
      "failed the configured startup probe checks",
    ],
    ["listens on no port", { args: ["quiet.js"] }, "failed to start and listen on the port"],
  ])("counts one as failed that %s", async (_case, container, words) => {
    const source = await upload(
      local,
      "unwell.tar.gz",
      tarGz({
        "index.js":
          'require("node:http").createServer((_, response) => { response.statusCode = 503; response.end(); }).listen(process.env.PORT);',
        "quiet.js": "process.exitCode = 0;",
      }),
    );
    const id = `unwell-${"args" in container ? "quiet" : "probe"}`;
    const { operation } = await create(local, id, body(source, open({ container })));
    expect(operation.body.error).toMatchObject({ code: 9, message: expect.stringContaining(words) });
  });

  it("counts one as started that answers its startup probe in the end", async () => {
    const source = await upload(
      local,
      "slow.tar.gz",
      archive(
        "(_, response) => { response.statusCode = ++asked < 2 ? 503 : 200; response.end(); }",
        "let asked = 0;",
      ),
    );
    const container = {
      startupProbe: { httpGet: { path: "/health" }, periodSeconds: 1, failureThreshold: 2 },
    };
    const { operation } = await create(local, "slow", body(source, open({ container })));
    expect(operation.body.error).toBeUndefined();
  });

  it.each([
    ["is not there", { bucket: BUCKET, object: "missing.tar.gz" }, /was not found/],
    ["has another generation", { bucket: BUCKET, object: "one.tar.gz", generation: "1" }, /was not found/],
  ])("fails where its source %s", async (_case, source, message) => {
    const id = `lacks-${Math.random().toString(36).slice(2, 8)}`;
    const { operation, service } = await create(local, id, body(source));
    expect(operation.body.error).toMatchObject({ code: 9, message: expect.stringMatching(message) });
    expect(service.body.terminalCondition).toMatchObject({ state: "CONDITION_FAILED" });
  });

  it.each([
    ["is not compressed", Buffer.from("hello"), /not compressed with gzip/],
    ["is something else that is compressed", gzipSync("hello"), /not a tar archive, or is damaged/],
    ["reaches out of its folder", tarGz({ "../outside.js": "" }), /a file outside/],
  ])("fails where its archive %s", async (_case, content, message) => {
    const source = await upload(local, "damaged.tar.gz", content);
    const id = `damaged-${Math.random().toString(36).slice(2, 8)}`;
    const { operation } = await create(local, id, body(source));
    expect(operation.body.error).toMatchObject({ code: 9, message: expect.stringMatching(message) });
  });

  it("fails by the real words where its account may not read a secret", async () => {
    const secrets = `/v1/projects/${PROJECT}/secrets`;
    await local.call("POST", `${secrets}?secretId=closed`, { replication: { automatic: {} } });
    const reference = { secretKeyRef: { secret: "closed", version: "1" } };
    const env = [
      { name: "OTHER", value: "x" },
      { name: "WORD", valueSource: reference },
    ];
    const { operation, service } = await create(local, "unread", body(one, { container: { env } }));
    expect(operation.body.error).toMatchObject({
      code: 13,
      message: expect.stringContaining(
        `spec.template.spec.containers[0].env[1].value_from.secret_key_ref.name: Permission denied on secret: projects/${local.google.projectNumber}/secrets/closed/versions/1 for Revision service account ${account}.`,
      ),
    });
    expect(service.body.terminalCondition.reason).toBe("SECRETS_ACCESS_CHECK_FAILED");
  });
});

describe("a request is refused", () => {
  const container = (given: object) => ({ container: given });
  const template = (given: object) => ({ template: given });
  const service = (given: object) => ({ service: given });
  const limits = (given: object) => container({ resources: { limits: given } });
  const env = (...given: object[]) => container({ env: given });

  it.each<[string, Parameters<typeof serviceBody>[2], string]>([
    ["for no container", template({ containers: [] }), "template.containers"],
    ["for an image of its own", container({ image: "gcr.io/p/image" }), "containers[0].image"],
    ["for a base image that is none", container({ baseImageUri: "node:24" }), "containers[0].baseImageUri"],
    ["for another command", container({ command: ["python"] }), "containers[0].command"],
    [
      "for source without an object",
      container({ sourceCode: { cloudStorageSource: { bucket: "b" } } }),
      "cloudStorageSource.object",
    ],
    [
      "for memory without a unit that there is",
      limits({ memory: "256MB", cpu: "1" }),
      "resources.limits.memory",
    ],
    ["for too little memory", limits({ memory: "64Mi", cpu: "1" }), "resources.limits.memory"],
    ["for three CPUs", limits({ memory: "2Gi", cpu: "3" }), "resources.limits.cpu"],
    ["for four CPUs with little memory", limits({ memory: "1Gi", cpu: "4" }), "resources.limits.cpu"],
    [
      "for more than 1000 requests at a time",
      template({ maxInstanceRequestConcurrency: 1001 }),
      "maxInstanceRequestConcurrency",
    ],
    [
      "for many requests at a time on a part of a CPU",
      { ...limits({ memory: "512Mi", cpu: "0.5" }), ...template({ maxInstanceRequestConcurrency: 2 }) },
      "maxInstanceRequestConcurrency",
    ],
    ["for a timeout over an hour", template({ timeout: "3601s" }), "template.timeout"],
    ["for a timeout without its unit", template({ timeout: "10" }), "template.timeout"],
    [
      "for fewer instances at most than at least",
      service({ scaling: { minInstanceCount: 2, maxInstanceCount: 1 } }),
      "minInstanceCount",
    ],
    ["for no instance at most", template({ scaling: { maxInstanceCount: 0 } }), "maxInstanceCount"],
    ["for another ingress", service({ ingress: "ALLOW_ALL" }), "ingress"],
    ["for a long description", service({ description: "x".repeat(513) }), "description"],
    ["for labels in capitals", service({ labels: { Team: "a" } }), "labels.Team"],
    [
      "for split traffic",
      service({ traffic: [{ type: "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", percent: 50 }] }),
      "traffic",
    ],
    ["for a name that no variable has", env({ name: "1ST", value: "x" }), "env[0].name"],
    [
      "for a variable that is there twice",
      env({ name: "A", value: "1" }, { name: "A", value: "2" }),
      "containers[0].env",
    ],
    [
      "for a variable with a value and a secret",
      env({ name: "A", value: "1", valueSource: { secretKeyRef: { secret: "word", version: "1" } } }),
      "env[0].value",
    ],
    [
      "for a secret of another project",
      env({ name: "A", valueSource: { secretKeyRef: { secret: "projects/other/secrets/word" } } }),
      "secretKeyRef.secret",
    ],
    [
      "for a version that is none",
      env({ name: "A", valueSource: { secretKeyRef: { secret: "word", version: "newest" } } }),
      "secretKeyRef.version",
    ],
    ["for variables over 32 KiB", env({ name: "A", value: "x".repeat(33_000) }), "containers[0].env"],
    ["for a probe without a way to ask", container({ startupProbe: { periodSeconds: 5 } }), "startupProbe"],
    [
      "for a probe that waits longer than its period",
      container({ startupProbe: { tcpSocket: {}, timeoutSeconds: 11 } }),
      "startupProbe.timeoutSeconds",
    ],
  ])("%s", async (_case, request, field) => {
    const path = `/v2/${PARENT}/services?serviceId=refused`;
    const { status, body: answer } = await local.call("POST", path, body(one, request));
    expect([status, answer.error.status]).toEqual([400, "INVALID_ARGUMENT"]);
    expect(answer.error.message).toContain(field);
    expect((await read(local, "refused")).status).toBe(404);
  });

  it.each([
    [
      "PORT",
      env({ name: "A", value: "x" }, { name: "PORT", value: "8080" }),
      "template.containers[0].env: The following reserved env names were provided: PORT. These values are automatically set by the system.",
    ],
    [
      "two ports",
      container({ ports: [{ containerPort: 1 }, { containerPort: 2 }] }),
      "Violation in CreateServiceRequest.service.template.containers[0].ports: ports should contain 0 or 1 port.",
    ],
  ])("for %s by the real words", async (_case, request, message) => {
    const path = `/v2/${PARENT}/services?serviceId=refused`;
    const { body: answer } = await local.call("POST", path, body(one, request));
    expect(answer.error).toMatchObject({ code: 400, message });
  });

  it.each(["", "Hello", "1hello", "hello-", "x".repeat(50)])("for the id %j", async (id) => {
    expect((await create(local, id, body())).operation.status).toBe(400);
  });

  it("for an account that does not exist, and for a place that is not a region", async () => {
    const nobody = `nobody@${PROJECT}.iam.gserviceaccount.com`;
    const { operation } = await create(local, "refused", body(one, template({ serviceAccount: nobody })));
    expect(operation.body.error.message).toContain("template.serviceAccount");
    const path = `/v2/projects/${PROJECT}/locations/atlantis/services?serviceId=refused`;
    expect((await local.call("POST", path, body())).status).toBe(400);
  });

  it("to a caller without each of the rights that a deployment needs", async () => {
    const { email, call } = await accountThatCalls(local, "deployer");
    const path = `/v2/${PARENT}/services`;
    const attempt = async () => {
      const answer = await call("POST", `${path}?serviceId=rights`, body());
      return answer.status === 403 ? answer.body.error.message : answer;
    };
    const member = `serviceAccount:${email}`;
    const bucket = `/storage/v1/b/${BUCKET}/iam`;
    expect(await attempt()).toContain("run.services.create");
    await local.grant(`/v1/projects/${PROJECT}`, "roles/run.developer", member);
    expect(await attempt()).toContain("iam.serviceAccounts.actAs");
    const runner = `/v1/projects/${PROJECT}/serviceAccounts/${account}`;
    await local.grant(runner, "roles/iam.serviceAccountUser", member);
    expect(await attempt()).toContain("storage.objects.get");
    const policy = (await local.call("GET", bucket)).body;
    const bindings = [...policy.bindings, { role: "roles/storage.objectViewer", members: [member] }];
    await local.call("PUT", bucket, { ...policy, bindings });
    const made = await attempt();
    expect(made.status).toBe(200);
    const operation = async () => (await call("GET", `/v2/${made.body.name}`)).body;
    await local.google.ended(made.body.name);
    expect(await operation()).toMatchObject({ done: true, response: { creator: email } });
    expect((await call("GET", `${path}/rights`)).status).toBe(200);
    expect((await call("DELETE", `${path}/rights`)).status).toBe(200);
  });

  it("on an API that is not enabled", async () => {
    const bare = await startLocal(["storage.googleapis.com"]);
    const { operation } = await create(bare, "refused", body());
    await bare.google.close();
    expect(operation.body.error.details[0]).toMatchObject({
      reason: "SERVICE_DISABLED",
      metadata: { service: "run.googleapis.com" },
    });
  });
});
