import fc from "fast-check";
import { expect, it } from "vitest";
import { wireReceive } from "../../../function/receive/receive.ts";
import { createLog } from "../../../function/shared/log.ts";
import { ADDRESSES } from "../../support/deliveries.ts";
import { giveToken, googleError, isTokenRequest } from "../../support/google.ts";
import { isLong } from "../../support/long.ts";
import { recordFigure } from "../figures.ts";
import { CANARY } from "./changes.ts";
import { createBodies } from "./envelopes.ts";
import { expectHarmless, fuzz, usedHeap } from "./fuzzing.ts";
import { answerTo, createIdleClock } from "./in-memory.ts";
import { judgeDelivery, keyOf, rules, type Verdict } from "./oracle.ts";

const RUNS = isLong ? 100_000 : 3_000;
const SECRET = "s3cret-of-the-hook";
const PREVIOUS = "s3cret-before-it";
const QUEUE = "projects/p/locations/l/queues/q";

/**
 * How much more of the heap may be in use at 55 % and at the end of the runs than at 10 %, in bytes. Nothing of a delivery
 * is to be kept: the least that could be, an object of one field and a reference to it, would come to 32 bytes for each, which
 * is 2.9 million in the end. What V8 compiles and throws away meanwhile comes to less than a million.
 */
const GROWTH = 1_500_000;

/** How the queue behaves from its so-manieth task of a delivery on. */
interface QueueFault {
  readonly kind: "none" | "busy" | "forbidden" | "unreachable" | "no answer" | "known";
  readonly from: number;
}

/** A delivery, and how much of it is as Okta sends it. */
interface Delivered {
  readonly body: Buffer;
  /** Where the body is torn into pieces. */
  readonly tears: readonly number[];
  readonly method: string;
  readonly authorization: string | undefined;
  readonly contentType: string | undefined;
  readonly encoding: string | undefined;
  readonly fault: QueueFault;
}

/** Mostly the first of the values, sometimes one of the others. */
function mostly<T>(usual: T, ...others: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof(
    { weight: 40, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(usual, ...others) },
  );
}

const deliveries: fc.Arbitrary<Delivered> = fc.record({
  body: createBodies(),
  tears: fc.array(fc.nat(4_000), { maxLength: 2 }),
  method: mostly("POST", "GET", "PUT", "HEAD"),
  authorization: mostly<string | undefined>(
    `Bearer ${SECRET}`,
    ...[`Bearer ${PREVIOUS}`, `Bearer ${SECRET}x`, `bearer ${SECRET}`, SECRET, "Bearer ", undefined],
  ),
  contentType: mostly<string | undefined>(
    "application/json",
    ...["application/json; charset=utf-8", "text/plain", undefined],
  ),
  encoding: mostly<string | undefined>(undefined, "identity", "gzip"),
  fault: fc.record({
    kind: fc.oneof(
      { weight: 3, arbitrary: fc.constant("none" as const) },
      {
        weight: 1,
        arbitrary: fc.constantFrom("busy", "forbidden", "unreachable", "no answer", "known"),
      },
    ),
    from: fc.nat(3),
  }),
});

interface QueuedTask {
  readonly groupId: string;
  readonly userId: string;
  readonly eventUuid: string;
}

