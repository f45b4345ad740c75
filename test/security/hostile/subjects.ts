import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { Rule } from "../../../function/shared/contract.ts";
import { delivery, signInEvent } from "../../support/deliveries.ts";
import { type Server, startFunction } from "../../support/function-process.ts";
import { type FakeGoogle, googleError, startFakeGoogle, takeTasks } from "../../support/google.ts";
import type { Case } from "./case.ts";
import type { Subject } from "./run-case.ts";
import { END_OF_LOG, OKTA_TOKEN, startScriptedOkta } from "./scripted-okta.ts";

export const SECRET = "s3cret-of-the-hook";
export const PREVIOUS_SECRET = "s3cret-before-it";
export const GROUP = "00gAppUsers";
/** A group's members are listed once in an hour, so each case about that takes a group of its own. */
export const LISTED_GROUPS: readonly string[] = Array.from({ length: 10 }, (_, index) => `00gListed${index}`);
const QUEUE = "projects/p/locations/l/queues/q";
export const CONTINUATIONS = "projects/p/locations/l/queues/continuations";
const GRANT_URL = "https://grant.example.com";
const CURSOR = "state-bucket/cursor.json";
/** The generation of an object that no case has written. */
const UNTOUCHED = "7";
const rules: readonly Rule[] = [{ groupId: GROUP, on: ["user.session.start"] }];

/** What no log line may hold, whatever function writes it. */
export const SECRETS: readonly string[] = [SECRET, PREVIOUS_SECRET, "google-token", OKTA_TOKEN, "eyJ"];

/** A subject, and how to end it and its world. */
export interface RunningSubject extends Subject {
  /** Client assertions that Okta was sent. */
  readonly assertions: readonly string[];
  stop(): Promise<void>;
}

/**
 * @param rotated whether there is a previous secret
 * @param server what serves it
 */
export async function startReceive(rotated: boolean, server?: Server): Promise<RunningSubject> {
  const google = await startFakeGoogle();
  const variables = {
    RULES: JSON.stringify(rules),
    QUEUE,
    GRANT_URL,
    PROJECT: "acme",
    HOOK_SECRET: SECRET,
    ...(rotated ? { HOOK_SECRET_PREVIOUS: PREVIOUS_SECRET } : {}),
    GCE_METADATA_HOST: google.metadataHost,
    CLOUD_TASKS_ENDPOINT: google.url,
  };
  const process = await startFunction("receive", variables, server);
  return {
    process,
    assertions: [],
    fill: (value) => value,
    prepare: () => forget(google),
    effects: () => effectsOn(google),
    async sendGood(traceparent) {
      forget(google);
      const event = signInEvent({ uuid: randomUUID() });
      const headers = { authorization: `Bearer ${SECRET}`, traceparent };
      expect(await post(process.url, delivery(event), headers)).toBe(204);
      expect(effectsOn(google)).toEqual([`task ${GROUP} 00u1a2b3c4d5e6f7g8h9`]);
    },
    async stop() {
      await process.stop();
      google.close();
    },
  };
}

export async function startGrant(): Promise<RunningSubject> {
  const google = await startFakeGoogle();
  const okta = await startScriptedOkta();
  const elsewhere = await startScriptedOkta();
  const process = await startFunction("grant", {
    ...oktaSettings(okta.url, google),
    GROUP_IDS: [GROUP, "00gContractors", ...LISTED_GROUPS].join(),
    TASK_SECONDS: "3",
    MEMBER_SNAPSHOT_SECONDS: "3600",
    QUEUE_RETRY_SECONDS: "604800",
    PROJECT: "acme",
  });
  const task = {
    eventUuid: "0aa1bb22",
    eventType: "user.session.start",
    published: "2026-01-05T10:00:01.159Z",
  };
  const sendGood = async (traceparent: string) => {
    okta.calls.length = 0;
    const userId = `00u${randomUUID().replaceAll("-", "").slice(0, 17)}`;
    expect(await post(process.url, { ...task, groupId: GROUP, userId }, { traceparent })).toBe(200);
    expect(okta.calls).toEqual([`PUT /api/v1/groups/${GROUP}/users/${userId}`]);
  };
  const { host } = new URL(okta.url);
  const fill = fillWith({ org: okta.url, host, elsewhere: elsewhere.url });
  // The second task of a group has its members listed.
  for (const userId of ["00uFirst", "00uSecond"]) {
    expect(await post(process.url, { ...task, groupId: GROUP, userId }, {})).toBe(200);
  }
  return {
    process,
    assertions: okta.assertions,
    fill,
    prepare({ pages = [] }) {
      okta.calls.length = 0;
      elsewhere.calls.length = 0;
      okta.pages = fill(pages);
    },
    effects: () => [...okta.calls, ...elsewhere.calls.map((call) => `elsewhere: ${call}`)],
    sendGood,
    async stop() {
      await process.stop();
      elsewhere.close();
      okta.close();
      google.close();
    },
  };
}

