import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { fields } from "../../../../sandbox/google/fields.ts";
import type { TaskNotice } from "../../../../sandbox/google/notices.ts";
import type { TaskInput } from "../../../../sandbox/google/tasks/http-request.ts";
import { createQueue } from "../../../../sandbox/google/tasks/queue.ts";
import type { Answer, OutgoingRequest, Send } from "../../../../sandbox/google/tasks/send.ts";
import { readSettings } from "../../../../sandbox/google/tasks/settings.ts";
import { handClock } from "../../../support/hand-clock.ts";

const NAME = "projects/p/locations/l/queues/q";
const MINUTE = 60_000;

/** A queue in memory, by a clock of the test's, and what it sent. */
function simulate(settings: object, send: (request: OutgoingRequest, count: number) => Answer | undefined) {
  const clock = handClock();
  const sent: { readonly path: string; readonly at: number }[] = [];
  const notices: TaskNotice[] = [];
  const start = clock.now();
  const inMemory: Send = async (request) => {
    sent.push({ path: request.url.pathname, at: clock.now() - start });
    return send(request, sent.length);
  };
  const queue = createQueue({
    name: NAME,
    settings: readSettings(fields(settings, "queue")),
    notify: (notice) => notice.kind === "task" && notices.push(notice),
    identityToken: async () => "token",
    onChange: () => undefined,
    clock,
    send: inMemory,
  });
  return { clock, queue, sent, notices };
}

function taskInput(path: string, more: Partial<TaskInput> = {}): TaskInput {
  const request = {
    url: `http://service.example/${path}`,
    method: "POST",
    headers: {},
    body: Buffer.alloc(0),
    oidcToken: undefined,
  } as const;
  return { name: undefined, scheduleTime: undefined, dispatchDeadline: 10 * MINUTE, request, ...more };
}

describe("the one who answers", () => {
  const backoff = { retryConfig: { minBackoff: "10s", maxBackoff: "10s" } };
  it.each<[string, Answer, number]>([
    ["429, and asks for a minute, gets no request for a minute", { status: 429, retryAfter: "60" }, MINUTE],
    ["503, and asks for a minute, too", { status: 503, retryAfter: "60" }, MINUTE],
    [
      "429, and names a date, until then",
      { status: 429, retryAfter: "Mon, 05 Jan 2026 09:05:00 GMT" },
      5 * MINUTE,
    ],
    ["429, and asks for less than the back-off, for the back-off", { status: 429, retryAfter: "3" }, 10_000],
    [
      "429, and names a date that is past, for the back-off",
      { status: 429, retryAfter: "Mon, 05 Jan 2026 08:00:00 GMT" },
      10_000,
    ],
    ["429, and asks for nothing, for the back-off", { status: 429 }, 10_000],
    ["429, and asks for what is not a time, for the back-off", { status: 429, retryAfter: "soon" }, 10_000],
    ["500 can't ask for anything", { status: 500, retryAfter: "60" }, 10_000],
  ])("%s", async (_case, answer, expected) => {
    const { clock, queue, sent } = simulate(backoff, (_request, count) =>
      count === 1 ? answer : { status: 200 },
    );
    queue.add(taskInput("a"));
    await turn();
    clock.advance(expected - 1);
    await turn();
    expect(sent).toHaveLength(1);
    clock.advance(1);
    await turn();
    expect(sent.map(({ at }) => at)).toEqual([0, expected]);
    expect(queue.isIdle()).toBe(true);
  });
});

it("tasks go by when they are due and, at the same time, by when they were made", async () => {
  const { clock, queue, sent } = simulate({ rateLimits: { maxConcurrentDispatches: 1 } }, () => ({
    status: 200,
  }));
  queue.setPaused(true);
  const at = (seconds: number) => ({ scheduleTime: clock.now() + seconds * 1000 });
  for (const [path, seconds] of [
    ["d", 3],
    ["b", 1],
    ["a", 0],
    ["e", 3],
    ["c", 1],
  ] as const) {
    queue.add(taskInput(path, at(seconds)));
  }
  queue.setPaused(false);
  for (let second = 0; second <= 3; second++) {
    for (let step = 0; step < 10; step++) await turn();
    clock.advance(1000);
  }
  expect(sent.map(({ path }) => path)).toEqual(["/a", "/b", "/c", "/d", "/e"]);
});

it("a queue of 100,000 waiting tasks is worked off without a look at all of them for each", async () => {
  // Looked at one by one they would take longer than a test may.
  const count = 100_000;
  const { clock, queue, notices } = simulate({ rateLimits: { maxConcurrentDispatches: 100 } }, () => ({
    status: 200,
  }));
  queue.setPaused(true);
  for (let index = 0; index < count; index++) queue.add(taskInput(String(index)));
  queue.setPaused(false);
  while (!queue.isIdle()) {
    await turn();
    clock.advance(1000);
  }
  expect(notices.filter(({ event }) => event === "finished")).toHaveLength(count);
});

it("the rate is kept by the clock that was given", async () => {
  const { clock, queue, sent } = simulate({ rateLimits: { maxDispatchesPerSecond: 1 } }, () => ({
    status: 200,
  }));
  for (let index = 0; index < 13; index++) queue.add(taskInput(String(index)));
  for (let second = 0; second < 3; second++) {
    await turn();
    clock.advance(1000);
  }
  await turn();
  expect(sent.map(({ at }) => at)).toEqual([...Array(10).fill(0), 1000, 2000, 3000]);
});

it("an attempt ends at its deadline, and the task is tried again", async () => {
  const clock = handClock();
  const signals: AbortSignal[] = [];
  const queue = createQueue({
    name: NAME,
    settings: readSettings(fields({ retryConfig: { minBackoff: "1s" } }, "queue")),
    notify: () => undefined,
    identityToken: async () => "token",
    onChange: () => undefined,
    clock,
    send: (_request, signal) => {
      signals.push(signal);
      if (signals.length > 1) return Promise.resolve({ status: 200 });
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve(undefined)));
    },
  });
  queue.add(taskInput("a", { dispatchDeadline: MINUTE }));
  await turn();
  clock.advance(MINUTE - 1);
  expect(signals[0]?.aborted).toBe(false);
  clock.advance(1);
  expect(signals[0]?.aborted).toBe(true);
  await turn();
  clock.advance(1000);
  await turn();
  expect(signals).toHaveLength(2);
  expect([queue.isIdle(), clock.timers()]).toEqual([true, 0]);
});

it("a name is free again an hour after its task was done", async () => {
  const { clock, queue, sent } = simulate({}, () => ({ status: 200 }));
  const input = taskInput("a", { name: `${NAME}/tasks/one` });
  queue.add(input);
  await turn();
  clock.advance(30 * MINUTE);
  queue.add(taskInput("another"));
  await turn();
  clock.advance(30 * MINUTE - 1);
  expect(() => queue.add(input)).toThrow(/already exists/);
  clock.advance(1);
  queue.add(input);
  await turn();
  expect(sent.map(({ path }) => path)).toEqual(["/a", "/another", "/a"]);
});

it("a task that is deleted while it is tried is not tried again", async () => {
  const { clock, queue, sent, notices } = simulate({}, () => ({ status: 500 }));
  queue.add(taskInput("a", { name: `${NAME}/tasks/one` }));
  queue.remove("one");
  await turn();
  expect(queue.isIdle()).toBe(true);
  clock.advance(60 * MINUTE);
  await turn();
  expect(sent).toHaveLength(1);
  expect(notices.map(({ event }) => event)).toEqual(["created", "dispatched", "finished"]);
});
