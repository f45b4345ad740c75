import { describe, expect, it } from "vitest";
import { createTokenBucket } from "../../../../sandbox/google/tasks/queue.ts";
import {
  backoffMilliseconds,
  isExhausted,
  type RetryConfig,
} from "../../../../sandbox/google/tasks/settings.ts";

const CONFIG: RetryConfig = {
  maxAttempts: 3,
  maxRetryMilliseconds: 0,
  minBackoffMilliseconds: 10_000,
  maxBackoffMilliseconds: 300_000,
  maxDoublings: 3,
};

it("back-off doubles, then grows by the same step, up to the maximum", () => {
  // The example of Cloud Tasks' own documentation of its retry parameters.
  const seconds = [1, 2, 3, 4, 5, 6, 7, 8].map((attempts) => backoffMilliseconds(CONFIG, attempts) / 1000);
  expect(seconds).toEqual([10, 20, 40, 80, 160, 240, 300, 300]);
});

it("without doublings it grows by its first step", () => {
  const config = { ...CONFIG, maxDoublings: 0, maxBackoffMilliseconds: 35_000 };
  expect([1, 2, 3, 4].map((attempts) => backoffMilliseconds(config, attempts))).toEqual([
    10_000, 20_000, 30_000, 35_000,
  ]);
});

describe("a task is given up", () => {
  it.each([
    ["before its last attempt", 3, 0, 2, 0, false],
    ["after its last attempt", 3, 0, 3, 0, true],
    ["after its last attempt, with time left", 3, 60_000, 3, 59_999, false],
    ["out of time, with attempts left", 3, 60_000, 2, 60_000, false],
    ["out of both", 3, 60_000, 3, 60_000, true],
    ["unlimited attempts, out of time", -1, 60_000, 99, 60_000, true],
    ["unlimited attempts, with time left", -1, 60_000, 99, 59_999, false],
    ["no limit at all", -1, 0, 1000, 10 ** 12, false],
  ])("%s", (_case, maxAttempts, maxRetryMilliseconds, attempts, age, expected) => {
    expect(isExhausted({ ...CONFIG, maxAttempts, maxRetryMilliseconds }, attempts, age)).toBe(expected);
  });
});

it("a token bucket lets a burst through, then the rate, and never saves up more than a burst", () => {
  let time = 0;
  const bucket = createTokenBucket(10, 2, () => time);
  expect([bucket.take(), bucket.take(), bucket.take()]).toEqual([true, true, false]);
  expect(bucket.wait()).toBe(100);
  time = 100;
  expect([bucket.take(), bucket.take()]).toEqual([true, false]);
  time = 60_000;
  expect([bucket.take(), bucket.take(), bucket.take()]).toEqual([true, true, false]);
});
