import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Properties, ResourceState } from "../../../../sandbox/deploy/handler.ts";
import { generated } from "../../google/kms/generated.ts";
import { type Local, PROJECT, REGION, startLocal } from "../../google/local.ts";
import { type Driver, driverOf } from "./driver.ts";

let local: Local;
let driver: Driver;
/** What the resources under test stand on, made once. */
let base: { readonly bucket: string; readonly queue: string; readonly ring: string; readonly key: string };
let email: string;

const ALGORITHM = "RSA_SIGN_PKCS1_2048_SHA256";

beforeAll(async () => {
  local = await startLocal();
  driver = driverOf(local);
  email = await local.account("someone");
  const ring = await driver.create("gcp:kms/keyRing:KeyRing", "ring", { location: REGION, name: "ring" });
  const [bucket, queue, key, secret] = await Promise.all([
    driver.create("gcp:storage/bucket:Bucket", "b", { location: "EU", name: "the-bucket" }),
    driver.create("gcp:cloudtasks/queue:Queue", "q", { location: REGION, name: "the-queue" }),
    driver.create("gcp:kms/cryptoKey:CryptoKey", "k", {
      keyRing: ring.id,
      name: "the-key",
      purpose: "ASYMMETRIC_SIGN",
      versionTemplate: { algorithm: ALGORITHM },
      skipInitialVersionCreation: true,
    }),
    driver.create("gcp:secretmanager/secret:Secret", "s", {
      secretId: "the-secret",
      replication: { auto: {} },
    }),
    driver.create("gcp:pubsub/topic:Topic", "t", { name: "the-topic" }),
    driver.create("gcp:artifactregistry/repository:Repository", "r", {
      repositoryId: "the-repository",
      format: "DOCKER",
    }),
  ]);
  expect(secret.id).toBe(`projects/${PROJECT}/secrets/the-secret`);
  base = { bucket: bucket.id, queue: queue.id, ring: ring.id, key: key.id };
});
afterAll(() => local.google.close());

interface Case {
  readonly type: string;
  readonly inputs: () => Properties;
  /** A change that keeps the resource, and the calls that it makes. */
  readonly update?: { readonly inputs: Properties; readonly calls: readonly string[] };
  /** An input that only a new resource can have otherwise. */
  readonly replace: Properties;
  /** What someone does by hand, and what a refresh then shows as different. */
  readonly byHand?: {
    readonly act: (id: string) => readonly [string, string, object?];
    readonly shows: string;
  };
  /** The resource stays in Google Cloud: nothing is gone after a deletion. */
  readonly stays?: true;
}

const member = (target: () => Properties, role: string, replace: Properties): Omit<Case, "type"> => ({
  inputs: () => ({ ...target(), role, member: `serviceAccount:${email}` }),
  replace,
});

