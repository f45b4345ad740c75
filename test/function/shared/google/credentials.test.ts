import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAccessToken } from "../../../../function/shared/google/credentials.ts";
import { createSimulatedClock } from "../../../../sandbox/simulation/clock.ts";

/** What the metadata server does with one request: answers after so many milliseconds, or never. */
type Behaviour = { readonly after: number; readonly answer: () => Response } | "never";

const FLAVOR = { "metadata-flavor": "Google" };
const give = (token: string, seconds = 3600) =>
  Response.json({ access_token: token, expires_in: seconds, token_type: "Bearer" }, { headers: FLAVOR });

/** A metadata server that ignores every signal, as a connection can that the network swallows. */
function world(behaviours: readonly Behaviour[] = []) {
  const clock = createSimulatedClock();
  const requests: Request[] = [];
  const send: typeof fetch = async (input, init) => {
    requests.push(new Request(input, { headers: init?.headers ?? {} }));
    const count = requests.length;
    const behaviour = behaviours[count - 1] ?? { after: 5, answer: () => give(`token-${count}`) };
    if (behaviour === "never") return new Promise(() => undefined);
    await clock.sleep(behaviour.after);
    return behaviour.answer();
  };
  const token = createAccessToken({ send, clock, host: "metadata.test" });
  return { clock, requests, get: (patience: number) => token(clock.deadline(patience).signal) };
}

describe("the metadata server", () => {
  it("is asked as its protocol says", async () => {
    const { clock, requests, get } = world();
    expect(await clock.until(get(2_500))).toBe("token-1");
    const { pathname, searchParams, host } = new URL(requests[0]?.url ?? "");
    expect(host).toBe("metadata.test");
    expect(pathname).toBe("/computeMetadata/v1/instance/service-accounts/default/token");
    expect(searchParams.get("scopes")).toBe("https://www.googleapis.com/auth/cloud-platform");
    expect(requests[0]?.headers.get("metadata-flavor")).toBe("Google");
  });

  it("is asked once for all who wait, and again when the token is about to end", async () => {
    const { clock, requests, get } = world();
    const tokens = await clock.until(Promise.all([get(2_500), get(2_500), get(60_000)]));
    expect(tokens).toEqual(["token-1", "token-1", "token-1"]);
    await clock.advance(3_600_000 - 225_000 - 1_000);
    expect(await clock.until(get(2_500))).toBe("token-1");
    await clock.advance(2_000);
    expect(await clock.until(get(2_500))).toBe("token-2");
    expect(requests).toHaveLength(2);
  });

  it("is asked once more, within the time of a delivery, when it does not answer", async () => {
    const { clock, requests, get } = world(["never"]);
    const began = clock.now();
    expect(await clock.until(get(2_500))).toBe("token-2");
    expect(clock.now() - began).toBeLessThan(2_000);
    expect(requests).toHaveLength(2);
  });

  it("is waited for as long as each caller has, and asked afresh afterwards", async () => {
    const { clock, get } = world(["never", "never"]);
    const began = clock.now();
    const impatient = get(2_500).catch((error: Error) => [error.name, clock.now() - began]);
    const patient = get(60_000).catch((error: Error) => [error.name, clock.now() - began]);
    expect(await clock.until(impatient)).toEqual(["TimeoutError", 2_500]);
    expect(await clock.until(patient)).toEqual(["TimeoutError", 6_000]);
    expect(await clock.until(get(2_500))).toBe("token-3");
  });

  it("serves those with more time although who asked first has given up", async () => {
    const { clock, requests, get } = world(["never", { after: 3_000, answer: () => give("slow") }]);
    const impatient = get(1_500).catch((error: Error) => error.name);
    await clock.advance(100);
    const patient = get(10_000);
    expect(await clock.until(impatient)).toBe("TimeoutError");
    expect(await clock.until(patient)).toBe("slow");
    expect(requests).toHaveLength(2);
  });

  it.each([
    ["a refusal", () => new Response("no", { status: 503, headers: FLAVOR })],
    ["the page of something else", () => new Response("<html>", { status: 200 })],
    ["a token without its header", () => Response.json({ access_token: "stolen", expires_in: 3600 })],
    ["no token", () => Response.json({ token_type: "Bearer" }, { headers: FLAVOR })],
    ["no time", () => Response.json({ access_token: "token" }, { headers: FLAVOR })],
  ])("is not believed when it answers %s, and asked again by the next call", async (_name, answer) => {
    const { clock, get } = world([{ after: 5, answer }]);
    await expect(clock.until(get(2_500))).rejects.toThrow(/metadata server/);
    expect(await clock.until(get(2_500))).toBe("token-2");
  });
});

it("holds no caller longer than its own time, and works again as soon as the metadata server does", async () => {
  const behaviour: fc.Arbitrary<Behaviour> = fc.oneof(
    fc.constant("never" as const),
    fc.record({
      after: fc.integer({ min: 0, max: 20_000 }),
      answer: fc.constantFrom(
        () => give("token", 240),
        () => new Response("no", { status: 500 }),
      ),
    }),
  );
  const caller = fc.record({ at: fc.nat(30_000), patience: fc.integer({ min: 1, max: 20_000 }) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(behaviour, { maxLength: 6 }),
      fc.array(caller, { minLength: 1, maxLength: 8 }),
      async (behaviours, callers) => {
        const { clock, get } = world(behaviours);
        const waits: number[] = [];
        for (const { at, patience } of callers) {
          clock.setTimer(() => {
            const began = clock.now();
            const ended = () => void waits.push(clock.now() - began - patience);
            get(patience).then(ended, ended);
          }, at);
        }
        await clock.advance(60_000);
        expect(waits).toHaveLength(callers.length);
        for (const late of waits) expect(late).toBeLessThanOrEqual(0);
        // Each call ends what the one before it left; behind the last behaviour the server answers.
        for (const _ of behaviours) await clock.until(get(10_000).catch(() => undefined));
        expect(await clock.until(get(2_500))).toMatch(/^token/);
      },
    ),
    { numRuns: 200 },
  );
});
