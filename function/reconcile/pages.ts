import { type Clock, type Deadline, isoTime } from "../shared/clock.ts";
import { type EnqueueAll, tasksOf } from "../shared/enqueue.ts";
import { NotQueuedError } from "../shared/errors.ts";
import { type Batch, parseEvents } from "../shared/events.ts";
import type { TaskQueue } from "../shared/google/task-queue.ts";
import type { Log } from "../shared/log.ts";
import type { RuleMatcher } from "../shared/rules.ts";
import type { LogPage, ReadLog } from "./system-log.ts";

/** The counts of the pages that were read and completely queued. */
export interface RunCounts {
  pages: number;
  events: number;
  /** Memberships that these events lead to by the rules. */
  wanted: number;
  queued: number;
  /** Those whose task was in the queue already, or had lately been there. */
  alreadyQueued: number;
}

/** One call of `reconcile`. */
export interface Run {
  readonly log: Log;
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
  /** In milliseconds since the epoch. */
  readonly startedAt: number;
  /** After this time no further page is started. In milliseconds since the epoch. */
  readonly lastPageAt: number;
  /** Until when a page must be read and queued; the rest of the run needs a little time, too. */
  readonly pages: Deadline;
  /** Until when the run must be over. */
  readonly end: Deadline;
  readonly enqueueAll: EnqueueAll;
  readonly counts: RunCounts;
  /** Everything that Okta had logged by this time has been read; in milliseconds since the epoch. Undefined while unknown. */
  reached: number | undefined;
}

/**
 * Matches all events of a page and queues every membership that they lead to. Then counts the page and updates `reached`.
 *
 * @param queue undefined only counts
 * @throws NotQueuedError; then the page does not count at all
 */
export async function processPage(
  page: ReadPage,
  run: Run,
  { matchRules, queue }: { readonly matchRules: RuleMatcher; readonly queue: TaskQueue | undefined },
): Promise<void> {
  const { events, unprocessable } = page.batch;
  for (const { index, fault } of unprocessable) {
    run.log.signal("event-skipped", { index, fault });
  }
  const tasks = await tasksOf(events, matchRules, run.now, run.pages.signal);
  const { counts } = run;
  if (queue !== undefined) {
    const { queued, alreadyQueued, failed, reasons } = await run.enqueueAll(tasks, queue, run.pages);
    if (failed > 0) throw new NotQueuedError(failed, tasks.length, reasons ?? []);
    counts.queued += queued;
    counts.alreadyQueued += alreadyQueued;
  }
  counts.pages += 1;
  counts.events += page.events.length;
  counts.wanted += tasks.length;
  if (page.isTooLarge) reportTooLarge(run);
  if (page.reached !== undefined) run.reached = Math.max(run.reached ?? page.reached, page.reached);
}

/** Only the event's position is known. The run continues after it. */
function reportTooLarge({ log, reached }: Run): void {
  const fields = {
    fault: "event-too-large",
    ...(reached === undefined ? {} : { after: isoTime(reached) }),
    remedy:
      "Find the event in Okta's System Log: the first one of the rules' event types after this time. If it is a sign-in, add the person to the group, or let the person sign in again.",
  };
  log.signal("fault", fields, { message: "Skipped an event that is too large to read." });
}

/** A page as it was read. */
export interface ReadPage extends LogPage {
  /** Its own path and query, relative to the org. */
  readonly path: string;
  readonly batch: Batch;
  /** Up to this time, Okta's log ends with this page; in milliseconds since the epoch. Undefined when no event says it. */
  readonly reached: number | undefined;
}

/**
 * Reads pages one by one, each while the one before is processed. So at most two are in memory, and one request to Okta is under
 * way. Leaving the loop ends that request.
 *
 * @param path of the first page
 * @param follow returns the path of the next page, as soon as a page is read; undefined to stop
 * @throws what `readLog` throws for a page, once the one before has been worked on
 */
export async function* readPages(
  path: string,
  follow: (page: ReadPage) => string | undefined,
  deadline: Deadline,
  { readLog, clock }: { readonly readLog: ReadLog; readonly clock: Clock },
): AsyncGenerator<ReadPage, void> {
  const left = new AbortController();
  const until = { at: deadline.at, signal: AbortSignal.any([deadline.signal, left.signal]) };
  const read = async (place: string): Promise<ReadPage> => {
    const askedAt = clock.now();
    const page = await readLog(place, until);
    const batch = parseEvents(page.events);
    return { ...page, path: place, batch, reached: reachedBy(page, batch, askedAt) };
  };
  try {
    let reading: Promise<ReadPage> | undefined = read(path);
    while (reading !== undefined) {
      const page: ReadPage = await reading;
      const next = follow(page);
      reading = next === undefined ? undefined : read(next);
      // An error is thrown when the page's turn comes; if the loop ends before, it is ignored.
      reading?.catch(() => undefined);
      yield page;
    }
  } finally {
    left.abort();
  }
}

function reachedBy({ events, isTooLarge }: LogPage, batch: Batch, askedAt: number): number | undefined {
  // An empty page means that there was nothing more when it was requested.
  if (events.length === 0 && !isTooLarge) return askedAt;
  let reached: number | undefined;
  for (const { published } of batch.events) {
    const time = Date.parse(published);
    // An event that claims to come from the future must not move a later starting point there.
    if (time <= askedAt) reached = Math.max(reached ?? time, time);
  }
  return reached;
}
