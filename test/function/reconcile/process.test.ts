import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { wireReconcile } from "../../../function/reconcile/reconcile.ts";
import { connectToOkta } from "../../../function/shared/okta/transport.ts";
import { nodeRuntime } from "../../../function/shared/runtime.ts";
import { type LocalOkta, startOkta } from "../../../sandbox/okta/server.ts";
import { appBody } from "../../sandbox/okta/local.ts";
import { type FunctionHere, startFunctionHere } from "../../support/function-here.ts";
import { startFunction } from "../../support/function-process.ts";
import { type FakeGoogle, giveToken, googleError, startFakeGoogle, takeTasks } from "../../support/google.ts";

const GROUP = "00gAppUsers";
const QUEUE = "projects/p/locations/l/queues/q";
const CONTINUATIONS = "projects/p/locations/l/queues/continuations";
const CURSOR = "state-bucket/cursor.json";
const task = { kind: "poll", continuationQueue: CONTINUATIONS };
const replay = {
  kind: "replay",
  continuationQueue: CONTINUATIONS,
  id: "3f2c1a52-0000-4000-8000-000000000001",
  dryRun: false,
};

let google: FakeGoogle;
let okta: LocalOkta;
let jane: string;
let roleId: string;
let environment: Readonly<Record<string, string>>;
let reconcile: FunctionHere;

beforeEach(async () => {
  google = await startFakeGoogle();
  okta = await startOkta();
  okta.createPerson({ login: "joe@example.com", displayName: "Somebody" });
  jane = okta.createPerson({ login: "jane@example.com", displayName: "Somebody" }).id;
  const key = { kid: "key-1", ...google.publicKey.export({ format: "jwk" }) };
  const app = await manage("POST", "/api/v1/apps", appBody("reconcile", [key]));
  await manage("POST", `/api/v1/apps/${app}/grants`, { issuer: okta.url, scopeId: "okta.logs.read" });
  const roles = `/oauth2/v1/clients/${app}/roles`;
  roleId = `${roles}/${await manage("POST", roles, { type: "REPORT_ADMIN" })}`;
  environment = {
    OKTA_ORG_URL: okta.url,
    OKTA_CLIENT_ID: app,
    OKTA_KEY_ID: "key-1",
    SIGNING_KEY_VERSION: "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1",
    RATE_LIMIT_RESERVE_PERCENT: "10",
    RULES: JSON.stringify([{ groupId: GROUP, on: ["user.session.start", "user.authentication.sso"] }]),
    QUEUE,
    GRANT_URL: "https://grant.example.com",
    STATE_BUCKET: "state-bucket",
    STACK_SINCE: new Date().toISOString(),
    STACK: "prod",
    BACKFILL_DAYS: "0",
    GRANT_CLIENT_IDS: "0oaGrant",
    RUN_SECONDS: "30",
    PROJECT: "acme",
    GCE_METADATA_HOST: google.metadataHost,
    CLOUD_TASKS_ENDPOINT: google.url,
    CLOUD_KMS_ENDPOINT: google.url,
    CLOUD_STORAGE_ENDPOINT: google.url,
  };
  reconcile = await startFunctionHere((log) =>
    wireReconcile(log, environment, { ...nodeRuntime(), connectToOkta }),
  );
});

afterEach(async () => {
  reconcile.stop();
  await okta.close();
  google.close();
});

