import { afterAll, beforeAll, expect, it } from "vitest";
import { bodyOf } from "../../../../sandbox/deploy/google/run-service-body.ts";
import {
  PartialCreateError,
  type Properties,
  type ResourceState,
} from "../../../../sandbox/deploy/handler.ts";
import { type Local, REGION, startLocal } from "../../google/local.ts";
import { archive, upload } from "../../google/run/deployed.ts";
import { type Driver, driverOf } from "./driver.ts";

const TYPE = "gcp:cloudrunv2/service:Service";
const MEMBER = "gcp:cloudrunv2/serviceIamMember:ServiceIamMember";
const LATEST = { type: "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", percent: 100 };

let local: Local;
let driver: Driver;
let account: string;
let one: Properties;
let two: Properties;
let broken: Properties;

beforeAll(async () => {
  local = await startLocal();
  driver = driverOf(local);
  account = await local.account("runner");
  const place = async (name: string, handler: string, before?: string) => ({
    ...(await upload(local, `${name}.tar.gz`, archive(handler, before))),
  });
  one = await place("one", '(_, response) => response.end("one")');
  two = await place("two", '(_, response) => response.end("two")');
  broken = await place("broken", "() => {}", "process.exit(3);");
});
afterAll(() => local.google.close());

/** As the program declares a service. */
function inputsOf(name: string, source: Properties = one, more: Properties = {}): Properties {
  return {
    name,
    location: REGION,
    description: "Answers",
    ingress: "INGRESS_TRAFFIC_ALL",
    invokerIamDisabled: true,
    launchStage: "BETA",
    deletionProtection: false,
    scaling: { minInstanceCount: 0, maxInstanceCount: 10 },
    traffics: [LATEST],
    labels: { team: "a" },
    template: {
      serviceAccount: account,
      timeout: "10s",
      maxInstanceRequestConcurrency: 80,
      containers: [
        {
          image: "scratch",
          baseImageUri: `${REGION}-docker.pkg.dev/serverless-runtimes/google-24-full/runtimes/nodejs24`,
          commands: ["node"],
          args: ["index.js", "receive"],
          sourceCode: { cloudStorageSource: source },
          envs: [
            { name: "GREETING", value: "hello" },
            { name: "EMPTY", value: "" },
          ],
          resources: { limits: { cpu: "1", memory: "512Mi" }, cpuIdle: true, startupCpuBoost: true },
          startupProbe: {
            tcpSocket: { port: 8080 },
            timeoutSeconds: 240,
            periodSeconds: 240,
            failureThreshold: 1,
          },
        },
      ],
    },
    ...more,
  };
}

/** The inputs with other fields of the template. */
function withTemplate(inputs: Properties, fields: Properties): Properties {
  return { ...inputs, template: { ...Object(inputs["template"]), ...fields } };
}

/** The inputs without some that the API fills in. */
function without(inputs: Properties, ...keys: readonly string[]): Properties {
  return Object.fromEntries(Object.entries(inputs).filter(([key]) => !keys.includes(key)));
}

const textOf = async (state: ResourceState) => (await fetch(String(state.outputs["uri"]))).text();

/** The error with the state that a failed call leaves. */
async function failure(work: Promise<unknown>): Promise<PartialCreateError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof PartialCreateError)) throw new Error(`No partial failure: ${String(error)}`);
  return error;
}

async function present(state: ResourceState): Promise<ResourceState> {
  const seen = await driver.read(TYPE, state);
  if (seen === undefined) throw new Error("It is gone");
  return seen;
}

const calls = (method: string) =>
  local.notices.filter((notice) => notice.kind === "request" && notice.method === method).length;

