import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { source } from "../../google/functions/deployed.ts";
import { archive, type Local, PROJECT, REGION, startLocal } from "../../google/local.ts";
import { deployment } from "./deployment.ts";

/** What it is asked to, each by its own account: sign, write down how often it was called, and pass it on to queues. */
const SOURCE = source(
  `async (request, response) => {
  const { KEY, BUCKET, QUEUES, CLOUD_KMS_ENDPOINT, CLOUD_STORAGE_ENDPOINT, CLOUD_TASKS_ENDPOINT } = process.env;
  if (KEY) {
    const digest = { sha256: Buffer.alloc(32).toString("base64") };
    await call("POST", CLOUD_KMS_ENDPOINT + "/v1/" + KEY + ":asymmetricSign", { digest });
  }
  if (BUCKET) {
    const name = encodeURIComponent("state/calls.json");
    const before = await call("GET", CLOUD_STORAGE_ENDPOINT + "/storage/v1/b/" + BUCKET + "/o/" + name + "?alt=media", undefined, [404]);
    const generation = before.headers.get("x-goog-generation") ?? "0";
    const calls = before.status === 404 ? [] : await before.json();
    const path = "/upload/storage/v1/b/" + BUCKET + "/o?uploadType=media&name=" + name + "&ifGenerationMatch=" + generation;
    await call("POST", CLOUD_STORAGE_ENDPOINT + path, [...calls, request.body.kind]);
  }
  for (const queue of request.body.kind === "poll" ? JSON.parse(QUEUES ?? "[]") : []) {
    const body = Buffer.from(JSON.stringify({ kind: "continued" })).toString("base64");
    const task = { httpRequest: { url: "https://any.invalid/", headers: { "content-type": "application/json" }, body } };
    await call("POST", CLOUD_TASKS_ENDPOINT + "/v2/" + queue + "/tasks", { task });
  }
  response.send("done");
}`,
  `
async function call(method, url, body, alsoFine = []) {
  const headers = { "Metadata-Flavor": "Google" };
  const base = "http://" + process.env.GCE_METADATA_HOST + "/computeMetadata/v1/instance/service-accounts/default/token";
  const { access_token } = await (await fetch(base, { headers })).json();
  const answer = await fetch(url, {
    method,
    headers: { authorization: "Bearer " + access_token },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok && !alsoFine.includes(answer.status)) throw new Error(url + ": " + answer.status + " " + await answer.text());
  return answer;
}`,
);

let local: Local;
let folder: string;
beforeAll(async () => {
  local = await startLocal();
  folder = await mkdtemp(join(tmpdir(), "program-"));
  await writeFile(join(folder, "function.zip"), archive(SOURCE));
});
afterAll(async () => {
  await local.google.close();
  await rm(folder, { recursive: true, force: true });
});

