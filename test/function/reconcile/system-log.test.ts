import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createLogReader,
  pollingPath,
  type ReadLog,
  windowPath,
} from "../../../function/reconcile/system-log.ts";
import type { Deadline } from "../../../function/shared/clock.ts";
import type { OktaTransport } from "../../../function/shared/okta/client.ts";
import { connectToOkta } from "../../../function/shared/okta/transport.ts";
import { startTestOkta } from "../../sandbox/okta/local.ts";
import { signInEvent } from "../../support/deliveries.ts";
import { createSystemLog, oktaError } from "../../support/system-log.ts";

const TYPES = ["user.session.start"];
const deadline: Deadline = { at: Number.POSITIVE_INFINITY, signal: new AbortController().signal };
const START = Date.parse("2026-01-05T09:00:00.000Z");

/** Reads to the end of the log: the uuids of events, and `too large` for each that is passed over. */
async function readAll(readLog: ReadLog, path: string): Promise<string[]> {
  const read: string[] = [];
  for (let next: string | undefined = path; next !== undefined; ) {
    const page = await readLog(next, deadline);
    if (page.isTooLarge) read.push("too large");
    for (const event of page.events) read.push(String(Reflect.get(Object(event), "uuid")));
    if (page.events.length === 0 && !page.isTooLarge) break;
    next = page.next;
  }
  return read;
}

describe("a page that is too large to be read", () => {
  it("is read in parts, and a single event that is too large is passed over", async () => {
    const okta = await startTestOkta();
    okta.createPerson({ login: "jane@example.com", displayName: "Jane" });
    const send = connectToOkta(okta.url, {
      connections: 1,
      maximumAnswerBytes: 64 * 1024,
      answerTimeoutMs: 60_000,
    });
    const readLog = createLogReader(
      (request) =>
        send({ ...request, headers: { ...request.headers, authorization: `SSWS ${okta.apiToken}` } }),
      okta.url,
    );
    const since = Date.now() - 1000;
    const expected = [10_000, 20_000, 100_000, 30_000, 10, 20, 100_000, 40_000].map((padding) => {
      okta.faults.log.padding = () => padding;
      const [event] = okta.signIn([{ kind: "success", login: "jane@example.com" }]);
      return padding === 100_000 ? "too large" : event?.uuid;
    });
    expect(await readAll(readLog, pollingPath(TYPES, since))).toEqual(expected);
    expect(await readAll(readLog, windowPath(TYPES, since, Date.now() + 1000))).toEqual(expected);
  });

  it.each([
    ["whatever sizes events have", false],
    ["also where Okta takes its links only as they are", true],
  ])("costs no event, %s", async (_name, isStrict) => {
    const sizes = fc.array(fc.oneof({ weight: 9, arbitrary: fc.nat(400) }, fc.nat(3_000)), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.boolean(), async (all, isWindow) => {
        const log = createSystemLog();
        log.maximumAnswerBytes = 2_000;
        const expected = all.map((size) => {
          const event = signInEvent({
            published: new Date(START).toISOString(),
            padding: "x".repeat(size),
          });
          log.events.push(event);
          return JSON.stringify([event]).length > log.maximumAnswerBytes
            ? "too large"
            : String(event["uuid"]);
        });
        const limits = new Map<string, string>();
        log.link = (next) => {
          const { searchParams } = new URL(next);
          limits.set(searchParams.get("after") ?? "", searchParams.get("limit") ?? "");
          return next;
        };
        // A link may be asked for with fewer events than it names all the same, or such an Okta could not be read.
        log.refuse = ({ searchParams }) => {
          const given = limits.get(searchParams.get("after") ?? "");
          const isLonger = given !== undefined && Number(searchParams.get("limit")) > Number(given);
          return isStrict && isLonger ? oktaError(400, "E0000001") : undefined;
        };
        const readLog = createLogReader(log.send, log.url);
        const path = isWindow ? windowPath(TYPES, START - 1, START + 1) : pollingPath(TYPES, START - 1);
        expect(await readAll(readLog, path)).toEqual(expected);
        // A page of one event follows ten halvings; for each event there are two calls more at most.
        expect(log.requests.length).toBeLessThanOrEqual(12 + 4 * all.length);
      }),
    );
  });

  it("is found by several runs where one has too little time for all the parts", async () => {
    const log = createSystemLog();
    for (let index = 0; index < 1000; index += 1) {
      log.events.push(signInEvent({ published: new Date(START).toISOString() }));
    }
    log.maximumAnswerBytes = JSON.stringify(log.events[0]).length * 20;
    let left = 0;
    const send: OktaTransport = async (request) => {
      if (left === 0) throw new Error("The run's time is up.");
      left -= 1;
      return log.send(request);
    };
    const readLog = createLogReader(send, log.url);
    const run = async () => {
      left = 2;
      return (await readLog(pollingPath(TYPES, START - 1), deadline).catch(() => undefined))?.events.length;
    };
    expect([await run(), await run(), await run(), await run()]).toEqual([
      undefined,
      undefined,
      undefined,
      15,
    ]);
  });

  it("makes pages behind it grow again", async () => {
    const log = createSystemLog();
    const add = (count: number, size: number) => {
      for (let index = 0; index < count; index += 1) {
        const published = new Date(START).toISOString();
        log.events.push(signInEvent({ published, padding: "x".repeat(size) }));
      }
    };
    add(2, 15_000);
    add(300, 0);
    const readLog = createLogReader(log.send, log.url);
    log.maximumAnswerBytes = 20_000;
    const first = await readLog(pollingPath(TYPES, START - 1), deadline);
    expect(first).toMatchObject({ limit: 1, isTooLarge: false });
    log.maximumAnswerBytes = 600_000;
    const limits: number[] = [];
    for (let next = first.next; next !== undefined && limits.length < 12; ) {
      const page = await readLog(next, deadline);
      limits.push(page.limit);
      next = page.events.length === 0 ? undefined : page.next;
    }
    expect(limits).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 512]);
  });

  it("is asked for in no other way than Okta wrote its link, but for the number", async () => {
    const log = createSystemLog();
    const asked: string[] = [];
    const send: OktaTransport = async ({ path }) => {
      asked.push(path);
      return { status: 200, headers: {}, body: undefined, isTooLarge: asked.length < 3 };
    };
    const link = "/api/v1/logs?filter=a+eq+%22limit%3D7%22&limit=3&after=1%2F2&sortOrder=ASCENDING";
    await createLogReader(send, log.url)(link, deadline).catch(() => undefined);
    const limits = [6, 3, 1].map((limit) => link.replace("limit=3", `limit=${limit}`));
    expect(asked).toEqual(limits);
  });
});