it("makes a service, changes its code and settings, sees changes by hand, and unmakes it with its members", async () => {
  const inputs = inputsOf("hello");
  const made = await driver.create(TYPE, "hello", inputs);
  const { id, outputs } = made;
  expect(id).toBe(`projects/signin-test/locations/${REGION}/services/hello`);
  expect(outputs).toMatchObject({
    ...inputs,
    uri: expect.stringContaining("http"),
    urls: [outputs["uri"]],
    generation: "1",
    observedGeneration: "1",
    reconciling: false,
    terminalConditions: [{ type: "Ready", state: "CONDITION_SUCCEEDED", message: "" }],
    latestReadyRevision: expect.stringContaining("/revisions/hello-00001-"),
    latestCreatedRevision: outputs["latestReadyRevision"],
    effectiveLabels: { team: "a", "goog-pulumi-provisioned": "true" },
  });
  expect(await driver.read(TYPE, made)).toEqual(made);
  expect(driver.diff(TYPE, made, inputs, inputs).changed).toEqual([]);
  expect(await textOf(made)).toBe("one");
  const member = await driver.create(MEMBER, "all", {
    name: "hello",
    role: "roles/run.invoker",
    member: "allUsers",
  });

  const changed = withTemplate(inputsOf("hello", two, { invokerIamDisabled: false }), { timeout: "20s" });
  const { changed: differences, replaces } = driver.diff(TYPE, made, inputs, changed);
  expect(differences).toEqual(["invokerIamDisabled", "template.timeout", "template.containers"]);
  expect(replaces).toEqual([]);
  const updated = await driver.update(TYPE, made, changed);
  expect(updated.outputs).toMatchObject({ ...changed, uri: outputs["uri"] });
  expect(await textOf(updated)).toBe("two");

  const byHand = { invokerIamDisabled: true, ingress: "INGRESS_TRAFFIC_INTERNAL_ONLY" };
  const mask = "?updateMask=invokerIamDisabled,ingress";
  await local.finish("v2", await local.call("PATCH", `/v2/${id}${mask}`, byHand));
  const seen = await present(updated);
  expect(driver.diff(TYPE, seen, changed, changed).changed).toEqual(["ingress", "invokerIamDisabled"]);
  const repaired = await driver.update(TYPE, seen, changed);
  expect(driver.diff(TYPE, repaired, changed, changed).changed).toEqual([]);

  for (const other of [{ location: "europe-west2" }, { name: "other" }]) {
    const difference = driver.diff(TYPE, repaired, changed, { ...changed, ...other });
    expect(difference.replaces).toEqual(Object.keys(other));
  }
  await driver.delete(TYPE, repaired);
  expect(await driver.read(TYPE, repaired)).toBeUndefined();
  expect(await driver.read(MEMBER, member)).toBeUndefined();
  await driver.delete(TYPE, repaired);
});

it("keeps a service whose revision failed, and finds nothing to do until the template is another", async () => {
  const inputs = inputsOf("broken", broken);
  const error = await failure(driver.create(TYPE, "broken", inputs));
  expect(error.message).toContain("is not ready and cannot serve traffic");
  expect(error.state.outputs).toMatchObject({
    uri: "",
    latestReadyRevision: "",
    terminalConditions: [{ state: "CONDITION_FAILED", revisionReason: "HEALTH_CHECK_CONTAINER_ERROR" }],
  });
  expect(driver.diff(TYPE, error.state, inputs, inputs).changed).toEqual([]);
  const before = calls("PATCH");
  const green = await driver.update(TYPE, error.state, inputs);
  expect(calls("PATCH")).toBe(before);
  expect(green.outputs).toMatchObject({ uri: "", terminalConditions: [{ state: "CONDITION_FAILED" }] });
  const repaired = await driver.update(TYPE, green, inputsOf("broken", two));
  expect(await textOf(repaired)).toBe("two");
  await driver.delete(TYPE, repaired);
});

it("reads a service as declared after an update whose revision failed, and only the revisions show it", async () => {
  const made = await driver.create(TYPE, "stale", inputsOf("stale"));
  const changed = inputsOf("stale", broken);
  const error = await failure(driver.update(TYPE, made, changed));
  const before = calls("PATCH");
  const green = await driver.update(TYPE, error.state, changed);
  expect(calls("PATCH")).toBe(before);
  for (const state of [green, await present(error.state)]) {
    expect(driver.diff(TYPE, state, changed, changed).changed).toEqual([]);
    const { outputs } = state;
    expect(outputs).toMatchObject({ terminalConditions: [{ state: "CONDITION_FAILED" }] });
    expect(outputs["latestReadyRevision"]).toBe(made.outputs["latestReadyRevision"]);
    expect(outputs["latestCreatedRevision"]).not.toBe(outputs["latestReadyRevision"]);
    expect(await textOf(state)).toBe("one");
  }
  const repaired = await driver.update(TYPE, green, inputsOf("stale", two));
  expect(await textOf(repaired)).toBe("two");
  await driver.delete(TYPE, repaired);
});