export async function startReconcile(): Promise<RunningSubject> {
  const google = await startFakeGoogle();
  const okta = await startScriptedOkta();
  const elsewhere = await startScriptedOkta();
  const process = await startFunction("reconcile", {
    ...oktaSettings(okta.url, google),
    RULES: JSON.stringify(rules),
    QUEUE,
    GRANT_URL,
    STATE_BUCKET: "state-bucket",
    STACK_SINCE: new Date().toISOString(),
    STACK: "prod",
    BACKFILL_DAYS: "0",
    GRANT_CLIENT_IDS: "0oaGrant",
    RUN_SECONDS: "4",
    PROJECT: "acme",
    CLOUD_TASKS_ENDPOINT: google.url,
    CLOUD_STORAGE_ENDPOINT: google.url,
  });
  const prepare = ({
    pages = [],
    cursor: next = END_OF_LOG,
    replay,
  }: Pick<Case, "pages" | "cursor" | "replay">) => {
    forget(google);
    okta.calls.length = 0;
    elsewhere.calls.length = 0;
    okta.pages = fill(pages);
    google.objects.clear();
    const reached = new Date().toISOString();
    const cursor = { version: 1, next: fill(next), eventTypes: ["user.session.start"], reached };
    google.objects.set(CURSOR, { content: JSON.stringify(cursor), generation: UNTOUCHED });
    if (replay === undefined) return;
    const place = {
      state: "running",
      since: new Date(Date.now() - 86_400_000).toISOString(),
      until: reached,
      dryRun: false,
      reached,
      counts: { events: 3, wanted: 2, queued: 2 },
      chunk: 1,
      next: fill(replay.next),
    };
    const name = `state-bucket/replays/${replay.id}.json`;
    google.objects.set(name, { content: JSON.stringify(place), generation: UNTOUCHED });
  };
  const { host } = new URL(okta.url);
  const fill = fillWith({ org: okta.url, host, elsewhere: elsewhere.url });
  return {
    process,
    assertions: okta.assertions,
    fill,
    prepare,
    effects: () => [
      ...okta.calls.map((call) => call.replace(/\?since=.*/, " from a moment on")),
      ...effectsOn(google),
      ...elsewhere.calls.map((call) => `elsewhere: ${call}`),
    ],
    async sendGood(traceparent) {
      prepare({});
      const task = { kind: "poll", continuationQueue: CONTINUATIONS };
      expect(await post(process.url, task, { traceparent })).toBe(200);
      expect(okta.calls).toEqual([`GET ${END_OF_LOG}`]);
    },
    async stop() {
      await process.stop();
      elsewhere.close();
      okta.close();
      google.close();
    },
  };
}

function oktaSettings(url: string, google: FakeGoogle): Readonly<Record<string, string>> {
  return {
    OKTA_ORG_URL: url,
    OKTA_CLIENT_ID: "0oaClient",
    OKTA_KEY_ID: "key-1",
    SIGNING_KEY_VERSION: "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1",
    RATE_LIMIT_RESERVE_PERCENT: "10",
    GCE_METADATA_HOST: google.metadataHost,
    CLOUD_KMS_ENDPOINT: google.url,
  };
}

async function post(url: string, body: unknown, headers: Readonly<Record<string, string>>): Promise<number> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  await response.text();
  return response.status;
}

/** Empties the queues. They are the function's own: others it has no right to, as Google's IAM would say. */
function forget(google: FakeGoogle): void {
  const take = takeTasks();
  google.tasks.length = 0;
  google.behaviour = (task, position) =>
    [QUEUE, CONTINUATIONS].some((queue) => task.name.startsWith(`${queue}/tasks/`))
      ? take(task, position)
      : googleError(403, "PERMISSION_DENIED");
}

function effectsOn(google: FakeGoogle): readonly string[] {
  const tasks = google.tasks.map(({ name, url, body }) => {
    if (name.startsWith(`${CONTINUATIONS}/tasks/`)) return `continuation ${body["kind"]}`;
    expect(name).toMatch(/^projects\/p\/locations\/l\/queues\/q\/tasks\/[0-9a-f]{64}$/);
    expect(url).toBe(GRANT_URL);
    return `task ${body["groupId"]} ${body["userId"]}`;
  });
  const written = [...google.objects].filter(([, { generation }]) => generation !== UNTOUCHED);
  return [...tasks, ...written.map(([name, { content }]) => `object ${name}: ${summaryOf(content)}`)];
}

/** Of a cursor where it leads, of a replay's progress its state. */
function summaryOf(content: string): string {
  const { state, next } = JSON.parse(content);
  return String(state ?? next?.replace(/\?since=.*/, " from a moment on") ?? "no link");
}

/** Puts origins in place of their names, however deep in a value. */
function fillWith(origins: Readonly<Record<string, string>>): <T>(value: T) => T {
  const fill = (value: unknown): unknown => {
    if (typeof value === "string") return value.replace(/\{(\w+)\}/g, (text, name) => origins[name] ?? text);
    if (Array.isArray(value)) return value.map(fill);
    if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, fill(field)]));
  };
  // What is filled keeps its shape.
  return <T>(value: T) => fill(value) as T;
}