const cases: readonly Case[] = [
  {
    type: "gcp:projects/service:Service",
    inputs: () => ({ service: "monitoring.googleapis.com", disableOnDestroy: true }),
    update: {
      inputs: { disableDependentServices: true },
      calls: [],
    },
    replace: { service: "logging.googleapis.com" },
  },
  {
    type: "gcp:serviceaccount/account:Account",
    inputs: () => ({ accountId: "the-account", displayName: "The account", description: "" }),
    update: {
      inputs: { displayName: "Another name", description: "Said", disabled: true },
      calls: ["PATCH", "POST :disable"],
    },
    replace: { accountId: "other-account" },
    byHand: {
      act: (id) => [
        "PATCH",
        `/v1/${id}`,
        { serviceAccount: { displayName: "By hand" }, updateMask: "displayName" },
      ],
      shows: "displayName",
    },
  },
  {
    type: "gcp:storage/bucket:Bucket",
    inputs: () => ({
      location: REGION,
      name: "a-bucket",
      uniformBucketLevelAccess: true,
      publicAccessPrevention: "enforced",
      softDeletePolicy: { retentionDurationSeconds: 0 },
      lifecycleRules: [
        {
          action: { type: "Delete" },
          condition: { age: 30, matchesPrefixes: ["tmp/"], withState: "ARCHIVED" },
        },
      ],
      cors: [{ methods: ["GET"], origins: ["*"], maxAgeSeconds: 60 }],
      labels: { team: "a", stage: "test" },
      forceDestroy: true,
    }),
    update: {
      inputs: {
        labels: { team: "b" },
        versioning: { enabled: true },
        storageClass: "NEARLINE",
        lifecycleRules: [
          { action: { type: "Delete" }, condition: { numNewerVersions: 3, withState: "LIVE" } },
        ],
      },
      calls: ["PATCH"],
    },
    replace: { location: "EU" },
    byHand: {
      act: () => [
        "PATCH",
        "/storage/v1/b/a-bucket",
        { iamConfiguration: { publicAccessPrevention: "inherited" } },
      ],
      shows: "publicAccessPrevention",
    },
  },
  {
    type: "gcp:storage/bucketObject:BucketObject",
    inputs: () => ({ bucket: base.bucket, name: "a/b.txt", content: "text", contentType: "text/plain" }),
    update: { inputs: { content: "other text" }, calls: ["POST"] },
    replace: { contentType: "text/html" },
    byHand: {
      act: () => ["POST", `/upload/storage/v1/b/the-bucket/o?uploadType=media&name=a/b.txt`, { by: "hand" }],
      shows: "content",
    },
  },
  {
    type: "gcp:artifactregistry/repository:Repository",
    inputs: () => ({
      repositoryId: "images",
      format: "DOCKER",
      description: "Images",
      labels: { team: "a" },
      cleanupPolicies: [
        { id: "delete", action: "DELETE", condition: { olderThan: "86400s" } },
        { id: "keep", action: "KEEP", mostRecentVersions: { keepCount: 2 } },
      ],
    }),
    update: {
      inputs: {
        description: "Other images",
        cleanupPolicies: [{ id: "keep", action: "KEEP", mostRecentVersions: { keepCount: 3 } }],
      },
      calls: ["PATCH ?updateMask=description,cleanupPolicies"],
    },
    replace: { format: "NPM" },
    byHand: {
      act: (id) => ["PATCH", `/v1/${id}?updateMask=cleanupPolicies`, { cleanupPolicies: {} }],
      shows: "cleanupPolicies",
    },
  },
  {
    type: "gcp:kms/keyRing:KeyRing",
    inputs: () => ({ location: REGION, name: "another-ring" }),
    replace: { location: "global" },
    stays: true,
  },
  {
    type: "gcp:kms/cryptoKey:CryptoKey",
    inputs: () => ({
      keyRing: base.ring,
      name: "a-key",
      purpose: "ASYMMETRIC_SIGN",
      versionTemplate: { algorithm: ALGORITHM, protectionLevel: "SOFTWARE" },
      destroyScheduledDuration: "86400.0s",
      labels: { team: "a" },
    }),
    update: {
      inputs: { versionTemplate: { algorithm: "RSA_SIGN_PKCS1_3072_SHA256", protectionLevel: "SOFTWARE" } },
      calls: ["PATCH ?updateMask=versionTemplate"],
    },
    replace: { destroyScheduledDuration: "172800s" },
    byHand: {
      act: (id) => ["PATCH", `/v1/${id}?updateMask=labels`, { labels: { team: "hand" } }],
      shows: "labels",
    },
    stays: true,
  },
  {
    type: "gcp:kms/cryptoKeyVersion:CryptoKeyVersion",
    inputs: () => ({ cryptoKey: base.key }),
    replace: { cryptoKey: "projects/p/locations/l/keyRings/r/cryptoKeys/other" },
    stays: true,
  },
  {
    type: "gcp:secretmanager/secret:Secret",
    inputs: () => ({
      secretId: "a-secret",
      replication: { userManaged: { replicas: [{ location: REGION }] } },
      labels: { team: "a" },
      annotations: { why: "a test" },
    }),
    update: {
      inputs: { labels: { team: "b" }, versionDestroyTtl: "86400s" },
      calls: ["PATCH ?updateMask=versionDestroyTtl,labels"],
    },
    replace: { replication: { auto: {} } },
    byHand: {
      act: (id) => [
        "PATCH",
        `/v1/${id}?updateMask=labels`,
        { labels: { "goog-pulumi-provisioned": "true" } },
      ],
      shows: "labels",
    },
  },
  {
    type: "gcp:secretmanager/secretVersion:SecretVersion",
    inputs: () => ({ secret: `projects/${PROJECT}/secrets/the-secret`, secretData: "word", enabled: true }),
    update: { inputs: { enabled: false }, calls: ["POST :disable"] },
    replace: { secretData: "another word" },
    byHand: { act: (id) => ["POST", `/v1/${id}:disable`, {}], shows: "enabled" },
  },
  {
    type: "gcp:cloudtasks/queue:Queue",
    inputs: () => ({
      location: REGION,
      name: "a-queue",
      rateLimits: { maxDispatchesPerSecond: 500 / 60, maxConcurrentDispatches: 3 },
      retryConfig: { minBackoff: "0.1s", maxRetryDuration: "3600.0s", maxAttempts: 5 },
      httpTarget: {
        uriOverride: { scheme: "HTTP", host: "localhost", port: "8080", uriOverrideEnforceMode: "ALWAYS" },
        oidcToken: { serviceAccountEmail: email, audience: "https://here" },
      },
    }),
    update: {
      inputs: {
        rateLimits: { maxDispatchesPerSecond: 5, maxConcurrentDispatches: 3 },
        desiredState: "PAUSED",
      },
      calls: ["PATCH ?updateMask=rateLimits", "POST :pause"],
    },
    replace: { location: "europe-west2" },
    byHand: {
      act: (id) => [
        "PATCH",
        `/v2/${id}?updateMask=retryConfig.maxAttempts`,
        { retryConfig: { maxAttempts: 9 } },
      ],
      shows: "retryConfig.maxAttempts",
    },
  },
  {
    type: "gcp:cloudscheduler/job:Job",
    inputs: () => ({
      name: "a-job",
      description: "Reads on",
      schedule: "*/5 * * * *",
      attemptDeadline: "300.0s",
      retryConfig: { retryCount: 2, minBackoffDuration: "10.0s" },
      httpTarget: {
        uri: "http://localhost:8080",
        httpMethod: "POST",
        body: Buffer.from("{}").toString("base64"),
        headers: { "Content-Type": "application/json" },
        oidcToken: { serviceAccountEmail: email },
      },
    }),
    update: {
      inputs: { schedule: "*/10 * * * *", paused: true },
      calls: ["PATCH", "POST :pause"],
    },
    replace: { region: "europe-west2" },
    byHand: { act: (id) => ["PATCH", `/v1/${id}`, { schedule: "0 0 1 1 *" }], shows: "schedule" },
  },
  {
    type: "gcp:logging/projectSink:ProjectSink",
    inputs: () => ({
      name: "a-sink",
      destination: `bigquery.googleapis.com/projects/${PROJECT}/datasets/d`,
      filter: 'jsonPayload.event="a"',
      description: "Some entries",
      disabled: false,
      bigqueryOptions: { usePartitionedTables: true },
    }),
    update: {
      inputs: { filter: 'jsonPayload.event="b"', disabled: true },
      calls: ["PATCH ?updateMask=exclusions,filter,disabled"],
    },
    replace: { name: "other-sink" },
    byHand: {
      act: (id) => [
        "PATCH",
        `/v2/${id}?uniqueWriterIdentity=true&updateMask=disabled`,
        { destination: `bigquery.googleapis.com/projects/${PROJECT}/datasets/d`, disabled: true },
      ],
      shows: "disabled",
    },
  },
  {
    type: "gcp:bigquery/dataset:Dataset",
    inputs: () => ({
      datasetId: "a_dataset",
      location: REGION,
      description: "Records",
      defaultPartitionExpirationMs: 86_400_000,
      accesses: [
        { role: "OWNER", specialGroup: "projectOwners" },
        { role: "READER", specialGroup: "projectReaders" },
      ],
      labels: { team: "a" },
      deleteContentsOnDestroy: true,
    }),
    update: {
      inputs: { defaultPartitionExpirationMs: 172_800_000, labels: { team: "b" } },
      calls: ["PUT"],
    },
    replace: { location: "EU" },
    byHand: {
      act: (id) => [
        "PUT",
        `/bigquery/v2/${id}`,
        {
          datasetReference: { datasetId: "a_dataset" },
          access: [{ role: "OWNER", userByEmail: "hand@example.com" }],
        },
      ],
      shows: "accesses",
    },
  },
  {
    type: "gcp:pubsub/topic:Topic",
    inputs: () => ({
      name: "a-topic",
      messageRetentionDuration: "86400s",
      messageStoragePolicy: { allowedPersistenceRegions: [REGION] },
      labels: { team: "a" },
    }),
    update: {
      inputs: { messageRetentionDuration: "172800s", labels: { team: "b" } },
      calls: ["PATCH ?updateMask=messageRetentionDuration,labels"],
    },
    replace: { name: "other-topic" },
    byHand: {
      act: (id) => [
        "PATCH",
        `/v1/${id}?updateMask=messageRetentionDuration`,
        { topic: { messageRetentionDuration: "600s" } },
      ],
      shows: "messageRetentionDuration",
    },
  },
  {
    type: "gcp:projects/iAMMember:IAMMember",
    ...member(() => ({ project: PROJECT }), "roles/logging.logWriter", { role: "roles/run.invoker" }),
  },
  {
    type: "gcp:serviceaccount/iAMMember:IAMMember",
    ...member(
      () => ({ serviceAccountId: `projects/${PROJECT}/serviceAccounts/${email}` }),
      "roles/iam.serviceAccountUser",
      { member: "user:someone@example.com" },
    ),
  },
  {
    type: "gcp:storage/bucketIAMMember:BucketIAMMember",
    ...member(
      () => ({
        bucket: base.bucket,
        condition: {
          title: "some",
          expression: `resource.name.startsWith("projects/${PROJECT}/buckets/the-bucket/objects/a")`,
        },
      }),
      "roles/storage.objectViewer",
      { condition: { title: "other", expression: 'resource.name == "a"' } },
    ),
  },
  {
    type: "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
    ...member(() => ({ repository: "the-repository" }), "roles/artifactregistry.reader", {
      repository: "other",
    }),
  },
  {
    type: "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
    ...member(() => ({ cryptoKeyId: base.key }), "roles/cloudkms.signer", { role: "roles/cloudkms.viewer" }),
  },
  {
    type: "gcp:secretmanager/secretIamMember:SecretIamMember",
    ...member(() => ({ secretId: "the-secret" }), "roles/secretmanager.secretAccessor", {
      secretId: "other",
    }),
  },
  {
    type: "gcp:cloudtasks/queueIamMember:QueueIamMember",
    ...member(() => ({ name: "the-queue" }), "roles/cloudtasks.enqueuer", { location: "europe-west2" }),
  },
  {
    type: "gcp:pubsub/topicIAMMember:TopicIAMMember",
    ...member(() => ({ topic: "the-topic" }), "roles/pubsub.publisher", { topic: "other" }),
  },
];

