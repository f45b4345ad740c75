import { beforeEach, describe, expect, it } from "vitest";
import { signals } from "../../../function/shared/signals.ts";
import { CONTINUATION_QUEUE, send } from "../../support/reconciliation.ts";
import { createWorld, type World } from "./world.ts";

const poll = { kind: "poll", continuationQueue: CONTINUATION_QUEUE };
const replay = {
  kind: "replay",
  continuationQueue: CONTINUATION_QUEUE,
  id: "3f2c1a52-0000-4000-8000-000000000001",
  since: "2026-01-04",
  until: "2026-01-05T08:00:00.000Z",
  dryRun: false,
};
const continuation = {
  kind: "replay-continuation",
  continuationQueue: CONTINUATION_QUEUE,
  id: replay.id,
  chunk: 1,
};

let world: World;

beforeEach(() => {
  world = createWorld();
});

it.each([
  ["a poll", poll],
  ["a replay", replay],
  ["a check", { ...poll, kind: "check" }],
  ["fields of a later version", { ...poll, later: 1 }],
])("takes %s", async (_name, body) => {
  expect((await world.run(body)).status).toBe(200);
  expect(world.lasting.log.requests.length).toBeGreaterThan(0);
});

describe("refuses", () => {
  const earlier = {
    page: 20,
    next: "/api/v1/logs?filter=eventType+sw+%22user%22&after=1",
    counts: { events: 3, wanted: 2, queued: 2 },
  };
  it.each([
    ["nothing", ""],
    ["no JSON", "{"],
    ["a list", []],
    ["an empty object", {}],
    ["another kind", { ...poll, kind: "purge" }],
    ["no queue", { kind: "poll" }],
    ["a queue that is none", { ...poll, continuationQueue: "q" }],
    ["a queue that leads elsewhere", { ...poll, continuationQueue: `${CONTINUATION_QUEUE}/../../x` }],
    ["no id", { ...replay, id: undefined }],
    ["an id that would leave its place", { ...replay, id: "../cursor" }],
    ["no beginning", { ...replay, since: undefined }],
    ["a beginning that is not a time", { ...replay, since: "yesterday" }],
    ["a day that is none", { ...replay, until: "2026-13-01" }],
    ["no word on whether it is a dry run", { ...replay, dryRun: "false" }],
    ["a replay that says where to read on", { ...replay, continued: { next: "/api/v1/logs?after=1" } }],
    ["a replay that says where to read on, as earlier versions did", { ...replay, continued: earlier }],
    ["a continuation without an id", { ...continuation, id: undefined }],
    ["a continuation with an id that would leave its place", { ...continuation, id: "../cursor" }],
    ["a continuation without its chunk", { ...continuation, chunk: undefined }],
    ["the first chunk as a continuation", { ...continuation, chunk: 0 }],
    ["half a chunk", { ...continuation, chunk: 1.5 }],
    ["a chunk of text", { ...continuation, chunk: "1" }],
  ])("%s", async (_name, body) => {
    const answer = await world.run(body);
    expect(answer.status).toBe(400);
    expect(world.lasting.log.requests).toEqual([]);
    expect(world.entries).toEqual([
      { event: "request-refused", ...signals["request-refused"], status: 400, reason: answer.body.error },
    ]);
  });

  it("everything but POST", async () => {
    const handler = await world.start();
    for (const method of ["GET", "PUT", "DELETE"]) {
      const answer = await send(handler, poll, { method });
      expect([answer.status, answer.headers["allow"]]).toEqual([405, "POST"]);
    }
  });

  it("another content type", async () => {
    expect((await send(await world.start(), poll, { contentType: "text/plain" })).status).toBe(415);
  });

  it("more than a task can be", async () => {
    expect((await world.run({ ...poll, filler: "x".repeat(200_000) })).status).toBe(413);
  });
});