it("sees traffic that was pinned by hand only where the program declares it, and else sends the pin back", async () => {
  const declared = inputsOf("pinned");
  const made = await driver.create(TYPE, "pinned", declared);
  const revision = String(made.outputs["latestReadyRevision"]).split("/").at(-1) ?? "";
  const pin = { type: "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", revision, percent: 100 };
  const body = { traffic: [pin] };
  await local.finish("v2", await local.call("PATCH", `/v2/${made.id}?updateMask=traffic`, body));
  const seen = await present(made);
  expect(driver.diff(TYPE, seen, declared, declared).changed).toEqual(["traffics"]);

  const silent = without(inputsOf("pinned", two), "traffics", "scaling");
  expect(driver.diff(TYPE, seen, silent, silent).changed).toEqual(["template.containers"]);
  const updated = await driver.update(TYPE, seen, silent);
  expect(updated.outputs["traffics"]).toEqual([pin]);
  expect(await textOf(updated)).toBe("one");

  const repaired = await driver.update(TYPE, updated, inputsOf("pinned", two));
  expect(await textOf(repaired)).toBe("two");
  await driver.delete(TYPE, repaired);
});

it("refuses to unmake a service that is protected, which each is unless the program says otherwise", async () => {
  const made = await driver.create(TYPE, "kept", without(inputsOf("kept"), "deletionProtection"));
  expect(made.outputs["deletionProtection"]).toBe(true);
  await expect(driver.delete(TYPE, made)).rejects.toThrow(/deletionProtection: set it to false/);
  const freed = await driver.update(TYPE, made, inputsOf("kept"));
  await driver.delete(TYPE, freed);
});

it("leaves nothing of a refused request, which is not a partial failure", async () => {
  const inputs = withTemplate(inputsOf("refused"), { maxInstanceRequestConcurrency: 2000 });
  const refusal = driver.create(TYPE, "refused", inputs);
  await expect(refusal).rejects.toThrow(/400: .*maxInstanceRequestConcurrency/);
  await expect(refusal).rejects.not.toBeInstanceOf(PartialCreateError);
});

it("finds a service that was deleted by hand gone, and names one that has no name, in lower case", async () => {
  const made = await driver.create(TYPE, "Receive", without(inputsOf(""), "name"));
  expect(made.outputs["name"]).toMatch(/^receive-[0-9a-f]{7}$/);
  await local.finish("v2", await local.call("DELETE", `/v2/${made.id}`));
  expect(await driver.read(TYPE, made)).toBeUndefined();
});

it("sends what is set, under the API's names, and what the API filled in as the state has it", () => {
  const probe = { tcpSocket: { port: 8080 }, periodSeconds: 5 };
  const wanted = {
    description: "",
    invokerIamDisabled: false,
    scaling: { minInstanceCount: 0, maxInstanceCount: 1 },
    template: {
      containers: [
        { image: "scratch", commands: ["node"], envs: [{ name: "A", value: "" }], startupProbe: probe },
      ],
    },
  };
  const held = {
    ingress: "INGRESS_TRAFFIC_ALL",
    traffics: [LATEST],
    scaling: { minInstanceCount: 1 },
    template: {
      timeout: "300s",
      containers: [{ ports: { name: "http1", containerPort: 8080 }, args: ["gone"] }],
    },
  };
  expect(bodyOf(wanted, held)).toEqual({
    ingress: "INGRESS_TRAFFIC_ALL",
    scaling: { maxInstanceCount: 1 },
    traffic: [LATEST],
    template: {
      timeout: "300s",
      containers: [
        {
          image: "scratch",
          command: ["node"],
          env: [{ name: "A" }],
          ports: [{ name: "http1", containerPort: 8080 }],
          startupProbe: { ...probe, httpGet: null, grpc: null },
        },
      ],
    },
  });
});