/** As an administrator; the id of what was made. */
async function manage(method: string, path: string, body?: unknown): Promise<string> {
  const response = await fetch(okta.url + path, {
    method,
    headers: { authorization: `SSWS ${okta.apiToken}`, "content-type": "application/json" },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await response.text();
  return text === "" ? "" : String(JSON.parse(text).id);
}

async function run(body: unknown = task, { url }: { readonly url: string } = reconcile) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  // biome-ignore lint/suspicious/noExplicitAny: the answer is looked into right away.
  return { status: response.status, body: (await response.json()) as any };
}

/** Somebody signs in, somebody else mistypes; the uuid of what counts. */
function signIn(): string {
  const [event] = okta.signIn([
    { kind: "success", login: "jane@example.com" },
    { kind: "wrong-password", login: "joe@example.com" },
  ]);
  return event?.uuid ?? "";
}

/** As for a delivery of the event hook, so that the queue takes them for one. */
function nameOf(uuid: string, ...replays: string[]): string {
  const id = createHash("sha256")
    .update(JSON.stringify([uuid, jane, GROUP, ...replays]))
    .digest("hex");
  return `${QUEUE}/tasks/${id}`;
}

const names = () => google.tasks.map(({ name }) => name);
const cursor = () => JSON.parse(google.objects.get(CURSOR)?.content ?? "null");

describe("a poll", () => {
  it("gets through although the metadata server leaves one request without an answer", async () => {
    let requests = 0;
    google.metadata = () => {
      requests += 1;
      return requests === 1 ? new Promise(() => {}) : giveToken();
    };
    signIn();
    expect((await run()).status).toBe(200);
    expect([requests, google.tasks.length]).toEqual([2, 1]);
  });

  it("queues what the log has, under the names that a delivery would give, and then goes on from there", async () => {
    const uuids = [signIn(), signIn()];
    expect(await run()).toEqual({
      status: 200,
      body: { outcome: "done", pages: 1, events: 2, wanted: 2, queued: 2, alreadyQueued: 0 },
    });
    expect(names().sort()).toEqual(uuids.map((uuid) => nameOf(uuid)).sort());
    expect(google.tasks[0]).toMatchObject({
      url: "https://grant.example.com",
      body: { groupId: GROUP, eventType: "user.session.start", userId: expect.stringMatching(/^00u/) },
    });
    expect(cursor()).toMatchObject({ version: 1, next: expect.stringMatching(/^\/api\/v1\/logs\?.*after=/) });

    const later = signIn();
    expect((await run()).body).toMatchObject({ outcome: "done", events: 1, queued: 1 });
    expect(names().at(-1)).toBe(nameOf(later));
    expect((await run()).body).toMatchObject({ outcome: "done", events: 0 });
  });

  it("takes the cursor and the token along its life, and logs neither token nor person", async () => {
    signIn();
    await run();
    await run();
    expect(google.signatures).toBe(1);
    const text = JSON.stringify(reconcile.entries);
    for (const secret of [
      "google-token",
      "Bearer",
      "jane@example.com",
      "joe@example.com",
      "Somebody",
      "eyJ",
    ]) {
      expect(text).not.toContain(secret);
    }
    expect(reconcile.entries.filter((entry) => "text" in entry)).toEqual([]);
  });

  it("leaves out nothing when it is killed between the queue and the cursor", async () => {
    const first = await startFunction("reconcile", environment);
    await run(task, first);
    const before = cursor();
    const uuid = signIn();
    const arrived = Promise.withResolvers<void>();
    google.storage = () => {
      arrived.resolve();
      return new Promise(() => {});
    };
    const cut = run(task, first).catch((error: unknown) => error);
    await arrived.promise;
    await first.stop();
    expect(await cut).toBeInstanceOf(Error);
    expect(names()).toEqual([nameOf(uuid)]);
    expect(cursor()).toEqual(before);

    google.storage = () => undefined;
    const next = await startFunction("reconcile", environment);
    onTestFinished(() => next.stop());
    expect((await run(task, next)).body).toMatchObject({ outcome: "done", queued: 0, alreadyQueued: 1 });
  });

  it("stays where it is while the queue takes nothing", async () => {
    const uuid = signIn();
    google.behaviour = () => googleError(503, "UNAVAILABLE");
    expect((await run()).status).toBe(503);
    expect(cursor().next).toContain("since=");
    google.behaviour = takeTasks();
    expect((await run()).status).toBe(200);
    expect(names()).toEqual([nameOf(uuid)]);
  });

  it("stops when another one was faster", async () => {
    signIn();
    google.storage = (name) => {
      google.objects.set(name, { content: "{}", generation: "7" });
      return undefined;
    };
    expect(await run()).toMatchObject({ status: 200, body: { outcome: "overtaken" } });
    expect(google.objects.get(CURSOR)).toEqual({ content: "{}", generation: "7" });
  });

  it("begins again from before when Okta refuses the cursor", async () => {
    signIn();
    await run();
    const uuid = signIn();
    okta.faults.log.refuseCursors = 1;
    expect((await run()).body).toMatchObject({ outcome: "done", queued: 1, alreadyQueued: 1 });
    expect(names().at(-1)).toBe(nameOf(uuid));
    await reconcile.entry((entry) => entry["severity"] === "WARNING" && "since" in entry);
  });

  it("never follows a link out of the org", async () => {
    const elsewhere = await startFakeGoogle();
    okta.faults.log.nextLinkOrigin = elsewhere.url;
    signIn();
    expect((await run()).status).toBe(503);
    expect(cursor().next).toBeUndefined();
    await reconcile.entry((entry) => String(entry["reason"]).includes("leads away"));
    okta.faults.log.nextLinkOrigin = undefined;
    expect((await run()).status).toBe(200);
    elsewhere.close();
  });

  it("says which command adds a missing role", async () => {
    signIn();
    await manage("DELETE", roleId);
    expect((await run()).status).toBe(503);
    const entry = await reconcile.entry((one) => one["severity"] === "ERROR");
    expect(entry).toMatchObject({ fault: "not-permitted", status: 403, code: "E0000006" });
    expect(entry["remedy"]).toContain("pulumi up --refresh");
  });

  it("reads the log that Classic orgs write, too", async () => {
    okta.signIn([{ kind: "success", login: "jane@example.com", platform: "classic" }]);
    expect((await run()).body).toMatchObject({ queued: 1 });
  });
});

describe("a replay", () => {
  it("queues its window under names of its own, and reports that it is done", async () => {
    const uuid = signIn();
    await run();
    const now = Date.now();
    const window = {
      since: new Date(now - 60_000).toISOString(),
      until: new Date(now + 60_000).toISOString(),
    };
    expect(await run({ ...replay, ...window })).toEqual({
      status: 200,
      body: { outcome: "done", pages: 1, events: 1, wanted: 1, queued: 1, alreadyQueued: 0 },
    });
    expect(names()).toEqual([nameOf(uuid), nameOf(uuid, replay.id)]);
    const progress = google.objects.get(`state-bucket/replays/${replay.id}.json`);
    expect(JSON.parse(progress?.content ?? "")).toMatchObject({
      state: "done",
      ...window,
      dryRun: false,
      counts: { events: 1, wanted: 1, queued: 1 },
    });
  });
});

it("does not start without its settings, and says which", async () => {
  await expect(startFunction("reconcile", { PROJECT: "acme" })).rejects.toThrow(
    /reconcile cannot start without OKTA_ORG_URL.*STATE_BUCKET, STACK_SINCE/,
  );
});

it("answers behind the framework's own server all the same", async () => {
  const own = await startFunction("reconcile", environment, "functions-framework, unannounced");
  onTestFinished(() => own.stop());
  signIn();
  expect((await run(task, own)).body).toMatchObject({ outcome: "done", queued: 1 });
  expect((await run({}, own)).status).toBe(400);
});