/** A state without what goes on by itself: a key comes to be, a policy's tag is another after each change. */
function settled(state: ResourceState | undefined) {
  const { state: _state, generateTime: _time, etag: _etag, ...outputs } = state?.outputs ?? {};
  return { id: state?.id, outputs };
}

describe.each(cases)("$type", ({ type, inputs, update, replace, byHand, stays }) => {
  it("is made, seen, changed, seen otherwise, replaced where it must be, and unmade", async () => {
    const given = inputs();
    const checked = driver.checked(type, "thing", given);
    const made = await driver.create(type, "thing", given);
    // Every input is among the outputs, in the form in which it was given.
    expect(made.outputs).toMatchObject(checked);
    expect(settled(await driver.read(type, made))).toEqual(settled(made));
    expect(driver.diff(type, made, checked, checked).changed).toEqual([]);

    const replaced = driver.diff(type, made, checked, { ...checked, ...replace });
    expect(replaced.replaces).toEqual(replaced.changed);
    expect(replaced.changed).not.toEqual([]);

    let state = made;
    let now = checked;
    if (update) {
      now = { ...checked, ...update.inputs };
      const difference = driver.diff(type, made, checked, now);
      expect(difference.changed).not.toEqual([]);
      expect(difference.replaces).toEqual([]);
      const { result, calls } = await recording(() => driver.update(type, made, now));
      expect(calls).toEqual(update.calls);
      state = result;
      expect(state.id).toBe(made.id);
      expect(state.outputs).toMatchObject(update.inputs);
      if (now["labels"] !== undefined) {
        const all = { ...Object(now["labels"]), "goog-pulumi-provisioned": "true" };
        expect(state.outputs["effectiveLabels"]).toEqual(all);
      }
      expect(settled(await driver.read(type, state))).toEqual(settled(state));
      expect(driver.diff(type, state, now, now).changed).toEqual([]);
    } else {
      expect(driver.handler(type).update === undefined || type.includes("cryptoKeyVersion")).toBe(true);
    }

    if (byHand) {
      const [method, path, body] = byHand.act(made.id);
      // The first call may come to a state that the update left: back to what was made.
      const before = await driver.update(type, state, checked);
      expect((await local.call(method, path, body)).status).toBe(200);
      const seen = await driver.read(type, before);
      if (seen === undefined) throw new Error("It is gone");
      expect(driver.diff(type, seen, checked, checked).changed).toEqual(
        expect.arrayContaining([expect.stringContaining(byHand.shows)]),
      );
      state = await driver.update(type, seen, checked);
      expect(driver.diff(type, state, checked, checked).changed).toEqual([]);
    }

    if (type.endsWith("CryptoKey")) await generated(local, state.id);
    await driver.delete(type, state);
    if (!stays) expect(await driver.read(type, state)).toBeUndefined();
    // What is gone already counts as deleted; only a version says that it is destroyed, an API that it is not enabled, and
    // a sink that it is not there.
    if (stays || type.endsWith("SecretVersion")) return;
    const twice = driver.delete(type, state);
    if (type.endsWith("Service")) await expect(twice).rejects.toThrow(/is not enabled/);
    else if (type.endsWith("ProjectSink")) await expect(twice).rejects.toThrow(/404/);
    else await twice;
  });
});