it(`takes ${RUNS.toLocaleString("en")} deliveries for what they are${isLong ? ", and keeps nothing of them" : ""}`, async () => {
  const clock = createIdleClock();
  const lines: string[] = [];
  const tasks: QueuedTask[] = [];
  const names = new Set<string>();
  let calls = 0;
  let fault: QueueFault = { kind: "none", from: 0 };

  /** Cloud Tasks, in memory. */
  const send: typeof fetch = async (url, init) => {
    if (isTokenRequest(url)) return giveToken();
    if (String(url) !== `https://cloudtasks.googleapis.com/v2/${QUEUE}/tasks`)
      throw new Error(`called ${url}`);
    const position = calls;
    calls += 1;
    const { name, httpRequest } = JSON.parse(String(init?.body)).task;
    if (position >= fault.from && fault.kind !== "none") {
      if (fault.kind === "unreachable") throw new TypeError("fetch failed");
      if (fault.kind === "no answer") {
        setImmediate(clock.expire);
        return new Promise(() => undefined);
      }
      if (fault.kind !== "known") return new Response("{}", { status: fault.kind === "busy" ? 503 : 403 });
    }
    expect(name).toMatch(/^projects\/p\/locations\/l\/queues\/q\/tasks\/[0-9a-f]{64}$/);
    expect(names.has(name)).toBe(false);
    names.add(name);
    tasks.push(JSON.parse(Buffer.from(httpRequest.body, "base64").toString()));
    return fault.kind === "known" && position >= fault.from
      ? googleError(409, "ALREADY_EXISTS")
      : Response.json({ name });
  };
  const handler = await wireReceive(
    createLog("acme", (line) => lines.push(line)),
    {
      RULES: JSON.stringify(rules),
      QUEUE,
      GRANT_URL: "https://grant.example.com",
      PROJECT: "acme",
      HOOK_SECRET: SECRET,
      HOOK_SECRET_PREVIOUS: PREVIOUS,
    },
    {
      clock,
      send,
      random: () => 0.5,
      newId: () => "id",
    },
  );

  const statuses = new Map<number, number>();
  const take = async (delivered: Delivered): Promise<void> => {
    for (const list of [lines, tasks]) list.length = 0;
    names.clear();
    calls = 0;
    fault = delivered.fault;
    // A condition that fails on an event is reported once a minute.
    clock.pass(61_000);
    const status = await answerTo(handler, requestOf(delivered));
    statuses.set(status, (statuses.get(status) ?? 0) + 1);

    const verdict = judgeDelivery(delivered.body);
    const refusal = refusalOf(delivered, verdict);
    if (refusal !== undefined) {
      expect([status, calls]).toEqual([refusal, 0]);
    } else {
      const hasFailed = !["none", "known"].includes(fault.kind) && calls > fault.from;
      expect(status).toBe(hasFailed ? 503 : 204);
      expectWanted(tasks, verdict, !hasFailed);
    }
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expectHarmless(line, [CANARY, ADDRESSES, "s3cret", "Bearer", "google-token"]);
  };

  const heap: number[] = [];
  const runs = await fuzz(RUNS, deliveries, take, {
    show: ({ body }) => body.toString(),
    onPart: (part) => {
      if ([2, 11, 20].includes(part)) heap.push(usedHeap());
    },
  });
  const [early = 0, middle = 0, late = 0] = heap;
  // In a short run, what is kept would not stand out.
  if (isLong) expect(Math.max(middle, late) - early).toBeLessThan(GROWTH);
  // Each way out was taken often.
  for (const status of [204, 400, 401, 405, 415, 503]) {
    expect(statuses.get(status)).toBeGreaterThan(runs / 1_000);
  }
  recordFigure("fuzz runs", runs);
}, 600_000);

function requestOf({ body, tears, method, authorization, contentType, encoding }: Delivered) {
  const headers: Record<string, string> = { "content-length": String(body.length) };
  if (authorization !== undefined) headers["authorization"] = authorization;
  if (contentType !== undefined) headers["content-type"] = contentType;
  if (encoding !== undefined) headers["content-encoding"] = encoding;
  const ends = [
    0,
    ...tears.map((tear) => Math.min(tear, body.length)).sort((one, other) => one - other),
    body.length,
  ];
  return { method, headers, pieces: ends.slice(1).map((end, index) => body.subarray(ends[index], end)) };
}

/** The status of what is refused whatever the queue does, by the order in which a request is looked at. */
function refusalOf(
  { method, authorization, contentType, encoding }: Delivered,
  verdict: Verdict | undefined,
): number | undefined {
  if (method !== "POST" && method !== "GET") return 405;
  if (![`Bearer ${SECRET}`, `Bearer ${PREVIOUS}`].includes(authorization ?? "")) return 401;
  // No GET here carries a challenge.
  if (method === "GET") return 400;
  if (!contentType?.startsWith("application/json") || encoding === "gzip") return 415;
  return verdict === undefined ? 400 : undefined;
}

/** @param all whether every wanted task must be there, too */
function expectWanted(tasks: readonly QueuedTask[], verdict: Verdict | undefined, all: boolean): void {
  const found = new Set<string>();
  for (const { groupId, userId, eventUuid } of tasks) {
    const key = keyOf(eventUuid, userId, groupId);
    if (!verdict?.allowed.has(key)) throw new Error(`Nothing leads to ${key}.`);
    found.add(key);
  }
  expect(found.size).toBe(tasks.length);
  for (const key of all ? (verdict?.required ?? []) : []) {
    if (!found.has(key)) throw new Error(`There is no task for ${key}.`);
  }
}
