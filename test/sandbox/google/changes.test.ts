import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Local, PARENT, PROJECT, startLocal } from "./local.ts";

const ALGORITHM = "RSA_SIGN_PKCS1_2048_SHA256";
const RING = `${PARENT}/keyRings/ring`;
const KEY = `${RING}/cryptoKeys/key`;
const ACCOUNT = `projects/${PROJECT}/serviceAccounts/worker@${PROJECT}.iam.gserviceaccount.com`;

let local: Local;
beforeAll(async () => {
  local = await startLocal();
  await local.account("worker");
  await local.call("POST", `/v1/projects/${PROJECT}/secrets?secretId=word`, {
    replication: { automatic: {} },
    labels: { team: "a" },
    annotations: { why: "a test" },
  });
  await local.call("POST", `/storage/v1/b?project=${PROJECT}`, {
    name: "the-bucket",
    location: "EU",
    labels: { team: "a", stage: "test" },
    iamConfiguration: { uniformBucketLevelAccess: { enabled: true }, publicAccessPrevention: "enforced" },
  });
  await local.call("POST", `/v1/${PARENT}/keyRings?keyRingId=ring`);
  await local.call("POST", `/v1/${RING}/cryptoKeys?cryptoKeyId=key`, {
    purpose: "ASYMMETRIC_SIGN",
    versionTemplate: { algorithm: ALGORITHM },
  });
  await local.call("POST", `/v2/${PARENT}/queues`, {
    name: `${PARENT}/queues/queue`,
    retryConfig: { maxAttempts: 5, minBackoff: "2s" },
    rateLimits: { maxDispatchesPerSecond: 1 },
  });
  const repository = { format: "DOCKER", description: "Images", labels: { team: "a" } };
  await local.finish(
    "v1",
    await local.call("POST", `/v1/${PARENT}/repositories?repository_id=images`, repository),
  );
});
afterAll(() => local.google.close());

describe("a change takes what its mask names, and nothing else", () => {
  it.each<[string, string, object, object]>([
    [
      "a queue",
      `/v2/${PARENT}/queues/queue?updateMask=retryConfig.maxAttempts`,
      { retryConfig: { maxAttempts: 7, minBackoff: "9s" }, rateLimits: { maxDispatchesPerSecond: 9 } },
      {
        retryConfig: expect.objectContaining({ maxAttempts: 7, minBackoff: "2s" }),
        rateLimits: expect.objectContaining({ maxDispatchesPerSecond: 1 }),
      },
    ],
    [
      "a field of a queue that the request does not have falls back",
      `/v2/${PARENT}/queues/queue?updateMask=rateLimits`,
      {},
      { rateLimits: expect.objectContaining({ maxDispatchesPerSecond: 500 }) },
    ],
    [
      "a secret",
      `/v1/projects/${PROJECT}/secrets/word?updateMask=labels`,
      { labels: { team: "b" }, annotations: { why: "another" } },
      { labels: { team: "b" }, annotations: { why: "a test" } },
    ],
    [
      "a key",
      `/v1/${KEY}?updateMask=versionTemplate.algorithm`,
      { versionTemplate: { algorithm: "RSA_SIGN_PKCS1_3072_SHA256" }, labels: { team: "b" } },
      {
        versionTemplate: { algorithm: "RSA_SIGN_PKCS1_3072_SHA256", protectionLevel: "SOFTWARE" },
        labels: {},
      },
    ],
    [
      "a repository",
      `/v1/${PARENT}/repositories/images?updateMask=description`,
      { labels: {} },
      { labels: { team: "a" }, format: "DOCKER" },
    ],
    [
      "an account, whose mask is in the body",
      `/v1/${ACCOUNT}`,
      { serviceAccount: { displayName: "Worker", description: "Works" }, updateMask: "displayName" },
      { displayName: "Worker", name: ACCOUNT },
    ],
  ])("%s", async (_case, path, body, expected) => {
    const { pathname } = new URL(path, local.google.url);
    const changed = await local.call("PATCH", path, body);
    expect(changed.status).toBe(200);
    expect(changed.body).toEqual(expect.objectContaining(expected));
    expect((await local.call("GET", pathname)).body).toEqual(changed.body);
    if (path.includes("images")) expect(changed.body.description).toBeUndefined();
    if (path.includes("worker")) expect(changed.body.description).toBeUndefined();
  });
});

