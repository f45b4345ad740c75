import { aborted, within } from "./clock.ts";
import type { MembershipTask } from "./contract.ts";
import type { SystemLogEvent } from "./events.ts";
import type { TaskQueue } from "./google/task-queue.ts";
import type { Judge } from "./rules.ts";
import { nextTurn } from "./turns.ts";

/** Requests to the queue under way at once for one batch of events. */
const CONCURRENT_TASKS = 50;

/** How long events are judged before everything else in the process gets a turn. */
const TURN_MS = 10;

/** How many tasks of a batch are in the queue now. */
export interface Enqueued {
  readonly queued: number;
  /** Those that were there, or had lately been there, before. */
  readonly queuedBefore: number;
  readonly failed: number;
  /** Why some are not; absent when all are. */
  readonly reasons?: readonly string[];
}

/**
 * One task for each event, user and group, even where a batch holds an event twice. However many conditions there are to
 * judge, everything else in the process gets its turns meanwhile.
 *
 * @param now the clock, in milliseconds
 * @throws the signal's reason, when it is aborted before all is judged
 */
export async function tasksOf(
  events: readonly SystemLogEvent[],
  judge: Judge,
  now: () => number,
  signal: AbortSignal,
): Promise<MembershipTask[]> {
  const tasks = new Map<string, MembershipTask>();
  let turnEnds = now() + TURN_MS;
  for (const event of events) {
    const { uuid: eventUuid, eventType, published } = event;
    const userId = event.actor.id;
    for (const check of judge(event)) {
      for (const groupId of check(event)) {
        tasks.set(`${eventUuid} ${userId} ${groupId}`, { groupId, userId, eventUuid, eventType, published });
      }
      if (now() < turnEnds) continue;
      await within(nextTurn(), signal);
      turnEnds = now() + TURN_MS;
    }
  }
  return [...tasks.values()];
}

/** Puts tasks into the queue, many at a time. What is not in the queue when the signal is aborted has failed. */
export async function enqueueAll(
  tasks: readonly MembershipTask[],
  queue: TaskQueue,
  signal: AbortSignal,
): Promise<Enqueued> {
  let queued = 0;
  let queuedBefore = 0;
  const reasons = new Set<string>();
  const waiting = tasks.values();
  const work = async () => {
    for (const task of waiting) {
      try {
        if ((await queue.enqueue(task, signal)) === "created") queued += 1;
        else queuedBefore += 1;
      } catch (error) {
        reasons.add(error instanceof Error ? error.message : "unknown");
      }
    }
  };
  const workers = Promise.all(Array.from({ length: Math.min(CONCURRENT_TASKS, tasks.length) }, work));
  // A queue that ignores the signal must not hold the answer back.
  await Promise.race([workers, aborted(signal)]);
  if (signal.aborted) reasons.add("the time for an answer was up");
  const failed = tasks.length - queued - queuedBefore;
  return { queued, queuedBefore, failed, ...(failed > 0 ? { reasons: [...reasons] } : {}) };
}
