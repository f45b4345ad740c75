import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { RateLimitError } from "../../../../function/shared/errors.ts";
import type { OktaAnswer, OktaRequest, OktaTransport } from "../../../../function/shared/okta/client.ts";
import { followRateLimit } from "../../../../function/shared/okta/rate-limit.ts";
import { createSimulatedClock, type SimulatedClock } from "../../../../sandbox/simulation/clock.ts";

/** A bucket as Okta keeps it: a window of a minute that begins with its first call. */
function createBucket(
  clock: SimulatedClock,
  limit: number,
  options: { ahead?: number; latency?: () => number } = {},
) {
  const { ahead = 0, latency = () => 100 } = options;
  const oktaNow = () => clock.now() + ahead;
  let startedAt = Number.NEGATIVE_INFINITY;
  let used = 0;
  const times: number[] = [];
  const paths: string[] = [];
  let refusals = 0;
  /** Calls of somebody else. */
  const take = (count: number) => {
    if (oktaNow() >= startedAt + 60_000) {
      startedAt = oktaNow();
      used = 0;
    }
    used += count;
  };
  const send: OktaTransport = async ({ path }): Promise<OktaAnswer> => {
    await clock.sleep(latency() / 2);
    take(0);
    const allowed = used < limit;
    if (allowed) used += 1;
    else refusals += 1;
    times.push(clock.now());
    paths.push(path);
    const answer = {
      status: allowed ? 204 : 429,
      headers: {
        date: new Date(oktaNow()).toUTCString(),
        "x-rate-limit-limit": String(limit),
        "x-rate-limit-remaining": String(limit - used),
        "x-rate-limit-reset": String(Math.ceil((startedAt + 60_000) / 1000)),
      },
      body: undefined,
    };
    await clock.sleep(latency() / 2);
    return answer;
  };
  return { send, take, times, paths, refusals: () => refusals };
}

let clock: SimulatedClock;

beforeEach(() => {
  clock = createSimulatedClock();
});

function request(name = "/x", timeout = 3600_000): OktaRequest {
  return { method: "PUT", path: name, headers: {}, deadline: clock.deadline(timeout) };
}

function limited(send: OktaTransport, reserve = 0): OktaTransport {
  return followRateLimit(send, { clock, reserve, random: () => 0.5 });
}

describe("a bucket that many want", () => {
  it("is used up in each window, hardly ever beyond, in the order of the callers", async () => {
    const bucket = createBucket(clock, 250);
    const call = limited(bucket.send);
    const names = Array.from({ length: 1000 }, (_, index) => `/${index}`);
    const began = clock.now();
    // Twenty at once, as the queue hands them out.
    const waiting = names.values();
    await clock.until(
      Promise.all(
        Array.from({ length: 20 }, async () => {
          for (const name of waiting) expect((await call(request(name))).status).toBe(204);
        }),
      ),
    );
    expect(bucket.times).toHaveLength(1000 + bucket.refusals());
    expect(bucket.refusals()).toBeLessThanOrEqual(10);
    // Four windows: three whole ones and the moment that the last calls take.
    expect(clock.now() - began).toBeLessThan(180_000 * 1.05);
    const places = bucket.paths.map((path) => Number(path.slice(1)));
    for (const [index, place] of places.entries()) expect(Math.abs(place - index)).toBeLessThan(40);
  });

  it("says of a window, once the next one has begun, which part of it all clients have used", async () => {
    const bucket = createBucket(clock, 100);
    const parts: number[] = [];
    const call = followRateLimit(bucket.send, {
      clock,
      reserve: 0,
      random: () => 0.5,
      onUse: (part) => parts.push(part),
    });
    for (let index = 0; index < 60; index += 1) await clock.until(call(request()));
    expect(parts).toEqual([]);
    await clock.advance(61_000);
    await clock.until(call(request()));
    expect(parts).toEqual([0.6]);
  });

  it("keeps its reserve for others", async () => {
    const bucket = createBucket(clock, 100);
    const call = limited(bucket.send, 0.2);
    const calls = Promise.all(Array.from({ length: 90 }, () => call(request())));
    await clock.advance(50_000);
    expect(bucket.times).toHaveLength(80);
    await clock.until(calls);
    expect(bucket.refusals()).toBe(0);
  });

  it("gets no more calls as soon as others have used it", async () => {
    const bucket = createBucket(clock, 100);
    const call = limited(bucket.send, 0.1);
    await clock.until(call(request()));
    bucket.take(85);
    await clock.until(call(request()));
    const calls = Promise.all(Array.from({ length: 20 }, () => call(request())));
    await clock.advance(50_000);
    // 100 less 85 of theirs less the reserve of 10.
    expect(bucket.times).toHaveLength(5);
    await clock.until(calls);
    expect(bucket.refusals()).toBe(0);
  });
});

