import fc from "fast-check";
import { expect, it } from "vitest";
import { createLog } from "../../../function/shared/log.ts";
import { ADDRESSES, signInEvent } from "../../support/deliveries.ts";
import { isLong } from "../../support/long.ts";
import { createLasting, type Step, startReconcile, taskName } from "../../support/reconciliation.ts";
import { createSystemLog } from "../../support/system-log.ts";
import { recordFigure } from "../figures.ts";
import { CANARY, changeOf } from "./changes.ts";
import { expectHarmless, fuzz } from "./fuzzing.ts";
import { answerTo, createIdleClock } from "./in-memory.ts";
import { parseJson } from "./oracle.ts";
import { taskBodies } from "./task-bodies.ts";
import { readingOf } from "./task-oracle.ts";

const RUNS = isLong ? 10_000 : 1_000;
const GROUP = "00gAppUsers";
const ORG = "https://acme.okta.example";
const continuationQueue = "projects/p/locations/l/queues/continuations";

const replay = {
  kind: "replay",
  continuationQueue,
  id: "3f2c1a52-0000-4000-8000-000000000001",
  since: "2026-01-04",
  until: "2026-01-05T08:00:00.000Z",
  dryRun: false,
};
const continuation = { kind: "replay-continuation", continuationQueue, id: replay.id, chunk: 1 };
/** Where it goes on. */
const place = {
  ...{
    state: "running",
    since: replay.since,
    until: replay.until,
    dryRun: false,
    reached: "2026-01-05T07:00:00Z",
  },
  ...{ counts: { events: 1, wanted: 1, queued: 1 }, chunk: 1, next: "/api/v1/logs?after=1&limit=1000" },
};

const honest = [{ kind: "poll", continuationQueue }, replay, { ...replay, dryRun: true }, continuation];

const bodies = taskBodies(
  honest,
  changeOf(`kind continuationQueue id since until dryRun chunk continued continued.next next __proto__ constructor
    toString later`),
);

const tasks = fc.record({
  body: bodies,
  /** The step that fails, in one of ten. */
  failing: fc.option(fc.constantFrom("page", "task", "read", "write", "continuation"), { freq: 9 }),
});

/** People who signed in, and one whose id would lead elsewhere. */
const events = ["00u00000000000000001", "00u00000000000000002", "../../x"].map((id, index) =>
  signInEvent({
    uuid: `0aa1bb22-ea1e-11f0-a688-${String(index).padStart(12, "0")}`,
    published: `2026-01-05T07:0${index}:00.000Z`,
    actor: { id, type: "User", alternateId: CANARY, displayName: CANARY },
  }),
);

it(`reads nothing but the System Log, by ${RUNS.toLocaleString("en")} tasks`, async () => {
  const statuses = new Map<number, number>();
  const runs = await fuzz(
    RUNS,
    tasks,
    async ({ body, failing }) => {
      const clock = createIdleClock();
      const lines: string[] = [];
      const lasting = createLasting(createSystemLog(ORG));
      lasting.log.events.push(...events);
      lasting.log.pageSize = 2;
      const began = `replays/${replay.id}.json`;
      const isGoingOn = readingOf(body)?.kind === "replay-continuation";
      if (isGoingOn) lasting.objects.set(began, { content: JSON.stringify(place), generation: "1" });
      let hasFailed = false;
      const step: Step = async (kind, effect) => {
        if (kind !== failing) return effect();
        hasFailed = true;
        throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
      };
      const handler = await startReconcile(lasting, {
        rules: [{ groupId: GROUP, on: ["user.session.start"] }],
        log: createLog("acme", (line) => lines.push(line)),
        clock,
        stackSince: clock.now(),
        backfillDays: 1,
        step,
      });
      const headers = { "content-type": "application/json" };
      const status = await answerTo(handler, { method: "POST", headers, pieces: [body] });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);

      const reading = readingOf(body);
      const isHonest = honest.some((task) => JSON.stringify(task) === JSON.stringify(parseJson(body)));
      if (reading === undefined) expect(status).toBe(400);
      expect([200, 400, 503]).toContain(status);
      if (status === 503) expect(hasFailed).toBe(true);
      if (isHonest && !hasFailed) expect(status).toBe(200);
      // Whatever the task says: the org's log is read, its own object written, its own queue gone on in.
      for (const { origin, pathname } of lasting.log.requests)
        expect(origin + pathname).toBe(`${ORG}/api/v1/logs`);
      for (const [name, { generation }] of lasting.objects) {
        if (!isGoingOn || generation !== "1") expect(name).toBe(reading?.object);
      }
      // Whatever the task says, what is read is what the rules name, or what a replay itself has come to.
      for (const url of lasting.log.requests) {
        if (!url.searchParams.has("after"))
          expect(url.searchParams.get("filter")).toMatch(/ and outcome\.result eq "SUCCESS"$/);
        else if (lasting.log.requests[0] === url) expect(`${url.pathname}${url.search}`).toBe(place.next);
      }
      for (const { task } of lasting.continuations) expect(task.continuationQueue).toBe(reading?.queue);
      const mayQueue = status !== 400 && reading?.dryRun === false;
      for (const { userId, groupId, eventUuid } of mayQueue ? lasting.queue.values() : []) {
        expect([groupId, userId]).toEqual([GROUP, expect.stringMatching(/^00u0{16}[12]$/)]);
        expect(events.map(({ uuid }) => uuid)).toContain(eventUuid);
      }
      if (!mayQueue) expect(lasting.queue.size).toBe(0);
      if (isHonest && !hasFailed && reading?.kind === "poll") {
        expect([...lasting.queue.keys()]).toEqual(
          events.slice(0, 2).map(({ uuid }) => taskName(String(uuid), GROUP)),
        );
      }
      expect(lines.length).toBeGreaterThan(0);
      for (const line of lines) expectHarmless(line, [CANARY, ADDRESSES]);
    },
    { show: ({ body, failing }) => `${failing ?? "nothing"} fails; ${body}` },
  );
  for (const status of [200, 400, 503]) expect(statuses.get(status)).toBeGreaterThan(runs / 100);
  recordFigure("fuzz runs", runs);
}, 600_000);