describe("refused", () => {
  it.each<[string, string, object, RegExp]>([
    [
      "an unknown field in the mask",
      `/v2/${PARENT}/queues/queue?updateMask=state`,
      {},
      /"state" can't be changed/,
    ],
    ["a mask of what is for ever", `/v1/${KEY}?updateMask=purpose`, {}, /"purpose" can't be changed/],
    ["no mask for a key", `/v1/${KEY}`, { labels: {} }, /updateMask: is required/],
    [
      "no mask for a secret",
      `/v1/projects/${PROJECT}/secrets/word`,
      { labels: {} },
      /updateMask: is required/,
    ],
    [
      "a label in capitals",
      `/v1/projects/${PROJECT}/secrets/word?updateMask=labels`,
      { labels: { A: "1" } },
      /labels.A/,
    ],
    [
      "another place for a bucket",
      "/storage/v1/b/the-bucket",
      { location: "US" },
      /location: can't be changed/,
    ],
    [
      "an unknown algorithm",
      `/v1/${KEY}?updateMask=versionTemplate`,
      { versionTemplate: { algorithm: "ROT13" } },
      /"ROT13" is not one of/,
    ],
    [
      "a long name of an account",
      `/v1/${ACCOUNT}`,
      { serviceAccount: { displayName: "a".repeat(101) }, updateMask: "displayName" },
      /over 100 characters/,
    ],
    [
      "a share of logged operations above all",
      `/v2/${PARENT}/queues/queue?updateMask=stackdriverLoggingConfig`,
      { stackdriverLoggingConfig: { samplingRatio: 2 } },
      /samplingRatio: must be from 0 to 1/,
    ],
  ])("%s", async (_case, path, body, message) => {
    const answer = await local.call("PATCH", path, body);
    expect(answer.body.error).toMatchObject({ code: 400, message: expect.stringMatching(message) });
  });
});

it("a bucket's change is merged, and what is null in it goes", async () => {
  const { body } = await local.call("PATCH", "/storage/v1/b/the-bucket", {
    labels: { stage: null, cost: "low" },
    iamConfiguration: { publicAccessPrevention: "inherited" },
    versioning: { enabled: true },
  });
  expect(body).toMatchObject({
    labels: { team: "a", cost: "low" },
    iamConfiguration: { uniformBucketLevelAccess: { enabled: true }, publicAccessPrevention: "inherited" },
    versioning: { enabled: true },
    metageneration: "2",
  });
  expect(body.labels).not.toHaveProperty("stage");
});

it("an object under a hold can't be deleted until the hold is taken away", async () => {
  const object = "/storage/v1/b/the-bucket/o/held.txt";
  await local.call("POST", "/upload/storage/v1/b/the-bucket/o?uploadType=media&name=held.txt", {});
  const { generation } = (await local.call("GET", object)).body;
  const held = await local.call("PATCH", object, { temporaryHold: true, generation: "1" });
  expect(held.body).toMatchObject({ temporaryHold: true, generation });
  expect((await local.call("DELETE", object)).status).toBe(403);
  await local.call("PATCH", object, { temporaryHold: null });
  expect((await local.call("DELETE", object)).status).toBe(204);
});

it("a key version is disabled and enabled again, and signs only while it is enabled", async () => {
  await local.call("POST", `/v1/${KEY}/cryptoKeyVersions`, {});
  const version = `/v1/${KEY}/cryptoKeyVersions/1`;
  await expect.poll(async () => (await local.call("GET", version)).body.state).toBe("ENABLED");
  const sign = () =>
    local.call("POST", `${version}:asymmetricSign`, {
      digest: { sha256: Buffer.alloc(32).toString("base64") },
    });
  const switched = (state: string) => local.call("PATCH", `${version}?updateMask=state`, { state });
  expect((await switched("DISABLED")).body.state).toBe("DISABLED");
  expect((await sign()).body.error.message).toContain("current state is: DISABLED");
  expect((await switched("ENABLED")).body.state).toBe("ENABLED");
  expect((await sign()).status).toBe(200);
  expect((await switched("DESTROYED")).status).toBe(400);
  await local.call("POST", `${version}:destroy`, {});
  expect((await switched("ENABLED")).body.error.status).toBe("FAILED_PRECONDITION");
});

it("an account is disabled and enabled again", async () => {
  const state = async () => (await local.call("GET", `/v1/${ACCOUNT}`)).body.disabled;
  expect(await state()).toBeUndefined();
  await local.call("POST", `/v1/${ACCOUNT}:disable`, {});
  expect(await state()).toBe(true);
  await local.call("POST", `/v1/${ACCOUNT}:enable`, {});
  expect(await state()).toBeUndefined();
});

it("secrets are listed, and one with a time to live says when it expires", async () => {
  const path = `/v1/projects/${PROJECT}/secrets`;
  await local.call("POST", `${path}?secretId=passing`, { replication: { automatic: {} }, ttl: "3600s" });
  const { body } = await local.call("GET", path);
  const names = body.secrets.map(({ name }: { name: string }) => name.split("/").at(-1));
  expect(names).toEqual(["word", "passing"]);
  expect(Date.parse(body.secrets[1].expireTime)).toBeGreaterThan(Date.parse(body.secrets[1].createTime));
  expect(body.secrets[1].ttl).toBeUndefined();
});
