import { type Clock, isoTime } from "../shared/clock.ts";
import type { PollTask } from "../shared/contract.ts";
import { GoogleApiError, NoNextLinkError, ObjectChangedError, SystemLogError } from "../shared/errors.ts";
import type { ContinuationQueue, TaskQueue } from "../shared/google/task-queue.ts";
import type { Log } from "../shared/log.ts";
import type { RuleMatcher } from "../shared/rules.ts";
import { signals } from "../shared/signals.ts";
import { type Checkpoint, type Cursor, type Cursors, createCheckpoint, type FoundCursor } from "./cursor.ts";
import { processPage, type ReadPage, type Run, readPages } from "./pages.ts";
import { HOUR_MS, initialStart, type Origin, resumeStart, type StartingPoint } from "./starting-point.ts";
import { pollingPath, type ReadLog } from "./system-log.ts";

/** What a poll works with. */
export interface PollDependencies {
  readonly readLog: ReadLog;
  readonly cursors: Cursors;
  readonly queue: TaskQueue;
  readonly continuations: ContinuationQueue;
  readonly matchRules: RuleMatcher;
  /** The event types that the rules name, sorted. */
  readonly eventTypes: readonly string[];
  readonly origin: Origin;
  /** Name of the Pulumi stack, for the commands in errors. */
  readonly stack: string;
  readonly clock: Clock;
}

/** How a poll ended: `overtaken` by another run, or with `more` to read, for which another run is queued. */
export type PollOutcome = "done" | "more" | "overtaken";

/** The most pages that one run reads. */
const MAXIMUM_PAGES = 50;

/** A page that is not full and reaches this close to the run's start is the end of the log; later events are left to the next run. */
const END_OF_LOG_MS = 60_000;

/** How often a change of only `reached`, by an empty page, is worth a write. */
const REACHED_INTERVAL_MS = HOUR_MS;

/**
 * Reads the System Log from the cursor to its end, page by page. All memberships of a page are in the queue before the cursor moves
 * past it. So a run that ends anywhere, or two runs at once, leave nothing out; the queue drops the duplicates of what is read
 * twice. While a page is queued, the next one is read. The cursor is written about once a second, and before the run ends
 * (cursor.ts).
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

/** Where to read, and how far the log is known to have been read before. */
interface Position {
  readonly path: string;
  /** Whether it is a link of Okta's, which Okta may refuse one day, and not a starting point of ours. */
  readonly isLink: boolean;
  /** In milliseconds since the epoch. */
  readonly reached: number;
}

/** @returns whether there is more to read, for which no time is left */
async function readToEnd(run: Run, dependencies: PollDependencies): Promise<boolean> {
  const { cursors } = dependencies;
  const found = await cursors.read(run.end.signal);
  const checkpoint = createCheckpoint(cursors, found, run.end.signal);
  const position =
    found.cursor === undefined
      ? await begin(found.state, checkpoint, run, dependencies)
      : resume(found.cursor, run, dependencies);
  run.reached = position.reached;
  try {
    return await readFrom(position, checkpoint, run, dependencies).catch((error: unknown) => {
      const isLink = position.isLink || run.counts.pages > 0;
      if (!isLink || !isRefused(error)) throw error;
      if (!hasRoom(run, dependencies)) return true;
      const { status, oktaCode: code, requestId } = error;
      const { since, ...earlier } = beginFrom(run.reached ?? position.reached, dependencies);
      run.log.warning("Okta refuses the cursor; the System Log is read again from an earlier time.", {
        since: isoTime(since),
        status,
        code,
        requestId,
      });
      return readFrom(earlier, checkpoint, run, dependencies);
    });
  } finally {
    await checkpoint.flush();
  }
}

/** Writes the starting point before anything is read: without a bucket, each run would read and queue the same pages. */
async function begin(
  state: FoundCursor["state"],
  checkpoint: Checkpoint,
  run: Run,
  { origin, clock, eventTypes, stack }: PollDependencies,
): Promise<Position> {
  const beginning = initialStart(origin, clock.now());
  const { since } = beginning;
  const path = pollingPath(eventTypes, since);
  try {
    await checkpoint.moveTo({ next: path, eventTypes, reached: since });
    await checkpoint.flush();
  } catch (error) {
    // It may have been written all the same; then a later run does not report that there was none.
    if (!isRefusal(error)) reportStart(state, beginning, run.log, stack);
    throw error;
  }
  reportStart(state, beginning, run.log, stack);
  return { path, isLink: false, reached: since };
}

