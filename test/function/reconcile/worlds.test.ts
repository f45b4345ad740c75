import fc from "fast-check";
import { expect, it } from "vitest";
import type { PollTask, ReconcileTask, ReplayTask, Rule } from "../../../function/shared/contract.ts";
import { signInEvent } from "../../support/deliveries.ts";
import { createTestLog } from "../../support/log.ts";
import {
  type Answered,
  CONTINUATION_QUEUE,
  createLasting,
  type Lasting,
  send,
  startReconcile,
  taskName,
} from "../../support/reconciliation.ts";
import { createSystemLog, oktaError } from "../../support/system-log.ts";
import { createInterleaving, type Ending } from "./interleaving.ts";

const MINUTE = 60_000;
const HOUR_MS = 60 * MINUTE;
const START = Date.parse("2026-01-05T09:00:00.000Z");
const GROUP = "00gAppUsers";
const rules: readonly Rule[] = [{ groupId: GROUP, on: ["user.session.start"] }];
const pollTask: PollTask = { kind: "poll", continuationQueue: CONTINUATION_QUEUE };

/** What happens next in a world. */
type Happening =
  | { readonly kind: "sign-in"; readonly wanted: boolean; readonly minutesLate: number }
  | { readonly kind: "time"; readonly minutes: number }
  | { readonly kind: "run"; readonly which: number }
  | { readonly kind: "step"; readonly position: number; readonly ending: Ending }
  | { readonly kind: "lose cursor" }
  /** The next requests of a page by a link are refused, or answered with a link that is of no use. */
  | { readonly kind: "links"; readonly are: "good" | "refused" | "useless" };

const signIn = fc.record({
  kind: fc.constant("sign-in" as const),
  wanted: fc.boolean(),
  minutesLate: fc.nat(59),
});
const step = fc.record({
  kind: fc.constant("step" as const),
  position: fc.nat(60),
  ending: fc.oneof(
    { weight: 30, arbitrary: fc.constant<Ending>("well") },
    { weight: 2, arbitrary: fc.constantFrom<Ending>("fails", "unanswered") },
    { weight: 1, arbitrary: fc.constantFrom<Ending>("crashes before", "crashes after") },
  ),
});
const time = fc.record({
  kind: fc.constant("time" as const),
  // After a second the cursor may be written again.
  minutes: fc.oneof(fc.nat(60), fc.constant(1 / 60)),
});
const run = fc.record({ kind: fc.constant("run" as const), which: fc.nat(20) });
const trouble = fc.oneof(
  fc.record({ kind: fc.constant("links" as const), are: fc.constantFrom("good", "refused", "useless") }),
  fc.record({ kind: fc.constant("lose cursor" as const) }),
);

/** A world in which things happen, and runs whose steps interleave. */
function createWorld(pageSize: number) {
  const lasting = createLasting(createSystemLog());
  lasting.log.pageSize = pageSize;
  const interleaving = createInterleaving(START);
  const { clock } = interleaving;
  let instances = 0;
  let underWay = 0;
  return {
    lasting,
    interleaving,
    signIn(wanted: boolean, minutesLate: number) {
      const published = new Date(clock.now() - minutesLate * MINUTE).toISOString();
      lasting.log.events.push(
        signInEvent({ published, ...(wanted ? {} : { eventType: "user.session.end" }) }),
      );
    },
    /** Begins a run of an instance of its own, two at a time at most. */
    async run(task: ReconcileTask, answered: (answer: Answered) => void = () => undefined) {
      if (underWay >= 2) return;
      underWay += 1;
      const instance = instances++;
      const handler = await startReconcile(lasting, {
        rules,
        log: createTestLog().log,
        stackSince: START,
        ...interleaving.stepsOf(instance),
      });
      void send(handler, task).then((answer) => {
        underWay -= 1;
        answered(answer);
      });
      await new Promise(setImmediate);
    },
    async go(position: number, ending: Ending) {
      const before = interleaving.crashed.size;
      if (interleaving.pending().length > 0) await interleaving.go(position, ending);
      if (interleaving.crashed.size > before) underWay -= 1;
    },
    /** Everything that is under way ends well. */
    async settle() {
      while (interleaving.pending().length > 0) await interleaving.go(0, "well");
    },
  };
}

/** How far a cursor is: how many events lie before it. */
function placeOf(cursor: string): number {
  return Number(/after=(\d+)/.exec(JSON.parse(cursor).next ?? "")?.[1] ?? 0);
}

const isWanted = (event: Readonly<Record<string, unknown>>) => event["eventType"] === "user.session.start";

/** Looks at the cursor each time it is written. */
function watchCursor(lasting: Lasting, look: (place: number, before: number | undefined) => void): void {
  const { objects } = lasting;
  const set = objects.set.bind(objects);
  objects.set = (name, object) => {
    const before = objects.get(name);
    look(placeOf(object.content), before === undefined ? undefined : placeOf(before.content));
    return set(name, object);
  };
}