it("asks with one call first while nothing is known", async () => {
  const bucket = createBucket(clock, 100);
  const call = limited(bucket.send);
  const calls = Promise.all([call(request()), call(request()), call(request())]);
  await clock.advance(60);
  expect(bucket.times).toHaveLength(1);
  await clock.until(calls);
  expect(bucket.times).toHaveLength(3);
});

it("goes by Okta's clock, however wrong its own is", async () => {
  for (const ahead of [-120_000, 120_000]) {
    const bucket = createBucket(clock, 5, { ahead });
    const call = limited(bucket.send);
    const began = clock.now();
    await clock.until(Promise.all(Array.from({ length: 6 }, () => call(request()))));
    expect(bucket.refusals()).toBe(0);
    expect(clock.now() - began).toBeGreaterThanOrEqual(60_000);
    expect(clock.now() - began).toBeLessThan(63_000);
  }
});

describe("a deadline", () => {
  it("that comes before the next window ends the wait at once, and says when to come again", async () => {
    const bucket = createBucket(clock, 1);
    const call = limited(bucket.send);
    await clock.until(call(request()));
    const began = clock.now();
    const error = await clock.until(call(request("/late", 30_000)).catch((reason: unknown) => reason));
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ retryAfterMs: expect.any(Number) });
    expect(clock.now()).toBe(began);
    if (error instanceof RateLimitError) await clock.advance(error.retryAfterMs);
    await clock.until(call(request("/again", 30_000)));
    expect(bucket.refusals()).toBe(0);
  });

  it("counts those who wait before", async () => {
    const bucket = createBucket(clock, 1);
    const call = limited(bucket.send);
    await clock.until(call(request()));
    const patient = [call(request("/first", 200_000)), call(request("/second", 200_000))];
    const now = clock.now();
    await expect(clock.until(call(request("/third", 90_000)))).rejects.toThrow(RateLimitError);
    expect(clock.now()).toBe(now);
    await clock.until(Promise.all(patient));
    expect(bucket.paths).toEqual(["/x", "/first", "/second"]);
  });

  it("that passes while Okta is silent ends the wait of those behind", async () => {
    const silent: OktaTransport = ({ deadline }) =>
      new Promise((_resolve, reject) => {
        deadline.signal.addEventListener("abort", () => reject(new Error("silent")));
      });
    const call = limited(silent);
    const first = call(request("/first", 20_000)).catch(String);
    const second = call(request("/second", 10_000)).catch(String);
    expect(await clock.until(second)).toContain("RateLimitError");
    expect(await clock.until(first)).toContain("silent");
    // The one that gave up holds no place.
    expect(await clock.until(call(request("/third", 10_000)).catch(String))).toContain("silent");
  });
});

describe("a refusal", () => {
  const refusal = (headers: Record<string, string>): OktaAnswer => ({ status: 429, headers, body: {} });
  const added: OktaAnswer = { status: 204, headers: {}, body: undefined };

  it("is waited out and the call sent again", async () => {
    const bucket = createBucket(clock, 3);
    bucket.take(3);
    const answer = await clock.until(limited(bucket.send)(request()));
    expect(answer.status).toBe(204);
    expect(bucket.refusals()).toBe(1);
  });

  it("of too many simultaneous calls, whose reset is only an estimate, pauses all, longer each time", async () => {
    const concurrency = refusal({
      "x-rate-limit-limit": "0",
      "x-rate-limit-remaining": "0",
      "x-rate-limit-reset": String(clock.now() / 1000 + 3600),
    });
    const times: number[] = [];
    const call = limited(async () => {
      times.push(clock.now());
      return times.length <= 3 ? concurrency : added;
    });
    expect((await clock.until(call(request()))).status).toBe(204);
    const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(pauses).toEqual([375, 750, 1500]);
  });

  it("of several calls at once is one refusal, and what succeeds afterwards begins anew", async () => {
    const times: number[] = [];
    let refuse = 0;
    const call = limited(async () => {
      await clock.sleep(10);
      times.push(clock.now());
      if (times.length === 1) return known;
      refuse -= 1;
      return refuse >= 0 ? refusal({ "x-rate-limit-limit": "0" }) : added;
    });
    const known: OktaAnswer = {
      status: 204,
      headers: {
        "x-rate-limit-limit": "100",
        "x-rate-limit-remaining": "99",
        "x-rate-limit-reset": String(clock.now() / 1000 + 50),
      },
      body: undefined,
    };
    await clock.until(call(request()));
    for (const _round of [1, 2]) {
      refuse = 4;
      const began = clock.now();
      await clock.until(Promise.all(Array.from({ length: 4 }, () => call(request()))));
      expect(clock.now() - began).toBe(10 + 375 + 10);
    }
  });

  it("lets the refused go before those that came later", async () => {
    const bucket = createBucket(clock, 1);
    bucket.take(1);
    const call = limited(bucket.send);
    await clock.until(Promise.all([call(request("/first")), call(request("/second"))]));
    expect(bucket.paths).toEqual(["/first", "/first", "/second"]);
  });

  it("without any headers does not make it ask again at once", async () => {
    const times: number[] = [];
    const call = limited(async () => {
      times.push(clock.now());
      return times.length === 1 ? refusal({}) : added;
    });
    await clock.until(call(request()));
    expect(times[1]).toBeGreaterThan(times[0] ?? 0);
  });
});

