import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Properties, ProviderError } from "../../../../sandbox/deploy/handler.ts";
import { generated } from "../../google/kms/generated.ts";
import { type Local, localForTest, PARENT, PROJECT, REGION, startLocal } from "../../google/local.ts";
import { type Driver, driverOf } from "./driver.ts";

let local: Local;
let driver: Driver;

beforeAll(async () => {
  local = await startLocal();
  driver = driverOf(local);
});
afterAll(() => local.google.close());

const create = (type: string, name: string, inputs: Properties) => driver.create(type, name, inputs);

const QUEUE = "gcp:cloudtasks/queue:Queue";
const QUEUE_MEMBER = "gcp:cloudtasks/queueIamMember:QueueIamMember";
const ACCOUNT = "gcp:serviceaccount/account:Account";

describe("a name that the program leaves out", () => {
  it.each<[string, Properties, string, RegExp]>([
    [QUEUE, { location: REGION }, "name", /^thing-[0-9a-f]{7}$/],
    [ACCOUNT, {}, "accountId", /^thing-[0-9a-f]{7}$/],
    ["gcp:secretmanager/secret:Secret", { replication: { auto: {} } }, "secretId", /^thing-[0-9a-f]{7}$/],
    ["gcp:storage/bucket:Bucket", { location: "EU" }, "name", /^thing-[0-9a-f]{7}$/],
    ["gcp:kms/keyRing:KeyRing", { location: REGION }, "name", /^thing-[0-9a-f]{7}$/],
  ])("%s is made from the resource's", async (type, inputs, key, form) => {
    const { outputs } = await create(type, "thing", inputs);
    expect(outputs[key]).toMatch(form);
  });

  it("keeps its case, and Google may then refuse it", async () => {
    await expect(create("gcp:storage/bucket:Bucket", "fetchJwks", { location: "EU" })).rejects.toThrow(
      /name/,
    );
  });

  it("of an account must fit into 30 characters with its suffix", async () => {
    await expect(create(ACCOUNT, "a".repeat(23), {})).rejects.toThrow(/accountId .* passes 30 characters/);
    expect((await create(ACCOUNT, "a".repeat(22), {})).outputs["accountId"]).toHaveLength(30);
  });

  it("of a queue's or a service's member names nothing that is there", async () => {
    const inputs = { role: "roles/cloudtasks.enqueuer", member: "allUsers" };
    await expect(create(QUEUE_MEMBER, "forgot", inputs)).rejects.toThrow(/queues\/forgot-[0-9a-f]{7}/);
    const service = "gcp:cloudrunv2/serviceIamMember:ServiceIamMember";
    await expect(
      create(service, "forgot", { role: "roles/run.invoker", member: "allUsers" }),
    ).rejects.toThrow(/services\/forgot-[0-9a-f]{7}/);
  });
});

