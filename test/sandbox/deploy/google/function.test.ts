import { afterAll, beforeAll, expect, it } from "vitest";
import {
  PartialCreateError,
  type Properties,
  type ResourceState,
} from "../../../../sandbox/deploy/handler.ts";
import { source, upload } from "../../google/functions/deployed.ts";
import { archive, type Local, PROJECT, REGION, startLocal } from "../../google/local.ts";
import { type Driver, driverOf } from "./driver.ts";

const TYPE = "gcp:cloudfunctionsv2/function:Function";
const MEMBER = "gcp:cloudrunv2/serviceIamMember:ServiceIamMember";

let local: Local;
let driver: Driver;
let builder: string;

beforeAll(async () => {
  local = await startLocal();
  driver = driverOf(local);
  builder = await local.account("builder", "roles/cloudbuild.builds.builder");
  await upload(local, "one.zip", archive(source("(request, response) => response.send('one')")));
  await upload(local, "two.zip", archive(source("(request, response) => response.send('two')")));
});
afterAll(() => local.google.close());

function inputsOf(name: string, object = "one.zip", service: Properties = {}): Properties {
  return {
    name,
    location: REGION,
    description: "Answers",
    labels: { team: "a" },
    buildConfig: {
      runtime: "nodejs24",
      entryPoint: "main",
      source: { storageSource: { bucket: "function-source", object } },
      serviceAccount: `projects/${PROJECT}/serviceAccounts/${builder}`,
    },
    serviceConfig: {
      availableMemory: "256Mi",
      timeoutSeconds: 30,
      environmentVariables: { GREETING: "hello" },
      ...service,
    },
  };
}

/** With what says which source it is, as it is read back. */
function withHash(inputs: Properties, hash: string): Properties {
  const buildConfig = { ...Object(inputs["buildConfig"]), environmentVariables: { HASH: hash } };
  return { ...inputs, buildConfig };
}

async function textOf(state: ResourceState): Promise<string> {
  const { id } = state;
  await local.grant(`/v2/${id.replace("/functions/", "/services/")}`, "roles/run.invoker", "allUsers");
  return (await fetch(String(state.outputs["url"]))).text();
}

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

const patches = () =>
  local.notices.filter((notice) => notice.kind === "request" && notice.method === "PATCH").length;

it("a function is made, takes new code and settings, is seen when changed by hand, and goes with its members", async () => {
  const inputs = inputsOf("hello");
  const made = await driver.create(TYPE, "hello", inputs);
  expect(made.outputs).toMatchObject({ ...inputs, state: "ACTIVE", url: expect.stringContaining("http") });
  expect(await driver.read(TYPE, made)).toEqual(made);
  expect(driver.diff(TYPE, made, inputs, inputs).changed).toEqual([]);
  const member = await driver.create(MEMBER, "all", {
    name: "hello",
    role: "roles/run.invoker",
    member: "allUsers",
  });
  expect(await driver.read(MEMBER, member)).toEqual(member);
  const url = String(made.outputs["url"]);
  expect(await (await fetch(url)).text()).toBe("one");

  const changed = inputsOf("hello", "two.zip", { timeoutSeconds: 40 });
  const { changed: differences, replaces } = driver.diff(TYPE, made, inputs, changed);
  expect(differences).toEqual(["buildConfig.source.storageSource.object", "serviceConfig.timeoutSeconds"]);
  expect(replaces).toEqual([]);
  const updated = await driver.update(TYPE, made, changed);
  expect(updated.id).toBe(made.id);
  expect(updated.outputs).toMatchObject({ ...changed, url });
  expect(await (await fetch(url)).text()).toBe("two");

  const path = `/v2/${made.id}?updateMask=serviceConfig.environmentVariables`;
  const byHand = { serviceConfig: { environmentVariables: { GREETING: "by hand" } } };
  await local.finish("v2", await local.call("PATCH", path, byHand));
  const seen = await present(updated);
  expect(driver.diff(TYPE, seen, changed, changed).changed).toEqual(["serviceConfig.environmentVariables"]);
  const fixed = await driver.update(TYPE, seen, changed);
  expect(driver.diff(TYPE, fixed, changed, changed).changed).toEqual([]);

  for (const other of [{ location: "europe-west2" }, { name: "other" }]) {
    const difference = driver.diff(TYPE, fixed, changed, { ...changed, ...other });
    expect(difference.replaces).toEqual(Object.keys(other));
  }
  await driver.delete(TYPE, fixed);
  expect(await driver.read(TYPE, fixed)).toBeUndefined();
  expect(await driver.read(MEMBER, member)).toBeUndefined();
  await driver.delete(MEMBER, member);
  await driver.delete(TYPE, fixed);
});

