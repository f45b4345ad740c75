import { type Clock, isoTime } from "../clock.ts";
import type { PollTask } from "../contract.ts";
import { GoogleApiError } from "../google/api.ts";
import type { ContinuationQueue } from "../google/continuation-queue.ts";
import { ObjectChangedError } from "../google/object-store.ts";
import type { TaskQueue } from "../google/task-queue.ts";
import type { Log } from "../log.ts";
import { pollingPath, type ReadLog, SystemLogError } from "../okta/system-log.ts";
import type { Judge } from "../rules.ts";
import { type Beginning, beginAgain, beginWithout, HOUR, type Origin } from "./beginning.ts";
import type { Cursor, Cursors, FoundCursor } from "./cursor.ts";
import { type Run, takePage } from "./page.ts";
import { replayCommand } from "./replay-command.ts";

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
  /** Name of the Pulumi stack, for the commands in errors. */
  readonly stack: string;
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
  let mayBeginAgain = true;

  const write = async (next: string | undefined, reached: number): Promise<void> => {
    const moved = { next, eventTypes, reached };
    generation = await cursors.write(moved, generation, run.end.signal);
    cursor = moved;
  };

  let place: Place;
  if (cursor === undefined) {
    const beginning = beginWithout(dependencies.origin, clock.now());
    const { since } = beginning;
    place = { path: pollingPath(eventTypes, since), isLink: false, reached: since };
    // Before anything is read: without a bucket each run would read and queue the same pages once more.
    const say = () => sayBeginning(found.state, beginning, run.log, dependencies.stack);
    await write(place.path, since).catch((error: unknown) => {
      // It may have been written all the same: then no later run finds that there was none.
      if (!isRefusal(error)) say();
      throw error;
    });
    say();
  } else {
    place = goOn(cursor, run, dependencies);
  }

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
    const isEmpty = page.events.length === 0 && !page.isTooLarge;
    if (!isEmpty || isNews({ next, eventTypes, reached }, cursor)) await write(next, reached);
    const isShort = page.events.length < page.limit && !page.isTooLarge;
    if (isEmpty || (isShort && reached >= run.startedAt - CLOSE)) return false;
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

function sayBeginning(
  state: FoundCursor["state"],
  { since, lost, missingFrom }: Beginning,
  log: Log,
  stack: string,
): void {
  const fields = { since: isoTime(since) };
  if (state === "missing" && !lost) {
    log.info("There is no cursor yet; this is the first poll.", fields);
    return;
  }
  const what = state === "corrupt" ? "damaged" : "lost";
  if (missingFrom === undefined) {
    const all = "the System Log is read again from the stack's beginning on, so nothing is missing";
    log.warning(`The cursor is ${what}; ${all}.`, fields);
    return;
  }
  log.error(`The cursor is ${what}; the System Log is read from an earlier moment on.`, {
    fault: `cursor-${what}`,
    ...fields,
    remedy: `If reconcile had stopped before ${isoTime(since)}, replay what it has not read: ${replayCommand(stack, missingFrom, since)} (or --since its last "Polled the System Log.").`,
  });
}

function goOn(cursor: Cursor, run: Run, dependencies: PollDependencies): Place {
  const { eventTypes } = dependencies;
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

/** Whether a write has certainly had no effect. */
function isRefusal(error: unknown): boolean {
  return error instanceof ObjectChangedError || (error instanceof GoogleApiError && error.status < 500);
}

function refusalOf(error: unknown): SystemLogError {
  if (error instanceof SystemLogError && error.kind === "refused") return error;
  throw error;
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((type, index) => type === other[index]);
}