it("a file that is not there is reported when it is to be uploaded", async () => {
  const source = { "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", path: "none.zip" };
  const refusal = create("gcp:storage/bucketObject:BucketObject", "thing", { bucket: "b", source });
  await expect(refusal).rejects.toBeInstanceOf(ProviderError);
  await expect(refusal).rejects.toThrow(/can't be read: none.zip/);
});

it("a refusal by Google is reported with the call, its status and its reason", async () => {
  const refusal = create(QUEUE, "thing", { location: REGION, retryConfig: { minBackoff: "soon" } });
  await expect(refusal).rejects.toBeInstanceOf(ProviderError);
  await expect(refusal).rejects.toThrow(
    `POST /v2/${PARENT}/queues: 400: Invalid value for retryConfig.minBackoff`,
  );
});

it("members of one policy that are made and unmade at once all come to hold, and all go", async () => {
  const queue = await create(QUEUE, "shared", { location: REGION });
  const members = await Promise.all(
    Array.from({ length: 8 }, async (_, index) => {
      const account = await create(ACCOUNT, `member-${index}`, {});
      return create(QUEUE_MEMBER, "member", {
        name: queue.outputs["name"] ?? "",
        role: index % 2 === 0 ? "roles/cloudtasks.enqueuer" : "roles/cloudtasks.viewer",
        member: account.outputs["member"] ?? "",
      });
    }),
  );
  const policy = () => local.call("POST", `/v2/${queue.id}:getIamPolicy`);
  const counts = (await policy()).body.bindings.map(
    ({ members: held }: { members: string[] }) => held.length,
  );
  expect(counts).toEqual([4, 4]);
  const [last, ...others] = members;
  await Promise.all(others.map((member) => driver.delete(QUEUE_MEMBER, member)));
  expect((await policy()).body.bindings).toEqual([
    { role: "roles/cloudtasks.enqueuer", members: [last?.outputs["member"]] },
  ]);
  if (last) await driver.delete(QUEUE_MEMBER, last);
  expect((await policy()).body.bindings).toEqual([]);
});

it("a change of a policy that another made meanwhile is begun anew", async () => {
  const queue = await create(QUEUE, "contended", { location: REGION });
  const name = queue.outputs["name"] ?? "";
  const roles = ["roles/cloudtasks.enqueuer", "roles/cloudtasks.viewer", "roles/cloudtasks.taskDeleter"];
  // Each provider has a lock of its own.
  await Promise.all(
    roles.map((role) => driverOf(local).create(QUEUE_MEMBER, "member", { name, role, member: "allUsers" })),
  );
  const { body } = await local.call("POST", `/v2/${queue.id}:getIamPolicy`);
  expect(body.bindings.map(({ role }: { role: string }) => role).sort()).toEqual([...roles].sort());
});

it("a bucket with objects is deleted only by force", async () => {
  const type = "gcp:storage/bucket:Bucket";
  for (const forceDestroy of [false, true]) {
    const bucket = await create(type, "bucket", { location: "EU", forceDestroy });
    await create("gcp:storage/bucketObject:BucketObject", "object", { bucket: bucket.id, content: "text" });
    const deletion = driver.delete(type, bucket);
    await (forceDestroy
      ? expect(deletion).resolves.toBeUndefined()
      : expect(deletion).rejects.toThrow(/not empty/));
  }
});

it("what is gone already counts as deleted", async () => {
  const queue = await create(QUEUE, "gone", { location: REGION });
  const inputs = { name: queue.outputs["name"] ?? "", role: "roles/cloudtasks.viewer", member: "allUsers" };
  const member = await create(QUEUE_MEMBER, "member", inputs);
  await local.call("DELETE", `/v2/${queue.id}`);
  await driver.delete(QUEUE_MEMBER, member);
  await driver.delete(QUEUE, queue);
});

it("an API stays enabled when its resource goes, by default", async () => {
  const cloud = await localForTest([]);
  const type = "gcp:projects/service:Service";
  const service = driverOf(cloud);
  const state = async () =>
    (await cloud.call("GET", `/v1/projects/${PROJECT}/services/cloudtasks.googleapis.com`)).body.state;
  const inputs = { service: "cloudtasks.googleapis.com" };
  await service.delete(type, await service.create(type, "tasks", inputs));
  expect(await state()).toBe("ENABLED");
  await service.delete(type, await service.create(type, "tasks", { ...inputs, disableOnDestroy: true }));
  expect(await state()).toBe("DISABLED");
});

it("a key's versions end with it, and its ring's name is never free again", async () => {
  const ring = await create("gcp:kms/keyRing:KeyRing", "ring", { location: REGION, name: "for-ever" });
  const type = "gcp:kms/cryptoKey:CryptoKey";
  const versionTemplate = { algorithm: "RSA_SIGN_PKCS1_2048_SHA256" };
  const key = await create(type, "key", { keyRing: ring.id, purpose: "ASYMMETRIC_SIGN", versionTemplate });
  expect(local.google.leftovers().some((text) => text.includes("for-ever"))).toBe(true);
  await generated(local, key.id);
  await driver.delete(type, key);
  await driver.delete("gcp:kms/keyRing:KeyRing", ring);
  expect(local.google.leftovers().some((text) => text.includes("for-ever"))).toBe(false);
  await expect(
    create("gcp:kms/keyRing:KeyRing", "ring", { location: REGION, name: "for-ever" }),
  ).rejects.toThrow(/already exists/);
});