it("what was deleted by hand is gone at the next look", async () => {
  const made = await driver.create(TYPE, "gone", inputsOf("gone"));
  await local.finish("v2", await local.call("DELETE", `/v2/${made.id}`));
  expect(await driver.read(TYPE, made)).toBeUndefined();
});

it("a function whose build failed is left in the state, and the next update finds nothing to do", async () => {
  local.google.faults.failBuilds = 1;
  const inputs = inputsOf("broken");
  const error = await failure(driver.create(TYPE, "broken", inputs));
  expect(error.message).toContain(
    "The operation failed: Build failed: The build fails because a fault is switched on.",
  );
  expect(error.state.outputs).toMatchObject({ ...inputs, state: "FAILED", url: "" });

  expect(driver.diff(TYPE, error.state, inputs, inputs).changed).toEqual([]);
  const before = patches();
  const green = await driver.update(TYPE, error.state, inputs);
  expect(patches()).toBe(before);
  expect(green.outputs).toMatchObject({ state: "FAILED", url: "" });

  // Only a change, or a replacement, makes Google build it again.
  const fixed = await driver.update(TYPE, green, inputsOf("broken", "two.zip"));
  expect(fixed.outputs).toMatchObject({ state: "ACTIVE", url: expect.stringContaining("http") });
  await driver.delete(TYPE, fixed);
});

it("after an update that failed the next one only looks, and then what is read back differs, but never the source", async () => {
  const inputs = withHash(inputsOf("stubborn"), "1");
  const made = await driver.create(TYPE, "stubborn", inputs);
  const changed = withHash(inputsOf("stubborn", "two.zip", { timeoutSeconds: 40 }), "2");
  local.google.faults.failBuilds = 1;
  const error = await failure(driver.update(TYPE, made, changed));
  expect(error.state.outputs["buildConfig"]).toEqual(changed["buildConfig"]);

  const before = patches();
  const green = await driver.update(TYPE, error.state, changed);
  expect(patches()).toBe(before);
  const differences = ["buildConfig.environmentVariables", "serviceConfig.timeoutSeconds"];
  expect(driver.diff(TYPE, green, changed, changed).changed).toEqual(differences);
  // A refresh shows the same at once.
  expect(driver.diff(TYPE, await present(error.state), changed, changed).changed).toEqual(differences);

  const fixed = await driver.update(TYPE, green, changed);
  expect(patches()).toBe(before + 1);
  expect(driver.diff(TYPE, fixed, changed, changed).changed).toEqual([]);
  expect(await textOf(fixed)).toBe("two");
  await driver.delete(TYPE, fixed);
});

it("after an update of nothing but the source that failed, the old code stays and nothing shows it", async () => {
  const made = await driver.create(TYPE, "stale", inputsOf("stale"));
  const changed = inputsOf("stale", "two.zip");
  local.google.faults.failBuilds = 1;
  const error = await failure(driver.update(TYPE, made, changed));
  for (const state of [await driver.update(TYPE, error.state, changed), await present(error.state)]) {
    expect(driver.diff(TYPE, state, changed, changed).changed).toEqual([]);
    expect(state.outputs).toMatchObject({ state: "ACTIVE", buildConfig: changed["buildConfig"] });
    expect(await textOf(state)).toBe("one");
  }
  await driver.delete(TYPE, made);
});

it("a refused request leaves nothing, and is not a partial failure", async () => {
  const refusal = driver.create(
    TYPE,
    "refused",
    inputsOf("refused", "one.zip", { availableMemory: "256MB" }),
  );
  await expect(refusal).rejects.toThrow(/400: .*availableMemory/);
  await expect(refusal).rejects.not.toBeInstanceOf(PartialCreateError);
});
