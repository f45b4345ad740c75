import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ALL_SERVICES, archive, type Local, PROJECT, REGION, startLocal } from "../../google/local.ts";
import { deployment } from "./deployment.ts";

const SOURCE = `
const functions = require("@google-cloud/functions-framework");
functions.http("hello", (request, response) => {
  console.log(JSON.stringify({ severity: "INFO", message: "called", path: request.path }));
  response.json({ greeting: process.env.GREETING, secret: process.env.SECRET, body: request.body });
});
`;

let local: Local;
let folder: string;

beforeAll(async () => {
  local = await startLocal([]);
  folder = await mkdtemp(join(tmpdir(), "program-"));
  await writeFile(join(folder, "function.zip"), archive(SOURCE));
});

afterAll(async () => {
  await local.google.close();
  await rm(folder, { recursive: true, force: true });
});

it("a whole program is deployed, serves, is called by a task, and leaves nothing behind", async () => {
  const { provider, create, destroy } = deployment(local, folder);
  for (const service of ALL_SERVICES) await create("gcp:projects/service:Service", service, { service });

  const runner = await create("gcp:serviceaccount/account:Account", "runner", { displayName: "Runs" });
  const builder = await create("gcp:serviceaccount/account:Account", "builder", { accountId: "the-builder" });
  const caller = await create("gcp:serviceaccount/account:Account", "caller", {});
  expect(runner.outputs.accountId).toMatch(/^runner-[0-9a-f]{7}$/);
  expect(builder.outputs.email).toBe(`the-builder@${PROJECT}.iam.gserviceaccount.com`);
  expect(builder.outputs.member).toBe(`serviceAccount:${builder.outputs.email}`);

  await create("gcp:projects/iAMMember:IAMMember", "writes-logs", {
    project: PROJECT,
    role: "roles/logging.logWriter",
    member: builder.outputs.member,
  });
  await create("gcp:serviceaccount/iAMMember:IAMMember", "acts", {
    serviceAccountId: caller.outputs.name,
    role: "roles/iam.serviceAccountUser",
    member: runner.outputs.member,
  });
  const bucket = await create("gcp:storage/bucket:Bucket", "source", {
    location: REGION,
    uniformBucketLevelAccess: true,
    labels: { purpose: "source" },
  });
  expect(bucket.outputs.location).toBe(REGION);
  expect(bucket.outputs.effectiveLabels).toEqual({ purpose: "source", "goog-pulumi-provisioned": "true" });
  await create("gcp:storage/bucketIAMMember:BucketIAMMember", "reads", {
    bucket: bucket.outputs.name,
    role: "roles/storage.objectViewer",
    member: builder.outputs.member,
  });
  await create("gcp:projects/iAMMember:IAMMember", "reads-copies", {
    project: PROJECT,
    role: "roles/storage.objectViewer",
    member: builder.outputs.member,
    condition: {
      title: "sources",
      expression: 'resource.name.startsWith("projects/_/buckets/gcf-v2-sources-")',
    },
  });
  const object = await create("gcp:storage/bucketObject:BucketObject", "archive", {
    bucket: bucket.outputs.name,
    name: "function.zip",
    source: {
      "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17",
      path: "function.zip",
      hash: "5f3a",
    },
  });
  expect(object.id).toBe(`${bucket.id}-function.zip`);
  expect(object.outputs.generation).toBeGreaterThan(0);
  const repository = await create("gcp:artifactregistry/repository:Repository", "images", {
    repositoryId: "images",
    format: "DOCKER",
    cleanupPolicies: [{ id: "keep", action: "KEEP", mostRecentVersions: { keepCount: 2 } }],
  });
  await create("gcp:artifactregistry/repositoryIamMember:RepositoryIamMember", "pushes", {
    repository: repository.outputs.repositoryId,
    role: "roles/artifactregistry.writer",
    member: builder.outputs.member,
  });

  const ring = await create("gcp:kms/keyRing:KeyRing", "ring", { location: REGION });
  const key = await create("gcp:kms/cryptoKey:CryptoKey", "key", {
    keyRing: ring.id,
    purpose: "ASYMMETRIC_SIGN",
    versionTemplate: { algorithm: "RSA_SIGN_PKCS1_2048_SHA256", protectionLevel: "SOFTWARE" },
    skipInitialVersionCreation: true,
    destroyScheduledDuration: "86400s",
  });
  const version = await create("gcp:kms/cryptoKeyVersion:CryptoKeyVersion", "version", { cryptoKey: key.id });
  expect(version.outputs.name).toBe(`${key.id}/cryptoKeyVersions/1`);
  const look = provider.functions["gcp:kms/getKMSCryptoKeyVersion:getKMSCryptoKeyVersion"];
  const found = await look?.({ cryptoKey: key.id, version: 1 });
  expect(found).toMatchObject({ publicKeys: [{ pem: expect.stringContaining("BEGIN PUBLIC KEY") }] });
  await create("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember", "signs", {
    cryptoKeyId: key.id,
    role: "roles/cloudkms.signer",
    member: runner.outputs.member,
  });

  const secret = await create("gcp:secretmanager/secret:Secret", "secret", { replication: { auto: {} } });
  expect(secret.outputs.name).toBe(
    `projects/${local.google.projectNumber}/secrets/${secret.outputs.secretId}`,
  );
  const secretVersion = await create("gcp:secretmanager/secretVersion:SecretVersion", "secret", {
    secret: secret.id,
    secretData: "open sesame",
  });
  expect(secretVersion.outputs.version).toBe("1");
  await create("gcp:secretmanager/secretIamMember:SecretIamMember", "accesses", {
    secretId: secret.id,
    role: "roles/secretmanager.secretAccessor",
    member: runner.outputs.member,
  });

  const made = await create("gcp:cloudfunctionsv2/function:Function", "hello", {
    location: REGION,
    buildConfig: {
      runtime: "nodejs24",
      entryPoint: "hello",
      dockerRepository: repository.id,
      serviceAccount: builder.id,
      source: { storageSource: { bucket: bucket.outputs.name, object: object.outputs.name } },
    },
    serviceConfig: {
      availableMemory: "512Mi",
      availableCpu: "1",
      maxInstanceRequestConcurrency: 10,
      serviceAccountEmail: runner.outputs.email,
      environmentVariables: { GREETING: "hello" },
      secretEnvironmentVariables: [
        {
          key: "SECRET",
          projectId: PROJECT,
          secret: secret.outputs.secretId,
          version: secretVersion.outputs.version,
        },
      ],
    },
  });
  expect(made.outputs.state).toBe("ACTIVE");
  expect(made.outputs.url).toBe(made.outputs.serviceConfig.uri);
  expect((await fetch(made.outputs.url)).status).toBe(403);

  const member = await create("gcp:cloudrunv2/serviceIamMember:ServiceIamMember", "invokes", {
    name: made.outputs.serviceConfig.service,
    location: REGION,
    role: "roles/run.invoker",
    member: caller.outputs.member,
  });
  expect(member.id).toContain("roles/run.invoker");
  const queue = await create("gcp:cloudtasks/queue:Queue", "queue", {
    location: REGION,
    rateLimits: { maxConcurrentDispatches: 2 },
    retryConfig: { maxAttempts: 2, minBackoff: "0.010s" },
    httpTarget: { oidcToken: { serviceAccountEmail: caller.outputs.email, audience: made.outputs.url } },
  });
  await create("gcp:cloudtasks/queueIamMember:QueueIamMember", "enqueues", {
    name: queue.outputs.name,
    role: "roles/cloudtasks.enqueuer",
    member: runner.outputs.member,
  });
  const body = Buffer.from(JSON.stringify({ user: 1 })).toString("base64");
  const headers = { "content-type": "application/json" };
  const task = { httpRequest: { url: `${made.outputs.url}/work`, headers, body } };
  expect((await local.call("POST", `/v2/${queue.id}/tasks`, { task })).status).toBe(200);
  await local.google.idle();
  expect(local.notices).toContainEqual(
    expect.objectContaining({ kind: "task", event: "finished", status: 200, body: '{"user":1}' }),
  );
  const line = await local.noticed((notice) => notice.kind === "function-log");
  expect(line).toMatchObject({ function: made.outputs.name, line: { message: "called", path: "/work" } });

  expect(local.google.leftovers()).not.toEqual([]);
  await destroy();
  expect(local.google.leftovers()).toEqual([]);
});