/** Runs work, and answers what it wrote to the APIs: method, verb and update mask. */
async function recording<T>(work: () => Promise<T>): Promise<{ result: T; calls: readonly string[] }> {
  const fetched = vi.spyOn(globalThis, "fetch");
  const result = await work();
  const calls = fetched.mock.calls.map(([address, request]) => {
    const { pathname, searchParams } = new URL(String(address));
    const verb = /:[a-z]+$/i.exec(pathname);
    const mask = searchParams.get("updateMask");
    return `${request?.method ?? "GET"}${verb ? ` ${verb[0]}` : ""}${mask ? ` ?updateMask=${mask}` : ""}`;
  });
  fetched.mockRestore();
  return { result, calls: calls.filter((call) => call !== "GET") };
}

it.each([
  ["a queue", "gcp:cloudtasks/queue:Queue", { location: REGION }, (id: string) => `/v2/${id}`],
  [
    "a job",
    "gcp:cloudscheduler/job:Job",
    { schedule: "0 4 * * *", httpTarget: { uri: "http://localhost" } },
    (id: string) => `/v1/${id}`,
  ],
  ["an account", "gcp:serviceaccount/account:Account", {}, (id: string) => `/v1/${id}`],
  ["a bucket", "gcp:storage/bucket:Bucket", { location: "EU" }, (id: string) => `/storage/v1/b/${id}`],
  ["a secret", "gcp:secretmanager/secret:Secret", { replication: { auto: {} } }, (id: string) => `/v1/${id}`],
])("%s that someone deleted by hand is gone at the next look", async (_case, type, inputs, path) => {
  const state = await driver.create(type, "gone", inputs);
  await local.call("DELETE", path(state.id));
  expect(await driver.read(type, state)).toBeUndefined();
});

