import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  CONTENDERS,
  type Contender,
  type ContenderName,
  type Contenders,
  installContenders,
} from "../../bench/speed/contenders.ts";
import { challengeRequest, createDelivery, UNWANTED } from "../../bench/speed/deliveries.ts";
import { type HelperProcess, startHelper } from "../../bench/speed/helper-process.ts";
import { createStarter, type Server, type Starter } from "../../bench/speed/server.ts";
import { HOOK_SECRET } from "../../bench/speed/setting.ts";
import type { Seen } from "../../bench/speed/stub.ts";
import { buildArchive } from "../../infra/google/archive.ts";
import { isLong } from "../support/long.ts";

// The keys of a constant are known.
const all = Object.keys(CONTENDERS) as ContenderName[];
/** In a short run, one that starts a server itself and one that has a framework for it. */
const names = isLong ? all : all.filter((name) => ["hello", "plain-hook", "bare"].includes(name));
const working = ["ours", "service", ...names.filter((name) => name !== "hello")];

let folder: string;
let starter: Starter;
let stub: HelperProcess;
let contenders: Contenders;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "signin-groups-bench-test-"));
  starter = await createStarter(folder, undefined);
  const started = await startHelper<{ port: number }>(join(import.meta.dirname, "../../bench/speed/stub.ts"));
  stub = started;
  const [ours, service] = await Promise.all([buildArchive("functions"), buildArchive("service")]);
  contenders = await installContenders(
    { ours: ours.path, service: service.path },
    names,
    starter,
    started.greeting.port,
  );
});

afterAll(async () => {
  await contenders[Symbol.asyncDispose]();
  stub.stop();
  starter[Symbol.dispose]();
  await rm(folder, { recursive: true, force: true });
});

function find(name: string): Contender {
  const contender = contenders.all.find((each) => each.name === name);
  if (contender === undefined) throw new Error(`There is no ${name}.`);
  return contender;
}

describe.each(working)("%s", (name) => {
  let server: Server;

  beforeAll(async () => {
    await stub.ask({ keep: true });
    server = await find(name).start({ request: challengeRequest(), expect: 200 });
  });
  afterAll(() => server.stop());

  const send = (body?: string, secret = HOOK_SECRET) =>
    fetch(`http://127.0.0.1:${server.port}`, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        authorization: `Bearer ${secret}`,
        "x-okta-verification-challenge": "c0ffee",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body }),
    });

  it("answers the challenge, and refuses a wrong secret", async () => {
    expect(await (await send()).json()).toEqual({ verification: "c0ffee" });
    expect((await send(undefined, "wrong")).status).toBe(401);
    expect((await send(createDelivery(1), "wrong")).status).toBe(401);
  });

  it("queues each sign-in, or adds each user, and nobody of an event that no rule matches", async () => {
    await stub.ask({ keep: true });
    const body = createDelivery(3);
    expect((await send(body)).status).toBe(204);
    expect((await send(createDelivery(3, { eventType: UNWANTED }))).status).toBe(204);
    const { tasks, puts, kept } = await stub.ask<Seen>("seen");
    expect(name === "plain-hook" ? puts : tasks).toBe(3);
    const userIds = JSON.parse(body).data.events.map(({ actor }: { actor: { id: string } }) => actor.id);
    const queued = kept.map((text) => {
      const { task } = JSON.parse(text);
      return JSON.parse(Buffer.from((task ?? JSON.parse(text)).httpRequest.body, "base64").toString()).userId;
    });
    if (name !== "plain-hook") expect(queued.toSorted()).toEqual(userIds.toSorted());
  });
});

it("answers the first request of the hello world", async () => {
  const server = await find("hello").start({ request: challengeRequest(), expect: 200 });
  await server.stop();
});
