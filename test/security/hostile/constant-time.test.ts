import { timingSafeEqual } from "node:crypto";
import { beforeEach, expect, it, vi } from "vitest";
import { createReceive } from "../../../function/receive/receive.ts";
import { challengeSecretOf } from "../../../function/shared/challenge-secret.ts";
import { createTestLog } from "../../support/log.ts";
import { answerTo, createIdleClock } from "./in-memory.ts";

// Time itself can't be tested without a threshold: what can be is that Node's comparison decides, and on what.
vi.mock("node:crypto", async (importActual) => {
  const actual = await importActual<typeof import("node:crypto")>();
  return { ...actual, timingSafeEqual: vi.fn(actual.timingSafeEqual) };
});

const SECRET = "s3cret-of-the-hook";
const PREVIOUS = "s3cret-before-it";

beforeEach(() => {
  vi.mocked(timingSafeEqual).mockClear();
});

it.each([
  ["the current secret", `Bearer ${SECRET}`, 200],
  ["the previous secret", `Bearer ${PREVIOUS}`, 200],
  ["what an uptime check sends", `Bearer ${challengeSecretOf(SECRET)}`, 200],
  ["another", "Bearer another", 401],
  ["the beginning of the secret", `Bearer ${SECRET.slice(0, -1)}`, 401],
  ["all but the first character", `bearer ${SECRET}`, 401],
  ["a very long one", `Bearer ${"x".repeat(10_000)}`, 401],
  ["none", undefined, 401],
])("compares every secret in constant time, whatever comes: %s", async (_name, authorization, status) => {
  const receive = createReceive({
    secrets: [SECRET, PREVIOUS],
    matchRules: () => [],
    queue: { enqueue: async () => "created" },
    log: createTestLog().log,
    clock: createIdleClock(),
  });
  const headers = {
    "x-okta-verification-challenge": "who are you",
    ...(authorization === undefined ? {} : { authorization }),
  };
  expect(await answerTo(receive, { method: "GET", headers, pieces: [] })).toBe(status);

  const compared = vi.mocked(timingSafeEqual).mock;
  // Each secret, and what is computed from each for uptime checks.
  expect(compared.calls.map((sides) => sides.map(({ byteLength }) => byteLength))).toEqual(
    Array(4).fill([32, 32]),
  );
  // What they say decides, and nothing else.
  expect(compared.results.some(({ value }) => value === true)).toBe(status === 200);
});
