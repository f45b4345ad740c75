import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PartialCreateError, ProviderError } from "../../../../sandbox/deploy/handler.ts";
import { generated } from "../../google/kms/generated.ts";
import { type Local, REGION, startLocal } from "../../google/local.ts";
import { driverOf } from "./driver.ts";

const QUEUE = "gcp:cloudtasks/queue:Queue";

let local: Local;
beforeAll(async () => {
  local = await startLocal();
});
afterAll(() => local.google.close());

/** Refuses the calls that a test picks, a number of times, and counts them. */
function refuse(count: number, status: number, picked: (method: string, path: string) => boolean) {
  const refused: string[] = [];
  local.google.faults.refuse = (method, path) => {
    if (!picked(method, path) || refused.length >= count) return undefined;
    refused.push(`${method} ${path}`);
    return { status, message: "Not now" };
  };
  return refused;
}

describe.each([429, 500, 502, 503])("a %d", (status) => {
  it("is tried again without a word", async () => {
    const driver = driverOf(local, { retryPauses: [1, 1] });
    const refused = refuse(2, status, (method) => method === "POST");
    const state = await driver.create(QUEUE, `patient-${status}`, { location: REGION });
    expect(refused).toHaveLength(2);
    expect(await driver.read(QUEUE, state)).toEqual(state);
  });

  it("that does not end is reported after the last try", async () => {
    const driver = driverOf(local, { retryPauses: [1, 1] });
    const refused = refuse(Number.POSITIVE_INFINITY, status, (method) => method === "POST");
    const creation = driver.create(QUEUE, `refused-${status}`, { location: REGION });
    await expect(creation).rejects.toThrow(`${status}: Not now`);
    expect(refused).toHaveLength(3);
  });
});

it.each([400, 403, 409])("a %d is reported at once", async (status) => {
  const driver = driverOf(local, { retryPauses: [1, 1] });
  const refused = refuse(Number.POSITIVE_INFINITY, status, (method) => method === "POST");
  const creation = driver.create(QUEUE, "denied", { location: REGION });
  await expect(creation).rejects.toBeInstanceOf(ProviderError);
  await expect(creation).rejects.not.toBeInstanceOf(PartialCreateError);
  expect(refused).toHaveLength(1);
});

it("what was made before a refusal stays in the state, as it is or as it was asked for", async () => {
  const driver = driverOf(local);
  const inputs = { location: REGION, name: "half-made", desiredState: "PAUSED" };
  refuse(1, 403, (_method, path) => path.endsWith(":pause"));
  const half = await driver.create(QUEUE, "half", inputs).catch((error: unknown) => error);
  expect(half).toBeInstanceOf(PartialCreateError);
  expect(half).toMatchObject({ state: { outputs: { name: "half-made", state: "RUNNING" } } });

  refuse(Number.POSITIVE_INFINITY, 403, (method) => method === "GET");
  const unseen = await driver
    .create(QUEUE, "unseen", { ...inputs, name: "unseen" })
    .catch((error: unknown) => error);
  expect(unseen).toMatchObject({ state: { outputs: { name: "unseen", desiredState: "PAUSED" } } });
});

it("a refused look is an error, never taken for a deletion by hand", async () => {
  const driver = driverOf(local);
  local.google.faults.refuse = undefined;
  const state = await driver.create(QUEUE, "looked-at", { location: REGION });
  refuse(1, 403, (method) => method === "GET");
  await expect(driver.read(QUEUE, state)).rejects.toThrow("403: Not now");
  expect(await driver.read(QUEUE, state)).toEqual(state);
});

it("a key version whose destruction is refused counts as deleted, and is still there", async () => {
  const driver = driverOf(local);
  local.google.faults.refuse = undefined;
  const type = "gcp:kms/cryptoKeyVersion:CryptoKeyVersion";
  const ring = await driver.create("gcp:kms/keyRing:KeyRing", "ring", { location: REGION });
  const key = await driver.create("gcp:kms/cryptoKey:CryptoKey", "key", {
    keyRing: ring.id,
    purpose: "ASYMMETRIC_SIGN",
    versionTemplate: { algorithm: "RSA_SIGN_PKCS1_2048_SHA256" },
    skipInitialVersionCreation: true,
  });
  const version = await driver.create(type, "version", { cryptoKey: key.id });
  await generated(local, key.id);
  refuse(1, 403, (_method, path) => path.endsWith(":destroy"));
  await driver.delete(type, version);
  const seen = await driver.read(type, version);
  expect(seen?.outputs["state"]).not.toBe("DESTROY_SCHEDULED");
  await driver.delete(type, version);
  expect((await driver.read(type, version))?.outputs["state"]).toBe("DESTROY_SCHEDULED");
});
