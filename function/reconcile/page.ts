import { type Deadline, isoTime } from "../clock.ts";
import type { TaskQueue } from "../google/task-queue.ts";
import type { Log } from "../log.ts";
import { type EnqueueAll, tasksOf } from "../memberships.ts";
import type { Judge } from "../rules.ts";
import type { ReadPage } from "./read-pages.ts";

/** What came of the pages that were read and queued as a whole. */
export interface RunCounts {
  pages: number;
  events: number;
  /** Memberships that the rules want of them. */
  wanted: number;
  queued: number;
  /** Those whose task was in the queue, or had lately been there, before. */
  queuedBefore: number;
}

/** One call of `reconcile`. */
export interface Run {
  readonly log: Log;
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
  /** In milliseconds since the epoch. */
  readonly startedAt: number;
  /** Later than this no other page is begun. In milliseconds since the epoch. */
  readonly lastPageAt: number;
  /** Until when a page must be read and queued; what comes after takes little time, but needs some. */
  readonly pages: Deadline;
  /** Until when the run must be over. */
  readonly end: Deadline;
  readonly enqueueAll: EnqueueAll;
  readonly counts: RunCounts;
  /** What Okta had logged by then has been read; in milliseconds since the epoch. Undefined while that is not known. */
  reached: number | undefined;
}

/** Not every task of a page is in the queue. */
export class NotQueuedError extends Error {
  override readonly name = "NotQueuedError";
  readonly failed: number;
  readonly reasons: readonly string[];

  constructor(failed: number, of: number, reasons: readonly string[]) {
    super(`${failed} of ${of} tasks of a page could not be queued.`);
    this.failed = failed;
    this.reasons = reasons;
  }
}

/**
 * Judges all events of a page and puts every membership that they lead to into the queue. Afterwards the page counts and
 * `reached` has moved on.
 *
 * @param queue undefined only counts
 * @throws NotQueuedError; then the page does not count at all
 */
export async function takePage(
  page: ReadPage,
  run: Run,
  { judge, queue }: { readonly judge: Judge; readonly queue: TaskQueue | undefined },
): Promise<void> {
  const { events, unprocessable } = page.batch;
  for (const { index, fault } of unprocessable) {
    run.log.error("Skipped an event that can never be processed.", { index, fault });
  }
  const tasks = await tasksOf(events, judge, run.now, run.pages.signal);
  const { counts } = run;
  if (queue !== undefined) {
    const { queued, queuedBefore, failed, reasons } = await run.enqueueAll(tasks, queue, run.pages);
    if (failed > 0) throw new NotQueuedError(failed, tasks.length, reasons ?? []);
    counts.queued += queued;
    counts.queuedBefore += queuedBefore;
  }
  counts.pages += 1;
  counts.events += page.events.length;
  counts.wanted += tasks.length;
  if (page.isTooLarge) sayTooLarge(run);
  if (page.reached !== undefined) run.reached = Math.max(run.reached ?? page.reached, page.reached);
}

/** Nothing is known of the event but its place. The run goes on behind it. */
function sayTooLarge({ log, reached }: Run): void {
  log.error("Skipped an event that is too large to be read.", {
    fault: "event-too-large",
    ...(reached === undefined ? {} : { after: isoTime(reached) }),
    remedy:
      "Find the event in Okta's System Log: the first one of the rules' event types after this time. If it is a sign-in, add the person to the group, or let the person sign in again.",
  });
}
