import { expect, it } from "vitest";
import { RateLimitError } from "../../../../function/shared/errors.ts";
import type { OktaAnswer } from "../../../../function/shared/okta/client.ts";
import { retryOnce } from "../../../../function/shared/okta/transport.ts";
import { createSimulatedClock } from "../../../../sandbox/simulation/clock.ts";

async function run(outcomes: readonly (number | Error)[], { timeout = 60_000, random = 0.5 } = {}) {
  const clock = createSimulatedClock();
  const times: number[] = [];
  const began = clock.now();
  const send = async (): Promise<OktaAnswer> => {
    const outcome = outcomes[times.length] ?? 500;
    times.push(clock.now() - began);
    if (outcome instanceof Error) throw outcome;
    return { status: outcome, headers: {}, body: undefined };
  };
  const call = retryOnce(send, { clock, random: () => random });
  const request = { method: "PUT", path: "/x", headers: {}, deadline: clock.deadline(timeout) } as const;
  const outcome = await clock.until(call(request).catch((error: unknown) => error));
  return { times, outcome };
}

it.each([
  ["a failure of Okta's", 500],
  ["an unreachable org", new Error("reset")],
])("%s is tried once more, after a wait", async (_name, failure) => {
  const { times, outcome } = await run([failure, 204]);
  expect(outcome).toMatchObject({ status: 204 });
  expect(times).toEqual([0, 1100]);
});

it("what fails twice is left to the queue", async () => {
  expect(await run([503, 502, 204])).toMatchObject({ outcome: { status: 502 }, times: [0, 1100] });
  const lost = new Error("reset");
  expect(await run([lost, lost, 204])).toMatchObject({ outcome: lost, times: [0, 1100] });
});

it.each([204, 400, 403, 404, 429, 501])("an answer of %i is not repeated", async (status) => {
  expect((await run([status])).times).toEqual([0]);
});

it("a full rate limit is not a failure", async () => {
  expect((await run([new RateLimitError(1000)])).times).toEqual([0]);
});

it("waits differently each time, so that many do not come back together", async () => {
  expect((await run([500, 204], { random: 0 })).times).toEqual([0, 200]);
  expect((await run([500, 204], { random: 0.99 })).times).toEqual([0, 1982]);
});

it("does not begin what its deadline would cut off", async () => {
  expect(await run([500, 204], { timeout: 1500 })).toMatchObject({ times: [0], outcome: { status: 500 } });
});
