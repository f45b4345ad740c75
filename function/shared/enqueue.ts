import { setImmediate } from "node:timers/promises";
import { type Clock, type Deadline, within } from "./clock.ts";
import type { MembershipTask } from "./contract.ts";
import type { SystemLogEvent } from "./events.ts";
import { CONNECTIONS } from "./google/connections.ts";
import type { TaskQueue } from "./google/task-queue.ts";
import type { RuleMatcher } from "./rules.ts";

/** How many tasks of a batch are in the queue now. */
export interface Enqueued {
  readonly queued: number;
  /** Tasks that were in the queue already, or had lately been there. */
  readonly alreadyQueued: number;
  readonly failed: number;
  /** Why some are not; absent if all are. */
  readonly reasons?: readonly string[];
}

/**
 * Makes one task for each event, user and group, even if a batch holds an event twice, or several rules lead to the group: the first
 * rule counts. Works in time slices, so that many conditions do not block the rest of the process.
 *
 * @param now the clock, in milliseconds
 * @param delivery what the tasks have in common
 * @throws the signal's reason, when it is aborted before all is matched
 */
export async function tasksOf(
  events: readonly SystemLogEvent[],
  matchRules: RuleMatcher,
  now: () => number,
  signal: AbortSignal,
  delivery: Pick<MembershipTask, "deliveryId"> = {},
): Promise<MembershipTask[]> {
  const tasks = new Map<string, MembershipTask>();
  let isSliceOver = startTimeSlice(now);
  for (const event of events) {
    const { uuid: eventUuid, eventType, published } = event;
    const userId = event.actor.id;
    for (const check of matchRules(event)) {
      for (const { groupId, rule } of check(event)) {
        const key = `${eventUuid} ${userId} ${groupId}`;
        // Rules with the same condition are checked together, so a later check may have an earlier rule.
        if ((tasks.get(key)?.rule ?? Number.POSITIVE_INFINITY) <= rule) continue;
        tasks.set(key, { groupId, userId, eventUuid, eventType, published, rule, ...delivery });
      }
      if (!isSliceOver()) continue;
      await within(yieldToEventLoop(), signal);
      isSliceOver = startTimeSlice(now);
    }
  }
  return [...tasks.values()];
}

/** How long before its deadline a caller starts no further call of the queue: the call would hardly end in time. */
const SPARE_MS = 250;

/** Queues tasks, many at a time. Those that are not in the queue at the deadline have failed. Never rejects. */
export type EnqueueAll = (
  tasks: readonly MembershipTask[],
  queue: TaskQueue,
  deadline: Deadline,
) => Promise<Enqueued>;

/** One for all tasks of an instance, with at most one call under way for each of its connections. */
export function createEnqueueAll({ now }: Clock): EnqueueAll {
  const pool = createWorkPool({ most: CONNECTIONS, spareMs: SPARE_MS, now });
  return async (tasks, queue, deadline) => {
    const { signal } = deadline;
    let queued = 0;
    let alreadyQueued = 0;
    const reasons = new Set<string>();
    const enqueue = async (task: MembershipTask): Promise<void> => {
      try {
        if ((await queue.enqueue(task, signal)) === "created") queued += 1;
        else alreadyQueued += 1;
      } catch (error) {
        reasons.add(error instanceof Error ? error.message : "unknown");
      }
    };
    await pool.each(tasks, enqueue, deadline);
    if (signal.aborted) reasons.add("the time for an answer was up");
    const failed = tasks.length - queued - alreadyQueued;
    return { queued, alreadyQueued, failed, ...(failed > 0 ? { reasons: [...reasons] } : {}) };
  };
}

/** How long work may run before the rest of the process runs. */
const TIME_SLICE_MS = 10;

/** The most steps between two reads of the clock. A read can take as long as a short step. */
const MAXIMUM_STEPS = 8;

/**
 * Starts a time slice for work in many steps, which asks after each step whether the slice is over. The first steps are timed one
 * by one, in case each takes long.
 *
 * @param now the clock, in milliseconds
 */
export function startTimeSlice(now: () => number): () => boolean {
  const end = now() + TIME_SLICE_MS;
  let steps = 1;
  let stepsLeft = steps;
  return () => {
    stepsLeft -= 1;
    if (stepsLeft > 0) return false;
    steps = Math.min(2 * steps, MAXIMUM_STEPS);
    stepsLeft = steps;
    return now() >= end;
  };
}

/** Resolves when the last caller has had its turn of the event loop. There is one event loop, so there is one row of callers. */
let last = Promise.resolve();

/**
 * Waits for a turn of the event loop, in which everything runs that is ready. Callers get one turn each, one after another: many
 * callers in the same turn would run without a pause.
 */
export function yieldToEventLoop(): Promise<void> {
  last = last.then(() => setImmediate());
  return last;
}

/** Bounds how much work of many callers is under way at once. */
export interface WorkPool {
  /**
   * Does the work once for each item. The caller with the fewest items left goes first; of several, the one that came first. So a
   * caller with few items does not wait for one with many, and as many callers as possible end in time. Resolves when all work
   * has ended, or at the deadline: then no further item starts, and work that is still under way counts until it ends.
   *
   * @param work must not reject
   */
  each<Item>(items: readonly Item[], work: (item: Item) => Promise<void>, deadline: Deadline): Promise<void>;
}

/** A caller with waiting items. */
interface Batch {
  /** How many wait. */
  left: number;
  /** In milliseconds since the epoch. */
  readonly lastBegin: number;
  begin(): void;
}

/**
 * @param most how many items may be under way at once
 * @param spareMs how long before a caller's deadline none of its items starts, in milliseconds. Otherwise, when nothing ends any more,
 *   callers at their deadline would pass their slots on to callers that are about to reach theirs
 * @param now the clock, in milliseconds
 */
export function createWorkPool({
  most,
  spareMs,
  now,
}: {
  readonly most: number;
  readonly spareMs: number;
  readonly now: () => number;
}): WorkPool {
  let underWay = 0;
  /** The fewest items first. A caller at its deadline leaves in one step, even with many items. */
  const waiting: Batch[] = [];

  const fill = (): void => {
    for (let first = waiting[0]; first !== undefined && underWay < most; first = waiting[0]) {
      if (first.left === 0 || now() >= first.lastBegin) {
        waiting.shift();
        continue;
      }
      // It stays the first: others have as many or more.
      first.left -= 1;
      underWay += 1;
      first.begin();
    }
  };

  const enter = (batch: Batch): void => {
    const behind = waiting.findIndex(({ left }) => left > batch.left);
    waiting.splice(behind === -1 ? waiting.length : behind, 0, batch);
    fill();
  };

  return {
    each: (items, work, { at, signal }) =>
      new Promise((resolve) => {
        if (items.length === 0 || signal.aborted) return resolve();
        const rest = items.values();
        let unfinished = items.length;
        const end = (): void => {
          batch.left = 0;
          signal.removeEventListener("abort", end);
          resolve();
        };
        const onEnd = (): void => {
          underWay -= 1;
          unfinished -= 1;
          if (unfinished === 0) end();
          fill();
        };
        const batch: Batch = {
          left: items.length,
          lastBegin: at - spareMs,
          begin() {
            const { value, done } = rest.next();
            if (!done) work(value).then(onEnd, onEnd);
          },
        };
        signal.addEventListener("abort", end);
        enter(batch);
      }),
  };
}