/** @returns whether there is more to read, for which no time is left */
async function readFrom(
  position: Position,
  checkpoint: Checkpoint,
  run: Run,
  dependencies: PollDependencies,
): Promise<boolean> {
  const { eventTypes } = dependencies;
  let { reached } = position;
  /** Whether Okta has nothing after the page, or only events since the start of the run. */
  const isEnd = ({ events, isTooLarge, limit, reached: upTo = reached }: ReadPage): boolean =>
    !isTooLarge &&
    events.length < limit &&
    (events.length === 0 || Math.max(reached, upTo) >= run.startedAt - END_OF_LOG_MS);
  const follow = (page: ReadPage) => (isEnd(page) || !hasRoom(run, dependencies, 1) ? undefined : page.next);
  for await (const page of readPages(position.path, follow, run.pages, dependencies)) {
    const before = reached;
    await processPage(page, run, dependencies);
    reached = run.reached ?? before;
    const { next } = page;
    if (next === undefined) {
      // The next run starts again from where this page started.
      if (checkpoint.cursor?.next !== undefined)
        await checkpoint.moveTo({ next, eventTypes, reached: before });
      throw new NoNextLinkError(page.linkFault ?? "Okta's page has no next link.");
    }
    const moved = { next, eventTypes, reached };
    if (page.events.length > 0 || page.isTooLarge || isNews(moved, checkpoint.cursor)) {
      await checkpoint.moveTo(moved);
    }
    if (isEnd(page)) return false;
  }
  return true;
}

/** @param begun pages that are being processed */
function hasRoom({ counts, lastPageAt }: Run, { clock }: PollDependencies, begun = 0): boolean {
  return counts.pages + begun < MAXIMUM_PAGES && clock.now() <= lastPageAt;
}

/** Whether a cursor that was moved by no event is worth a write. */
function isNews(cursor: Cursor, before: Cursor | undefined): boolean {
  return (
    before === undefined ||
    before.next !== cursor.next ||
    !isSame(before.eventTypes, cursor.eventTypes) ||
    cursor.reached - before.reached >= REACHED_INTERVAL_MS
  );
}

function reportStart(
  state: FoundCursor["state"],
  { since, lost, missingFrom }: StartingPoint,
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
    const all = "the System Log is read again from the creation of the stack, so nothing is missing";
    log.warning(`The cursor is ${what}; ${all}.`, fields);
    return;
  }
  const fault = {
    fault: `cursor-${what}`,
    ...fields,
    remedy: `If reconcile had stopped before ${isoTime(since)}, replay what it has not read: ${replayCommand(stack, missingFrom, since)} (or --since its last "${signals.polled.message}").`,
  };
  const message = `The cursor is ${what}; the System Log is read again from an earlier time.`;
  log.signal("fault", fault, { message });
}

function resume(cursor: Cursor, run: Run, dependencies: PollDependencies): Position {
  const { eventTypes } = dependencies;
  const { next, reached } = cursor;
  if (!isSame(cursor.eventTypes, eventTypes)) {
    const position = beginFrom(reached, dependencies);
    const fields = { since: isoTime(position.since) };
    run.log.info("The rules name other events; the System Log is read again from an earlier time.", fields);
    return position;
  }
  if (next === undefined) {
    const position = beginFrom(reached, dependencies);
    const fields = { since: isoTime(position.since) };
    run.log.warning("The cursor has no link; the System Log is read again from an earlier time.", fields);
    return position;
  }
  return { path: next, isLink: true, reached };
}

function beginFrom(
  reached: number,
  { eventTypes, clock }: PollDependencies,
): Position & { readonly since: number } {
  const since = resumeStart(reached, clock.now());
  return { path: pollingPath(eventTypes, since), isLink: false, reached, since };
}

/** Whether a write certainly had no effect. */
function isRefusal(error: unknown): boolean {
  return error instanceof ObjectChangedError || (error instanceof GoogleApiError && error.status < 500);
}

function isRefused(error: unknown): error is SystemLogError {
  return error instanceof SystemLogError && error.kind === "refused";
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((type, index) => type === other[index]);
}

/**
 * The command that replays a part of the System Log.
 *
 * @param stack name of the Pulumi stack
 * @param since in milliseconds since the epoch, as `until`
 */
export function replayCommand(stack: string, since: number, until: number): string {
  return `npm run replay -- --stack ${stack} --since ${isoTime(since)} --until ${isoTime(until)}`;
}