async function happen(
  world: ReturnType<typeof createWorld>,
  happenings: readonly Happening[],
  start: (which: number) => Promise<void>,
): Promise<void> {
  const { log, objects } = world.lasting;
  for (const happening of happenings) {
    switch (happening.kind) {
      case "sign-in":
        world.signIn(happening.wanted, happening.minutesLate);
        break;
      case "time":
        world.interleaving.clock.pass(happening.minutes * MINUTE);
        break;
      case "run":
        await start(happening.which);
        break;
      case "step":
        await world.go(happening.position, happening.ending);
        break;
      case "lose cursor":
        objects.delete("cursor.json");
        break;
      case "links":
        log.refuse = (url) =>
          happening.are === "refused" && url.searchParams.has("after")
            ? oktaError(400, "E0000001")
            : undefined;
        log.link = (next) => (happening.are === "useless" ? undefined : next);
    }
  }
  log.refuse = () => undefined;
  log.link = (next) => next;
}

it("loses no event, whatever fails, and the cursor never passes one that is not in the queue", async () => {
  const happenings = fc.array(
    fc.oneof(
      { weight: 6, arbitrary: signIn },
      { weight: 6, arbitrary: time },
      { weight: 4, arbitrary: run },
      { weight: 24, arbitrary: step },
      { weight: 1, arbitrary: trouble },
    ),
    { maxLength: 120, size: "max" },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      happenings,
      async (pageSize, all: readonly Happening[]) => {
        const world = createWorld(pageSize);
        const { lasting } = world;
        const missing = (end = Number.POSITIVE_INFINITY) =>
          lasting.log.events
            .slice(0, end)
            .filter((event) => isWanted(event) && !lasting.queue.has(taskName(String(event["uuid"]), GROUP)));
        const passed: unknown[] = [];
        watchCursor(lasting, (place) => passed.push(...missing(place)));

        await happen(world, all, () => world.run(pollTask));
        await world.settle();
        let events = 1;
        while (events > 0) {
          await world.run(pollTask, ({ body }) => {
            events = body.events;
          });
          await world.settle();
        }
        expect(passed).toEqual([]);
        expect(missing()).toEqual([]);
      },
    ),
    { numRuns: 400 },
  );
});

it("moves the cursor only forwards, however runs interleave", async () => {
  const happenings = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: signIn },
      { weight: 3, arbitrary: run },
      { weight: 3, arbitrary: time },
      { weight: 20, arbitrary: step },
    ),
    { maxLength: 120, size: "max" },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      happenings,
      async (pageSize, all: readonly Happening[]) => {
        const world = createWorld(pageSize);
        const backwards: number[] = [];
        watchCursor(world.lasting, (place, before = 0) => {
          if (place < before) backwards.push(before, place);
        });
        await happen(world, all, () => world.run(pollTask));
        await world.settle();
        expect(backwards).toEqual([]);
      },
    ),
    { numRuns: 300 },
  );
});

it("replays every event of a window once, and counts it once, whatever fails and is repeated", async () => {
  const happenings = fc.array(fc.oneof({ weight: 1, arbitrary: run }, { weight: 12, arbitrary: step }), {
    maxLength: 250,
    size: "max",
  });
  const wantedOnes = fc.array(fc.boolean(), { maxLength: 70, size: "max" });
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      wantedOnes,
      happenings,
      async (pageSize, wanted, all: readonly Happening[]) => {
        const world = createWorld(pageSize);
        const { lasting } = world;
        for (const [index, one] of wanted.entries()) world.signIn(one, index % 59);
        world.interleaving.clock.pass(MINUTE);
        const id = "3f2c1a52-0000-4000-8000-000000000001";
        const first: ReplayTask = {
          kind: "replay",
          continuationQueue: CONTINUATION_QUEUE,
          id,
          since: new Date(START - HOUR_MS).toISOString(),
          until: new Date(START + MINUTE).toISOString(),
          dryRun: false,
        };
        lasting.continuations.push({ name: `${id} 0`, task: first });
        /** Those that the queue has had an answer of. */
        const ended = new Set<ReconcileTask>();
        const deliver = async ({ task }: Lasting["continuations"][number]) =>
          world.run(task, ({ status }) => {
            if (status === 200) ended.add(task);
          });
        // Also those that have ended, and those that are under way: the queue delivers at least once.
        await happen(world, all, async (which) => {
          const one = lasting.continuations[which % lasting.continuations.length];
          if (one !== undefined) await deliver(one);
        });
        await world.settle();
        for (;;) {
          const next = lasting.continuations.find(({ task }) => !ended.has(task));
          if (next === undefined) break;
          await deliver(next);
          await world.settle();
        }

        const uuids = lasting.log.events.filter(isWanted).map((event) => String(event["uuid"]));
        expect(new Set(lasting.queue.keys())).toEqual(
          new Set(uuids.map((uuid) => taskName(uuid, GROUP, id))),
        );
        const progress = JSON.parse(lasting.objects.get(`replays/${id}.json`)?.content ?? "null");
        expect(progress).toMatchObject({
          state: "done",
          counts: { events: wanted.length, wanted: uuids.length, queued: uuids.length },
        });
      },
    ),
    { numRuns: 300 },
  );
});