it("a member goes with the resource, and does not come back with another of its name", async () => {
  const type = "gcp:secretmanager/secret:Secret";
  const memberType = "gcp:secretmanager/secretIamMember:SecretIamMember";
  const secret = { secretId: "again", replication: { auto: {} } };
  const state = await driver.create(type, "s", secret);
  const role = "roles/secretmanager.secretAccessor";
  const bound = await driver.create(memberType, "m", { secretId: "again", role, member: "allUsers" });
  await local.call("DELETE", `/v1/${state.id}`);
  expect(await driver.read(memberType, bound)).toBeUndefined();
  await driver.create(type, "s", secret);
  expect(await driver.read(memberType, bound)).toBeUndefined();
});

it("a version that was destroyed by hand is gone", async () => {
  const type = "gcp:secretmanager/secretVersion:SecretVersion";
  const secret = `projects/${PROJECT}/secrets/the-secret`;
  const version = await driver.create(type, "v", { secret, secretData: "word" });
  await local.call("POST", `/v1/${version.id}:destroy`, {});
  expect(await driver.read(type, version)).toBeUndefined();
});

it("labels that others put on stay when the program's own change", async () => {
  const type = "gcp:secretmanager/secret:Secret";
  const inputs = { secretId: "labelled", replication: { auto: {} }, labels: { a: "1", b: "2" } };
  const made = await driver.create(type, "s", inputs);
  const labels = { a: "1", b: "2", "goog-pulumi-provisioned": "true", foreign: "yes" };
  await local.call("PATCH", `/v1/${made.id}?updateMask=labels`, { labels });
  const seen = await driver.read(type, made);
  expect(seen?.outputs["labels"]).toEqual(inputs.labels);
  if (seen) await driver.update(type, seen, { ...inputs, labels: { a: "3" } });
  const { body } = await local.call("GET", `/v1/${made.id}`);
  expect(body.labels).toEqual({ a: "3", "goog-pulumi-provisioned": "true", foreign: "yes" });
});