it("asks again after two minutes when Okta names an end that can't be", async () => {
  const headers = (remaining: string) => ({
    "x-rate-limit-limit": "100",
    "x-rate-limit-remaining": remaining,
    "x-rate-limit-reset": String(clock.now() / 1000 + 365 * 24 * 3600),
  });
  let sent = 0;
  const call = limited(async () => ({
    status: 204,
    headers: headers(sent++ === 0 ? "0" : "99"),
    body: undefined,
  }));
  await clock.until(call(request()));
  const began = clock.now();
  await clock.until(call(request()));
  expect(clock.now() - began).toBe(120_000);
});

it("goes by the least that was left, however answers overtake each other", async () => {
  const left = [10, 3, 9];
  const delays = [10, 20, 30];
  let sent = 0;
  const reset = String(clock.now() / 1000 + 30);
  const call = limited(async () => {
    const index = sent++;
    await clock.sleep(delays[index] ?? 10);
    const headers = {
      "x-rate-limit-limit": "20",
      "x-rate-limit-remaining": String(left[index] ?? 0),
      "x-rate-limit-reset": reset,
    };
    return { status: 204, headers, body: undefined };
  });
  await clock.until(call(request()));
  await clock.until(Promise.all([call(request()), call(request())]));
  const more = Promise.all(Array.from({ length: 9 }, () => call(request())));
  await clock.advance(5);
  expect(sent).toBe(3 + 3);
  await clock.until(more);
});

it("gives its place back when a call fails", async () => {
  let fails = true;
  const call = limited(async () => {
    if (fails) throw new Error("reset");
    return { status: 204, headers: {}, body: undefined };
  });
  await expect(clock.until(call(request()))).rejects.toThrow("reset");
  fails = false;
  expect((await clock.until(call(request()))).status).toBe(204);
});

it("answers every call within its deadline and never uses more than the bucket holds", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        limit: fc.integer({ min: 1, max: 20 }),
        reserve: fc.constantFrom(0, 0.1, 0.5),
        latencies: fc.array(fc.integer({ min: 2, max: 4000 }), { minLength: 1, maxLength: 8 }),
        calls: fc.array(
          fc.record({
            at: fc.integer({ min: 0, max: 200_000 }),
            timeout: fc.integer({ min: 500, max: 200_000 }),
          }),
          { maxLength: 40 },
        ),
      }),
      async ({ limit, reserve, latencies, calls }) => {
        clock = createSimulatedClock();
        let turn = 0;
        const latency = () => latencies[turn++ % latencies.length] ?? 100;
        const bucket = createBucket(clock, limit, { latency });
        const call = limited(bucket.send, reserve);
        let answered = 0;
        const all = calls.map(async ({ at, timeout }) => {
          await clock.sleep(at);
          const due = clock.now() + timeout;
          const outcome = await call(request("/x", timeout)).catch((error: unknown) => error);
          // A call that has gone out is not cut off here, so its own time comes on top.
          expect(clock.now()).toBeLessThanOrEqual(due + 4_000);
          if (outcome instanceof Error) expect(outcome).toBeInstanceOf(RateLimitError);
          else answered += 1;
        });
        await clock.until(Promise.all(all));
        expect(bucket.times.length - bucket.refusals()).toBe(answered);
      },
    ),
    { numRuns: 300 },
  );
});

