import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { delivery, signInEvent } from "../support/deliveries.ts";
import { type FunctionProcess, startFunction } from "../support/function-process.ts";
import { type FakeGoogle, startFakeGoogle, takeTasks } from "../support/google.ts";

const secret = "s3cret-of-the-hook";
const good = { authorization: `Bearer ${secret}`, "content-type": "application/json" };

let google: FakeGoogle;

beforeAll(async () => {
  google = await startFakeGoogle();
});

afterAll(() => google.close());

beforeEach(() => {
  google.tasks.length = 0;
  google.behaviour = takeTasks();
});

const environment = () => ({
  RULES: JSON.stringify([{ groupId: "00gAppUsers", on: ["user.session.start"] }]),
  QUEUE: "projects/p/locations/l/queues/q",
  GRANT_URL: "https://grant.example.com",
  PROJECT: "acme",
  HOOK_SECRET: secret,
  GCE_METADATA_HOST: google.metadataHost,
  CLOUD_TASKS_ENDPOINT: google.url,
});

const okta = {
  OKTA_ORG_URL: "https://acme.okta.com",
  OKTA_CLIENT_ID: "0oaClient",
  OKTA_KEY_ID: "key-1",
  SIGNING_KEY_VERSION: "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1",
  RATE_LIMIT_RESERVE_PERCENT: "10",
};

describe("receive of the archive for Cloud Run, started by Node.js only", () => {
  let receive: FunctionProcess;

  beforeAll(async () => {
    receive = await startFunction("receive", environment(), "node");
  });

  afterAll(() => receive.stop());

  it("echoes Okta's challenge", async () => {
    const answer = await fetch(receive.url, {
      headers: { ...good, "x-okta-verification-challenge": "abc" },
    });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ verification: "abc" });
  });

  it("queues a task for a delivery, and logs it in JSON", async () => {
    const body = JSON.stringify(delivery(signInEvent()));
    const answer = await fetch(receive.url, { method: "POST", headers: good, body });
    expect(answer.status).toBe(204);
    expect(google.tasks).toHaveLength(1);
    await receive.entry((line) => line["severity"] === "INFO");
    expect(receive.entries.filter((line) => "text" in line)).toEqual([]);
  });

  it.each([
    ["without the secret", { "content-type": "application/json" }, "{}", 401],
    ["with a body that is too large", good, `{"large":${JSON.stringify("x".repeat(2 * 1024 * 1024))}}`, 413],
    ["with a compressed body", { ...good, "content-encoding": "gzip" }, "{}", 415],
    ["that is not JSON", good, "{ cut off", 400],
  ])("refuses a request %s", async (_name, headers, body, status) => {
    const answer = await fetch(receive.url, { method: "POST", headers, body });
    expect(answer.status).toBe(status);
    expect(google.tasks).toEqual([]);
  });
});

it.each([
  [
    "grant",
    {
      ...okta,
      GROUP_IDS: "00gAppUsers",
      TASK_SECONDS: "4",
      MEMBER_SNAPSHOT_SECONDS: "600",
      QUEUE_RETRY_SECONDS: "604800",
      PROJECT: "acme",
    },
    200,
  ],
  [
    "reconcile",
    {
      ...okta,
      RULES: "[]",
      QUEUE: "projects/p/locations/l/queues/q",
      GRANT_URL: "https://grant.example.com",
      STATE_BUCKET: "state",
      STACK_SINCE: "2026-11-02T08:00:00.000Z",
      STACK: "dev",
      BACKFILL_DAYS: "0",
      GRANT_CLIENT_IDS: "0oaGrant",
      RUN_SECONDS: "60",
      PROJECT: "acme",
    },
    400,
  ],
])("%s of that archive answers a task that it cannot read", async (entryPoint, variables, status) => {
  const started = await startFunction(entryPoint, variables, "node");
  const answer = await fetch(started.url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"unreadable":true}',
  });
  expect(answer.status).toBe(status);
  await started.stop();
});
