import type { Clock } from "../clock.ts";
import type { ContinuationQueue } from "../google/continuation-queue.ts";
import { ObjectChangedError } from "../google/object-store.ts";
import type { TaskQueue } from "../google/task-queue.ts";
import { LOG_PAGE, pollingPath, type ReadLog, SystemLogError } from "../okta/system-log.ts";
import type { Judge } from "../rules.ts";
import type { PollTask } from "../settings.ts";
import { beginAgain, beginWithout, HOUR, type Origin } from "./beginning.ts";
import type { Cursor, Cursors, FoundCursor } from "./cursor.ts";
import { type Run, takePage } from "./page.ts";

/** What a poll works with. */
export interface PollDependencies {
  readonly readLog: ReadLog;
  readonly cursors: Cursors;
  readonly queue: TaskQueue;
  readonly continuations: ContinuationQueue;
  readonly judge: Judge;
  /** Those that the rules name, sorted. */
  readonly eventTypes: readonly string[];
  readonly origin: Origin;
  readonly clock: Clock;
}

/** How a poll ended: `overtaken` by another run, or with `more` to read, for which another one is on its way. */
export type PollOutcome = "done" | "more" | "overtaken";

/** Pages that one run reads at most. */
const MAXIMUM_PAGES = 50;

/** This close to the run's start, a page that is not full is the log's end; what still comes is the next run's. */
const CLOSE = 60_000;

/** An empty page moves only `reached`, which is worth a write this often; in milliseconds. */
const REACHED_INTERVAL = HOUR;

/** Okta's page had no next link that can be followed. */
export class NoNextLinkError extends Error {
  override readonly name = "NoNextLinkError";
}

/**
 * Reads on in the System Log from the cursor to its end, page by page: the memberships of a page are all in the queue before
 * the cursor moves behind it. So a run that ends anywhere, or one of two at once, leaves nothing out; what is read twice
 * folds in the queue.
 *
 * @throws NoNextLinkError, and what a page, the cursor or the queue throws
 */
export async function poll(task: PollTask, run: Run, dependencies: PollDependencies): Promise<PollOutcome> {
  try {
    const isMore = await readToEnd(run, dependencies);
    if (!isMore) return "done";
  } catch (error) {
    if (error instanceof ObjectChangedError) return "overtaken";
    throw error;
  }
  await dependencies.continuations.enqueue(task.continuationQueue, task, run.end.signal);
  return "more";
}

/** Where to read, and what is known to have been read before. */
interface Place {
  readonly path: string;
  /** A link of Okta's, which it may refuse one day, and no beginning of ours. */
  readonly isLink: boolean;
  /** In milliseconds since the epoch. */
  readonly reached: number;
}

/** @returns whether there is more to read, for which no time is left */
async function readToEnd(run: Run, dependencies: PollDependencies): Promise<boolean> {
  const { readLog, cursors, queue, judge, eventTypes, clock } = dependencies;
  const found = await cursors.read(run.end.signal);
  let { generation, cursor } = found;
  let place = begin(found, run, dependencies);
  let mayBeginAgain = true;

  const write = async (next: string | undefined, reached: number): Promise<void> => {
    const moved = { next, eventTypes, reached };
    generation = await cursors.write(moved, generation, run.end.signal);
    cursor = moved;
  };

  while (run.counts.pages < MAXIMUM_PAGES && clock.now() <= run.lastPageAt) {
    run.reached = place.reached;
    const askedAt = clock.now();
    const page = await readLog(place.path, run.pages).catch(refusalOf);
    if (page instanceof SystemLogError) {
      if (!place.isLink || !mayBeginAgain) throw page;
      mayBeginAgain = false;
      const { status, code, requestId } = page;
      const { since, ...earlier } = beginFrom(place.reached, dependencies);
      run.log.warning("Okta refuses the cursor; the System Log is read from an earlier moment on.", {
        since: isoTime(since),
        status,
        code,
        requestId,
      });
      place = earlier;
      continue;
    }

    await takePage(page, run, { judge, queue, askedAt });
    const { next } = page;
    if (next === undefined) {
      // The next run begins again, from where this page began.
      if (cursor === undefined || cursor.next !== undefined) await write(undefined, place.reached);
      throw new NoNextLinkError(page.linkFault ?? "Okta's page has no next link.");
    }
    const { reached } = run;
    const isEmpty = page.events.length === 0;
    if (!isEmpty || isNews({ next, eventTypes, reached }, cursor)) await write(next, reached);
    if (isEmpty || (page.events.length < LOG_PAGE && reached >= run.startedAt - CLOSE)) return false;
    place = { path: next, isLink: true, reached };
  }
  return true;
}

/** Whether a cursor that no event has moved is worth a write. */
function isNews(cursor: Cursor, before: Cursor | undefined): boolean {
  return (
    before === undefined ||
    before.next !== cursor.next ||
    !isSame(before.eventTypes, cursor.eventTypes) ||
    cursor.reached - before.reached >= REACHED_INTERVAL
  );
}

function begin(found: FoundCursor, run: Run, dependencies: PollDependencies): Place {
  const { eventTypes, origin, clock } = dependencies;
  const { state, cursor } = found;
  if (cursor === undefined) {
    const { since, lost } = beginWithout(origin, clock.now());
    const fields = { since: isoTime(since) };
    if (state === "corrupt") {
      run.log.warning("The cursor is damaged; the System Log is read from an earlier moment on.", fields);
    } else if (lost) {
      run.log.warning("The cursor is lost; the System Log is read from an earlier moment on.", fields);
    } else run.log.info("There is no cursor yet; this is the first poll.", fields);
    return { path: pollingPath(eventTypes, since), isLink: false, reached: since };
  }
  const { next, reached } = cursor;
  if (!isSame(cursor.eventTypes, eventTypes)) {
    const place = beginFrom(reached, dependencies);
    const fields = { since: isoTime(place.since) };
    run.log.info("The rules name other events; the System Log is read from an earlier moment on.", fields);
    return place;
  }
  if (next === undefined) {
    const place = beginFrom(reached, dependencies);
    const fields = { since: isoTime(place.since) };
    run.log.warning("The cursor has no link; the System Log is read from an earlier moment on.", fields);
    return place;
  }
  return { path: next, isLink: true, reached };
}

function beginFrom(
  reached: number,
  { eventTypes, clock }: PollDependencies,
): Place & { readonly since: number } {
  const since = beginAgain(reached, clock.now());
  return { path: pollingPath(eventTypes, since), isLink: false, reached, since };
}

function refusalOf(error: unknown): SystemLogError {
  if (error instanceof SystemLogError && error.kind === "refused") return error;
  throw error;
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((type, index) => type === other[index]);
}

function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