describe("shares of a window", () => {
  /** A request of a kind that takes so much at most. */
  const shared = (kind: string, most: () => number, timeout?: number): OktaRequest => ({
    ...request(`/${kind}`, timeout),
    share: { kind, most },
  });
  const countOf = (paths: readonly string[], kind: string) =>
    paths.filter((path) => path === `/${kind}`).length;

  it("leave room for those of another kind that come later", async () => {
    const bucket = createBucket(clock, 100);
    const call = limited(bucket.send);
    await clock.until(call(request("/first")));
    const memberships = Array.from({ length: 200 }, () => call(shared("membership", () => 0.75)));
    await clock.advance(10_000);
    expect(countOf(bucket.paths, "membership")).toBe(75);
    for (let index = 0; index < 24; index += 1) await clock.until(call(shared("list", () => 0.5)));
    expect(countOf(bucket.paths, "list")).toBe(24);
    await clock.advance(60_000);
    // The call that went ahead to learn of the window counts in none.
    expect(countOf(bucket.paths, "membership")).toBe(151);
    await clock.until(Promise.all(memberships));
    expect(bucket.refusals()).toBe(0);
  });

  it("grow while requests wait for them", async () => {
    const bucket = createBucket(clock, 100);
    const call = limited(bucket.send);
    await clock.until(call(request("/first")));
    let most = 0.5;
    const memberships = Array.from({ length: 99 }, () => call(shared("membership", () => most)));
    await clock.advance(10_000);
    expect(countOf(bucket.paths, "membership")).toBe(50);
    most = 1;
    await clock.advance(2_000);
    expect(countOf(bucket.paths, "membership")).toBe(99);
    await clock.until(Promise.all(memberships));
  });

  it("that are used up have a request with too little time refused, which says when the next window opens", async () => {
    const bucket = createBucket(clock, 100);
    const call = limited(bucket.send);
    await clock.until(Promise.all(Array.from({ length: 11 }, () => call(shared("list", () => 0.1)))));
    await expect(call(shared("list", () => 0.1, 5_000))).rejects.toThrow(RateLimitError);
    const error: unknown = await call(shared("list", () => 0.1, 5_000)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ retryAfterMs: expect.any(Number) });
    expect((await clock.until(call(shared("membership", () => 0.75)))).status).toBe(204);
  });

  it("never keep all waiting: every call is sent, each kind within its share", async () => {
    const kinds = fc.record({
      kind: fc.constantFrom("list", "membership", "other"),
      at: fc.integer({ min: 0, max: 150_000 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(kinds, { minLength: 1, maxLength: 120 }),
        fc.integer({ min: 2, max: 40 }),
        async (calls, limit) => {
          clock = createSimulatedClock();
          const bucket = createBucket(clock, limit);
          const call = limited(bucket.send);
          const most = { list: 0.5, membership: 0.75, other: 1 };
          const answers = calls.map(async ({ kind, at }) => {
            await clock.sleep(at);
            const asked = kind === "other" ? request("/other") : shared(kind, () => Reflect.get(most, kind));
            return (await call(asked)).status;
          });
          expect(await clock.until(Promise.all(answers))).toEqual(calls.map(() => 204));
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe("a request that is needless", () => {
  it("is not sent where it is so from the beginning", async () => {
    const bucket = createBucket(clock, 10);
    const call = limited(bucket.send)({ ...request(), needless: AbortSignal.abort() });
    await expect(call).rejects.toThrow(RateLimitError);
    expect(bucket.paths).toEqual([]);
  });

  it("is not sent when its turn has not come", async () => {
    const bucket = createBucket(clock, 1);
    const call = limited(bucket.send);
    await clock.until(call(request("/first")));
    const needless = new AbortController();
    const waiting = call({ ...request("/needless"), needless: needless.signal });
    const next = call(request("/next"));
    needless.abort();
    await expect(waiting).rejects.toThrow(RateLimitError);
    await clock.until(next);
    expect(bucket.paths).toEqual(["/first", "/next"]);
  });

  it("ends as it would when it is sent", async () => {
    const bucket = createBucket(clock, 10);
    const needless = new AbortController();
    const sent = limited(bucket.send)({ ...request(), needless: needless.signal });
    await clock.advance(10);
    needless.abort();
    expect((await clock.until(sent)).status).toBe(204);
  });
});
