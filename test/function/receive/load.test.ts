import { expect, it } from "vitest";
import { wireReceive } from "../../../function/receive/receive.ts";
import type { Clock } from "../../../function/shared/clock.ts";
import type { Send } from "../../../function/shared/google/api.ts";
import { CONNECTIONS } from "../../../function/shared/google/connections.ts";
import type { Handler } from "../../../function/shared/http.ts";
import { createSimulatedClock } from "../../../sandbox/simulation/clock.ts";
import { exchange } from "../../../sandbox/simulation/service.ts";
import { delivery, signInEvent } from "../../support/deliveries.ts";
import { giveToken, isTokenRequest } from "../../support/google.ts";
import { createTestLog } from "../../support/log.ts";

const SECRET = "s3cret-of-the-hook";

/** A receiver in simulated time. @param createTask how Cloud Tasks answers */
async function start(createTask: (clock: ReturnType<typeof createSimulatedClock>) => Promise<Response>) {
  const clock = createSimulatedClock();
  const calls = { begun: 0 };
  const open = new Set<object>();
  const counting: Clock = {
    ...clock,
    deadline(milliseconds) {
      const deadline = clock.deadline(milliseconds);
      open.add(deadline);
      return {
        ...deadline,
        [Symbol.dispose]() {
          deadline[Symbol.dispose]();
          open.delete(deadline);
        },
      };
    },
  };
  const send: Send = async (url) => {
    if (isTokenRequest(url)) return giveToken();
    calls.begun += 1;
    return createTask(clock);
  };
  const { log, entries } = createTestLog();
  const handler = await wireReceive(
    log,
    {
      RULES: JSON.stringify([{ groupId: "00gAppUsers", on: ["user.session.start"] }]),
      QUEUE: "projects/p/locations/l/queues/q",
      GRANT_URL: "https://grant.example.com",
      PROJECT: "acme",
      HOOK_SECRET: SECRET,
    },
    { clock: counting, send, random: Math.random, newId: () => "id" },
  );
  return { clock, calls, open, handler, entries };
}

async function deliver(handler: Handler, events: number): Promise<number> {
  const body = JSON.stringify(delivery(...Array.from({ length: events }, () => signInEvent())));
  const headers = { authorization: `Bearer ${SECRET}`, "content-type": "application/json" };
  return (await exchange(handler, { method: "POST", headers, body })).status;
}

it("answers 80 deliveries of 100 sign-ins at 2.25 s while the queue hangs, with no more calls than connections", async () => {
  const { clock, calls, handler, entries } = await start(() => new Promise(() => undefined));
  const began = clock.now();
  const statuses = await clock.until(Promise.all(Array.from({ length: 80 }, () => deliver(handler, 100))));
  expect(new Set(statuses)).toEqual(new Set([503]));
  expect(clock.now() - began).toBe(2_250);
  // Those whose time was up handed no place on to those whose time was about to be.
  expect(calls.begun).toBe(CONNECTIONS);
  expect(entries.filter(({ failed }) => failed === 100)).toHaveLength(80);
});

it("takes all of 80 deliveries of 100 sign-ins while the queue takes 50 ms for a task", async () => {
  const { clock, handler } = await start(async (clock) => {
    await clock.sleep(50);
    return Response.json({});
  });
  const statuses = await clock.until(Promise.all(Array.from({ length: 80 }, () => deliver(handler, 100))));
  expect(new Set(statuses)).toEqual(new Set([204]));
});

it("leaves no deadline behind once it has answered", async () => {
  const { clock, open, handler } = await start(async () => Response.json({}));
  expect(await clock.until(deliver(handler, 3))).toBe(204);
  expect(await clock.until(exchange(handler, { method: "GET", headers: {} }))).toMatchObject({ status: 401 });
  expect(open.size).toBe(0);
});