it("what the program no longer asks for is taken back; what the cloud fills in stays", async () => {
  const type = "gcp:cloudtasks/queue:Queue";
  const before = {
    location: REGION,
    name: "less",
    httpTarget: { oidcToken: { serviceAccountEmail: email } },
  };
  const made = await driver.create(type, "q", { ...before, retryConfig: { maxAttempts: 5 } });
  const { result, calls } = await recording(() =>
    driver.update(type, made, { location: REGION, name: "less" }),
  );
  expect(calls).toEqual(["PATCH ?updateMask=httpTarget"]);
  expect(result.outputs["httpTarget"]).toBeUndefined();
  expect(result.outputs["retryConfig"]).toMatchObject({ maxAttempts: 5 });
});

describe("a job", () => {
  const type = "gcp:cloudscheduler/job:Job";
  const inputs = (name: string): Properties => ({
    name,
    schedule: "0 4 * * *",
    httpTarget: { uri: "http://localhost:8080", oidcToken: { serviceAccountEmail: email }, body: "e30=" },
  });

  it("returns what it was given, in its form, with the defaults and its state", async () => {
    const made = await driver.create(type, "j", inputs("described"));
    expect(made).toEqual({
      id: `projects/${PROJECT}/locations/${REGION}/jobs/described`,
      outputs: {
        ...inputs("described"),
        project: PROJECT,
        region: REGION,
        timeZone: "Etc/UTC",
        attemptDeadline: "180s",
        paused: false,
        state: "ENABLED",
        deletionPolicy: "DELETE",
      },
    });
    expect(await driver.read(type, made)).toEqual(made);
  });

  it("that is paused by hand is seen where the program says that it runs, and runs again", async () => {
    const running = { ...inputs("by-hand"), paused: false };
    const made = await driver.create(type, "j", running);
    await local.call("POST", `/v1/${made.id}:pause`, {});
    const seen = await driver.read(type, made);
    if (seen === undefined) throw new Error("It is gone");
    expect(seen.outputs).toMatchObject({ paused: true, state: "PAUSED" });
    expect(driver.diff(type, seen, running, running).changed).toEqual(["paused"]);
    const { result, calls } = await recording(() => driver.update(type, seen, running));
    expect(calls).toEqual(["PATCH", "POST :resume"]);
    expect(result.outputs).toMatchObject({ paused: false, state: "ENABLED" });
  });

  it("that is made paused waits", async () => {
    const { result, calls } = await recording(() =>
      driver.create(type, "j", { ...inputs("waits"), paused: true }),
    );
    expect(calls).toEqual(["POST", "POST :pause"]);
    expect(result.outputs).toMatchObject({ paused: true, state: "PAUSED" });
  });

  it("whose target is changed by hand is seen so, and what was filled in is not", async () => {
    const made = await driver.create(type, "j", inputs("target"));
    const change = (httpTarget: object) => local.call("PATCH", `/v1/${made.id}`, { httpTarget });
    const changed = async () => {
      const seen = await driver.read(type, made);
      return seen && driver.diff(type, seen, inputs("target"), inputs("target")).changed;
    };
    const same = { uri: "http://localhost:8080/", httpMethod: "POST", body: "e30=", headers: {} };
    const oidcToken = { serviceAccountEmail: email };
    await change({ ...same, oidcToken });
    expect(await changed()).toEqual([]);
    await change({ ...same, oidcToken: { ...oidcToken, audience: "https://elsewhere.example" } });
    expect((await driver.read(type, made))?.outputs["httpTarget"]).toMatchObject({
      oidcToken: { audience: "https://elsewhere.example" },
    });
    await change({ ...same, oidcToken, uri: "http://localhost:8080/other" });
    expect(await changed()).toEqual(["httpTarget.uri"]);
    await change({ ...same, oidcToken, body: "" });
    expect(await changed()).toEqual(["httpTarget.body"]);
    await change({ ...same, oidcToken, headers: { "X-Own": "1" } });
    expect((await driver.read(type, made))?.outputs["httpTarget"]).toMatchObject({
      headers: { "X-Own": "1" },
    });
  });

  it("is found by only its id, as an import has it", async () => {
    const { id } = await driver.create(type, "j", { ...inputs("imported"), description: "Found" });
    const found = await driver.read(type, { id, outputs: {} });
    expect(found?.outputs).toMatchObject({
      name: "imported",
      project: PROJECT,
      region: REGION,
      description: "Found",
      httpTarget: { uri: "http://localhost:8080/", body: "e30=" },
    });
  });
});

it("the time at which a bucket was made is reported, and is the same after an update and a refresh", async () => {
  const type = "gcp:storage/bucket:Bucket";
  const inputs = { location: REGION, name: "dated", labels: { a: "1" } };
  const made = await driver.create(type, "b", inputs);
  const { timeCreated } = made.outputs;
  expect(new Date(String(timeCreated)).toISOString()).toBe(timeCreated);
  const updated = await driver.update(type, made, { ...inputs, labels: { a: "2" } });
  expect(updated.outputs["timeCreated"]).toBe(timeCreated);
  expect((await driver.read(type, updated))?.outputs["timeCreated"]).toBe(timeCreated);
});

it.each([
  ["PREVENT", /deletion policy PREVENT/],
  ["ABANDON", undefined],
])("a deletion policy of %s keeps the resource", async (deletionPolicy, message) => {
  const type = "gcp:cloudtasks/queue:Queue";
  const state = await driver.create(type, "kept", { location: REGION, deletionPolicy });
  const deletion = driver.delete(type, state);
  await (message ? expect(deletion).rejects.toThrow(message) : deletion);
  expect(await driver.read(type, state)).toMatchObject({ outputs: { deletionPolicy } });
});
