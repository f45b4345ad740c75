import { createHash } from "node:crypto";
import { afterEach, beforeEach, expect, it } from "vitest";
import type {
  MembershipTask,
  PollTask,
  ReplayContinuation,
  ReplayTask,
} from "../../../../function/shared/contract.ts";
import { createGooglePost, type GooglePost } from "../../../../function/shared/google/api.ts";
import { createContinuationQueue, createTaskQueue } from "../../../../function/shared/google/task-queue.ts";
import { type FakeGoogle, googleError, startFakeGoogle } from "../../../support/google.ts";

const QUEUE = "projects/p/locations/l/queues/q";
const membership: MembershipTask = {
  groupId: "00gAppUsers",
  userId: "00uNewcomer",
  eventUuid: "0aa1bb22",
  eventType: "user.session.start",
  published: "2026-01-05T10:00:01.159Z",
  rule: 0,
};
const NOW = Date.parse("2026-01-05T10:00:03.000Z");
const poll: PollTask = { kind: "poll", continuationQueue: QUEUE };
const replay: ReplayTask = {
  kind: "replay",
  continuationQueue: QUEUE,
  id: "3f2c1a52-0000-4000-8000-000000000001",
  since: "2026-01-04",
  until: "2026-01-05",
  dryRun: false,
};

let google: FakeGoogle;
let post: GooglePost;
const { signal } = new AbortController();

beforeEach(async () => {
  google = await startFakeGoogle();
  post = createGooglePost(async () => "google-token", fetch);
});

afterEach(() => google.close());

const names = () => google.tasks.map(({ name }) => name.slice(`${QUEUE}/tasks/`.length));

it("names a membership after event, user and group, and apart for each replay", async () => {
  const targetUrl = "https://grant.example.com";
  const settings = { endpoint: google.url, queue: QUEUE, targetUrl, source: "hook", post } as const;
  for (const replayed of [{}, { replay: "one" }, { replay: "other" }]) {
    const queue = createTaskQueue({ ...settings, ...replayed, now: () => NOW });
    expect(await queue.enqueue(membership, signal)).toBe("created");
    expect(await queue.enqueue({ ...membership, published: "later" }, signal)).toBe("exists");
  }
  const parts = [
    ["0aa1bb22", "00uNewcomer", "00gAppUsers"],
    ["0aa1bb22", "00uNewcomer", "00gAppUsers", "one"],
    ["0aa1bb22", "00uNewcomer", "00gAppUsers", "other"],
  ];
  expect(names()).toEqual(
    parts.map((part) => createHash("sha256").update(JSON.stringify(part)).digest("hex")),
  );
  expect(google.tasks[0]).toMatchObject({
    url: "https://grant.example.com",
    body: { ...membership, source: "hook", queuedAt: "2026-01-05T10:00:03.000Z" },
  });
});

it("names the chunks of a replay by their numbers, and polls not at all", async () => {
  const queue = createContinuationQueue({ endpoint: google.url, post });
  const next = (chunk: number): ReplayContinuation => ({
    kind: "replay-continuation",
    continuationQueue: QUEUE,
    id: replay.id,
    chunk,
  });
  expect(await queue.enqueue(QUEUE, replay, signal)).toBe("created");
  expect(await queue.enqueue(QUEUE, replay, signal)).toBe("exists");
  expect(await queue.enqueue(QUEUE, next(1), signal)).toBe("created");
  expect(await queue.enqueue(QUEUE, next(1), signal)).toBe("exists");
  expect(await queue.enqueue(QUEUE, next(2), signal)).toBe("created");
  expect(await queue.enqueue(QUEUE, poll, signal)).toBe("created");
  expect(await queue.enqueue(QUEUE, poll, signal)).toBe("created");
  expect(names().slice(0, 3)).toEqual([0, 1, 2].map((chunk) => `replay-${replay.id}-${chunk}`));
  expect(google.tasks.map(({ body }) => body)).toEqual([replay, next(1), next(2), poll, poll]);
  // The queue puts its own target in its place.
  for (const { url } of google.tasks) expect(url).toBe("https://reconcile.invalid/");
});

it("lets a continuation be waited for as long as the longest run takes", async () => {
  const sent: unknown[] = [];
  const queue = createContinuationQueue({
    endpoint: google.url,
    post: async ({ body }) => {
      sent.push(body);
      return {};
    },
  });
  await queue.enqueue(QUEUE, poll, signal);
  expect(sent).toEqual([{ task: expect.objectContaining({ dispatchDeadline: "1800s" }) }]);
});

it("says what Google refuses", async () => {
  google.behaviour = () => googleError(403, "PERMISSION_DENIED");
  const queue = createContinuationQueue({ endpoint: google.url, post });
  await expect(queue.enqueue(QUEUE, poll, signal)).rejects.toThrow(
    "Cloud Tasks tasks.create: 403 PERMISSION_DENIED",
  );
});
