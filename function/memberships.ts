import { type Clock, type Deadline, within } from "./clock.ts";
import type { MembershipTask } from "./contract.ts";
import type { SystemLogEvent } from "./events.ts";
import { CONNECTIONS } from "./google/connections.ts";
import type { TaskQueue } from "./google/task-queue.ts";
import type { Judge } from "./rules.ts";
import { beginTurn, nextTurn } from "./turns.ts";
import { createWorkPool } from "./work-pool.ts";

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
  let isTurnOver = beginTurn(now);
  for (const event of events) {
    const { uuid: eventUuid, eventType, published } = event;
    const userId = event.actor.id;
    for (const check of judge(event)) {
      for (const groupId of check(event)) {
        tasks.set(`${eventUuid} ${userId} ${groupId}`, { groupId, userId, eventUuid, eventType, published });
      }
      if (!isTurnOver()) continue;
      await within(nextTurn(), signal);
      isTurnOver = beginTurn(now);
    }
  }
  return [...tasks.values()];
}

/** In the last of a caller's time no call of the queue begins any more, in milliseconds: it would hardly end in time. */
const SPARE = 250;

/** Puts tasks into a queue, many at a time. What is not in the queue at the deadline has failed. Never rejects. */
export type EnqueueAll = (
  tasks: readonly MembershipTask[],
  queue: TaskQueue,
  deadline: Deadline,
) => Promise<Enqueued>;

/** One for all that an instance enqueues: it has one call under way for each of its connections, and no more. */
export function createEnqueueAll({ now }: Clock): EnqueueAll {
  const pool = createWorkPool({ most: CONNECTIONS, spare: SPARE, now });
  return async (tasks, queue, deadline) => {
    const { signal } = deadline;
    let queued = 0;
    let queuedBefore = 0;
    const reasons = new Set<string>();
    const enqueue = async (task: MembershipTask): Promise<void> => {
      try {
        if ((await queue.enqueue(task, signal)) === "created") queued += 1;
        else queuedBefore += 1;
      } catch (error) {
        reasons.add(error instanceof Error ? error.message : "unknown");
      }
    };
    await pool.each(tasks, enqueue, deadline);
    if (signal.aborted) reasons.add("the time for an answer was up");
    const failed = tasks.length - queued - queuedBefore;
    return { queued, queuedBefore, failed, ...(failed > 0 ? { reasons: [...reasons] } : {}) };
  };
}