it("three functions work together: a schedule calls one, which keeps state, signs, and fills two queues", async () => {
  const { create, destroy } = deployment(local, folder);
  const account = (id: string) => create("gcp:serviceaccount/account:Account", id, { accountId: id });
  const [builder, worker, poller, caller] = [
    await account("the-builder"),
    await account("the-worker"),
    await account("the-poller"),
    await account("the-caller"),
  ];
  await create("gcp:projects/iAMMember:IAMMember", "builds", {
    project: PROJECT,
    role: "roles/cloudbuild.builds.builder",
    member: builder.outputs.member,
  });
  const sources = await create("gcp:storage/bucket:Bucket", "sources", { location: REGION });
  const state = await create("gcp:storage/bucket:Bucket", "state", {
    location: REGION,
    uniformBucketLevelAccess: true,
    publicAccessPrevention: "enforced",
    forceDestroy: true,
    softDeletePolicy: { retentionDurationSeconds: 604_800 },
  });
  await create("gcp:storage/bucketIAMMember:BucketIAMMember", "keeps-state", {
    bucket: state.outputs.name,
    role: "roles/storage.objectUser",
    member: poller.outputs.member,
  });
  const object = await create("gcp:storage/bucketObject:BucketObject", "archive", {
    bucket: sources.outputs.name,
    name: "function.zip",
    source: {
      "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17",
      path: "function.zip",
      hash: "5f3a",
    },
  });

  const ring = await create("gcp:kms/keyRing:KeyRing", "ring", { location: REGION });
  const keyOf = async (id: string, member: string) => {
    const key = await create("gcp:kms/cryptoKey:CryptoKey", id, {
      keyRing: ring.id,
      purpose: "ASYMMETRIC_SIGN",
      versionTemplate: { algorithm: "RSA_SIGN_PKCS1_2048_SHA256", protectionLevel: "SOFTWARE" },
      skipInitialVersionCreation: true,
    });
    const version = await create("gcp:kms/cryptoKeyVersion:CryptoKeyVersion", id, { cryptoKey: key.id });
    const role = "roles/cloudkms.signer";
    await create("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember", id, { cryptoKeyId: key.id, role, member });
    return version.outputs.name;
  };
  const workerKey = await keyOf("worker-key", worker.outputs.member);
  const pollerKey = await keyOf("poller-key", poller.outputs.member);
  for (const key of [workerKey, pollerKey]) {
    await expect.poll(async () => (await local.call("GET", `/v1/${key}`)).body.state).toBe("ENABLED");
  }

  const functionOf = async (name: string, email: string, service: object) => {
    const made = await create("gcp:cloudfunctionsv2/function:Function", name, {
      name,
      location: REGION,
      buildConfig: {
        runtime: "nodejs24",
        entryPoint: "main",
        serviceAccount: builder.id,
        source: { storageSource: { bucket: sources.outputs.name, object: object.outputs.name } },
      },
      serviceConfig: { serviceAccountEmail: email, ...service },
    });
    expect(made.outputs.state).toBe("ACTIVE");
    return made;
  };
  const internal = { ingressSettings: "ALLOW_INTERNAL_ONLY" };
  const front = await functionOf("the-front", caller.outputs.email, { ingressSettings: "ALLOW_ALL" });
  const work = await functionOf("the-work", worker.outputs.email, {
    ...internal,
    environmentVariables: { KEY: workerKey },
  });
  // Its queue leads back to it, so its name is known before the queue is made.
  const parent = `projects/${PROJECT}/locations/${REGION}`;
  const queues = [`${parent}/queues/onwards`, `${parent}/queues/back`];
  const poll = await functionOf("the-poll", poller.outputs.email, {
    ...internal,
    environmentVariables: { KEY: pollerKey, BUCKET: state.outputs.name, QUEUES: JSON.stringify(queues) },
  });
  for (const [name, target] of [
    ["onwards", work],
    ["back", poll],
  ] as const) {
    await create("gcp:cloudrunv2/serviceIamMember:ServiceIamMember", name, {
      name: target.outputs.name,
      role: "roles/run.invoker",
      member: caller.outputs.member,
    });
    const { hostname, port } = new URL(target.outputs.url);
    await create("gcp:cloudtasks/queue:Queue", name, {
      name,
      location: REGION,
      httpTarget: {
        httpMethod: "POST",
        uriOverride: { scheme: "HTTP", host: hostname, port, uriOverrideEnforceMode: "ALWAYS" },
        oidcToken: { serviceAccountEmail: caller.outputs.email, audience: target.outputs.url },
      },
    });
    await create("gcp:cloudtasks/queueIamMember:QueueIamMember", name, {
      name,
      role: "roles/cloudtasks.enqueuer",
      member: poller.outputs.member,
    });
  }
  const job = await create("gcp:cloudscheduler/job:Job", "schedule", {
    region: REGION,
    schedule: "0 4 1 1 *",
    attemptDeadline: "540s",
    httpTarget: {
      httpMethod: "POST",
      uri: poll.outputs.url,
      headers: { "Content-Type": "application/json" },
      body: Buffer.from(JSON.stringify({ kind: "poll" })).toString("base64"),
      oidcToken: { serviceAccountEmail: caller.outputs.email, audience: poll.outputs.url },
    },
    retryConfig: { retryCount: 2, minBackoffDuration: "10s", maxBackoffDuration: "60s", maxDoublings: 2 },
  });
  expect(job.outputs).toMatchObject({
    state: "ENABLED",
    name: expect.stringMatching(/^schedule-[0-9a-f]{7}$/),
  });

  // From outside neither of the two is there.
  expect([await status(front), await status(work), await status(poll)]).toEqual([403, 404, 404]);
  expect((await local.call("POST", `/v1/${job.id}:run`, {})).status).toBe(200);
  await local.google.idle();
  const outcomes = local.notices.flatMap((notice) =>
    (notice.kind === "task" || notice.kind === "schedule") && notice.event === "finished"
      ? [[notice.kind === "task" ? notice.queue : "schedule", notice.status]]
      : [],
  );
  expect(outcomes.sort()).toEqual([
    ["back", 200],
    ["onwards", 200],
    ["schedule", 200],
  ]);
  const written = `/storage/v1/b/${state.id}/o/${encodeURIComponent("state/calls.json")}?alt=media`;
  expect((await local.call("GET", written)).body).toEqual(["poll", "continued"]);

  expect(local.google.leftovers()).toContain(`Cloud Scheduler job ${job.id}`);
  await destroy();
  expect(local.google.leftovers()).toEqual([]);
});

async function status({ outputs }: { readonly outputs: { readonly url: string } }): Promise<number> {
  return (await fetch(outputs.url)).status;
}
