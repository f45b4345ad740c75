import { beforeEach, describe, expect, it } from "vitest";
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
const continued = {
  page: 20,
  next: "/api/v1/logs?after=1",
  counts: { events: 3, wanted: 2, queued: 2 },
};

let world: World;

beforeEach(() => {
  world = createWorld();
});

it.each([
  ["a poll", poll],
  ["a replay", replay],
  ["a replay that goes on", { ...replay, continued }],
  ["fields of a later version", { ...poll, later: 1 }],
])("takes %s", async (_name, body) => {
  expect((await world.run(body)).status).toBe(200);
  expect(world.lasting.log.requests).toHaveLength(1);
});

describe("refuses", () => {
  const counts = (changes: object) => ({ ...continued, counts: { ...continued.counts, ...changes } });
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
    ["a beginning that is no time", { ...replay, since: "yesterday" }],
    ["a day that is none", { ...replay, until: "2026-13-01" }],
    ["no word on whether it is a dry run", { ...replay, dryRun: "false" }],
    ["a continuation that is none", { ...replay, continued: 7 }],
    ["a page that is none", { ...replay, continued: { ...continued, page: 1.5 } }],
    ["a page before the first", { ...replay, continued: { ...continued, page: -1 } }],
    ["no counts", { ...replay, continued: { ...continued, counts: undefined } }],
    ["counts that are none", { ...replay, continued: counts({ events: "3" }) }],
    ["no memberships counted", { ...replay, continued: counts({ wanted: undefined }) }],
    ["no tasks counted", { ...replay, continued: counts({ queued: null }) }],
    ["no link", { ...replay, continued: { ...continued, next: undefined } }],
    [
      "a link to another host",
      { ...replay, continued: { ...continued, next: "https://evil.example/api/v1/logs?a" } },
    ],
    ["a link to something else", { ...replay, continued: { ...continued, next: "/api/v1/users?a" } }],
  ])("%s", async (_name, body) => {
    const answer = await world.run(body);
    expect(answer.status).toBe(400);
    expect(world.lasting.log.requests).toEqual([]);
    expect(world.entries).toEqual([
      { severity: "WARNING", message: "Refused a request.", status: 400, reason: answer.body.error },
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
