import { type Clock, isoTime } from "../shared/clock.ts";
import {
  LOG_RETENTION_DAYS,
  type ReplayContinuation,
  type ReplayCounts,
  type ReplayProgress,
  type ReplayTask,
  replayProgressName,
} from "../shared/contract.ts";
import { ForeignLinkError, ObjectChangedError, ReplayError, SystemLogError } from "../shared/errors.ts";
import { NO_OBJECT, type ObjectStore } from "../shared/google/object-store.ts";
import type { ContinuationQueue, TaskQueue } from "../shared/google/task-queue.ts";
import { isObject } from "../shared/json.ts";
import type { Log } from "../shared/log.ts";
import type { RuleMatcher } from "../shared/rules.ts";
import { classifyError } from "./classify-error.ts";
import { processPage, type ReadPage, type Run, readPages } from "./pages.ts";
import { HOUR_MS } from "./starting-point.ts";
import { logPath, type ReadLog, windowPath } from "./system-log.ts";

/** What a replay works with. */
export interface ReplayDependencies {
  readonly readLog: ReadLog;
  readonly objects: ObjectStore;
  /** The queue, with the tasks of one replay kept apart from all others. */
  readonly queueOf: (replayId: string) => TaskQueue;
  readonly continuations: ContinuationQueue;
  readonly matchRules: RuleMatcher;
  /** Those that the rules name, sorted. */
  readonly eventTypes: readonly string[];
  /** Such as `https://acme.okta.com`. */
  readonly orgUrl: string;
  readonly clock: Clock;
}

/** How a chunk of a replay ended: `overtaken` when its work had been done before. */
export type ReplayOutcome = "more" | "done" | "failed" | "overtaken";

/** Pages of a chunk, at most. */
const MAXIMUM_CHUNK_PAGES = 20;

/** The clock of the person who starts a replay may differ from ours, and the task may have waited in the queue. */
const CLOCK_SKEW_MS = HOUR_MS;
const TASK_DELAY_MS = 24 * HOUR_MS;

const NOTHING: ReplayCounts = { events: 0, wanted: 0, queued: 0 };

/**
 * Matches one chunk of a window against the rules, with the bounded form of the query, and queues a call for the next chunk.
 *
 * Only the replay's object in the state bucket says where the replay is; a task says only which chunk it is for. A chunk may be
 * repeated at any point. Its membership tasks are named by event, group and replay. It is counted by the single write that ends
 * it, which requires the generation that it started with. A run that finds its chunk ended queues the next chunk again, and that
 * task has a name, too.
 *
 * @throws what a page, the state bucket or the queue throws while nothing of the chunk is done
 */
export async function replay(
  task: ReplayTask | ReplayContinuation,
  run: Run,
  dependencies: ReplayDependencies,
): Promise<ReplayOutcome> {
  const found = await findPosition(task, run, dependencies);
  if (typeof found === "string") return found;
  const { position, generation } = found;
  run.reached = Date.parse(position.reached);

  const end = await readChunk(task.id, position, run, dependencies).catch((error: unknown) => {
    if (!(error instanceof ReplayError)) throw error;
    return failed(task.id, error, run.log);
  });
  const { next: _, ...before } = position;
  const reached = isoTime(run.reached);
  const counts = total(position.counts, run);
  const chunk = position.chunk + 1;
  const after = { ...before, reached, counts, chunk, ...end };
  if ((await write(task.id, after, generation, run, dependencies)) === undefined) {
    const now = await findPosition(task, run, dependencies);
    if (typeof now === "string") return now;
    throw new ObjectChangedError(replayProgressName(task.id));
  }
  if (end.state !== "running") return end.state;
  await enqueueChunk(chunk, task, run, dependencies);
  return "more";
}

/** Where a chunk starts, and the generation of the object that says so. */
interface FoundPosition {
  readonly position: ReplayPosition;
  readonly generation: string;
}

/** How a chunk ended. */
type End = Pick<ReplayPosition, "state" | "next" | "fault">;

/**
 * Where the task's chunk starts. The first chunk writes that into the bucket before it reads anything: without a bucket, each
 * attempt would read and queue the same pages again.
 *
 * @returns the outcome where there is nothing to read
 */
async function findPosition(
  task: ReplayTask | ReplayContinuation,
  run: Run,
  dependencies: ReplayDependencies,
): Promise<FoundPosition | ReplayOutcome> {
  const { objects, orgUrl } = dependencies;
  const object = await objects.read(replayProgressName(task.id), run.end.signal);
  const position = object === undefined ? undefined : parseReplayPosition(object.content, orgUrl);
  const generation = object?.generation ?? NO_OBJECT;
  const chunk = task.kind === "replay" ? 0 : task.chunk;
  if (position === undefined && task.kind === "replay") return begin(task, generation, run, dependencies);
  if (position === undefined || (position.state === "running" && position.chunk < chunk)) {
    const fault = {
      replay: task.id,
      fault: "replay-lost",
      remedy: "Start the replay again, with npm run replay.",
    };
    const message = "A replay cannot continue: the state bucket does not hold its position.";
    run.log.signal("replay-failed", fault, { message });
    return "failed";
  }
  if (position.state !== "running") return position.state;
  if (position.chunk === chunk) return { position, generation };
  // The run that ended this chunk may have ended before it called for the next one.
  await enqueueChunk(position.chunk, task, run, dependencies);
  return "overtaken";
}

async function begin(
  task: ReplayTask,
  generation: string,
  run: Run,
  dependencies: ReplayDependencies,
): Promise<FoundPosition | ReplayOutcome> {
  const { since, until, dryRun } = task;
  let end: End;
  try {
    end = { state: "running", next: beginning(task, dependencies.eventTypes, dependencies.clock.now()) };
  } catch (error) {
    if (!(error instanceof ReplayError)) throw error;
    end = failed(task.id, error, run.log);
  }
  const reached = new Date(since).toISOString();
  const position = { since, until, dryRun, reached, counts: NOTHING, chunk: 0, ...end };
  const written = await write(task.id, position, generation, run, dependencies);
  if (written === undefined) return findPosition(task, run, dependencies);
  return end.state === "running" ? { position, generation: written } : end.state;
}

function failed(id: string, { message: fault }: ReplayError, log: Log): End {
  log.signal("replay-failed", { replay: id, fault });
  return { state: "failed", fault };
}

/** @returns the new generation; undefined when another run has written in the meantime */
async function write(
  id: string,
  position: ReplayPosition,
  over: string,
  run: Run,
  { objects }: ReplayDependencies,
): Promise<string | undefined> {
  try {
    return await objects.write(replayProgressName(id), position, over, run.end.signal);
  } catch (error) {
    if (error instanceof ObjectChangedError) return undefined;
    throw error;
  }
}

/** Queues the next chunk. Its task has a name, so repeating this queues it only once. */
async function enqueueChunk(
  chunk: number,
  { id, continuationQueue }: ReplayTask | ReplayContinuation,
  run: Run,
  { continuations }: ReplayDependencies,
): Promise<void> {
  const next: ReplayContinuation = { kind: "replay-continuation", continuationQueue, id, chunk };
  await continuations.enqueue(continuationQueue, next, run.end.signal);
}

/** @throws ReplayError; what a page throws while nothing of the chunk is done */
async function readChunk(
  id: string,
  { next, dryRun }: ReplayPosition,
  run: Run,
  dependencies: ReplayDependencies,
): Promise<End> {
  const { queueOf, matchRules, clock } = dependencies;
  const queue = dryRun ? undefined : queueOf(id);
  // What runs has a position to read on from: the parser sees to that.
  let path = next ?? "";
  const hasRoom = () => run.counts.pages + 1 < MAXIMUM_CHUNK_PAGES && clock.now() <= run.lastPageAt;
  const follow = (page: ReadPage) => (isLast(page) || !hasRoom() ? undefined : page.next);
  try {
    for await (const page of readPages(path, follow, run.pages, dependencies)) {
      await processPage(page, run, { matchRules, queue });
      if (page.linkFault !== undefined) throw new ReplayError(page.linkFault);
      if (page.next === undefined || isLast(page)) return { state: "done" };
      path = page.next;
    }
  } catch (error) {
    if (error instanceof ReplayError) throw error;
    if (error instanceof SystemLogError && error.kind === "refused") throw refused(error, run);
    // The pages that are done need not be repeated.
    if (run.counts.pages === 0) throw error;
    const { message, fields } = classifyError(error);
    run.log.warning(message, { replay: id, ...fields });
  }
  return { state: "running", next: path };
}

/** Okta's bounded form ends; a page whose link leads to itself would not. */
function isLast({ next, path }: ReadPage): boolean {
  return next === undefined || next === path;
}

/** @throws ReplayError when Okta cannot have such a window */
function beginning({ since, until }: ReplayTask, eventTypes: readonly string[], now: number): string {
  const [from, to] = [Date.parse(since), Date.parse(until)];
  if (from >= to) throw new ReplayError("Its beginning is not before its end.");
  if (to > now + CLOCK_SKEW_MS) throw new ReplayError("Its end lies in the future.");
  if (from < now - LOG_RETENTION_DAYS * 24 * HOUR_MS - TASK_DELAY_MS) {
    throw new ReplayError(`It begins more than ${LOG_RETENTION_DAYS} days ago; Okta keeps no older events.`);
  }
  return windowPath(eventTypes, from, to);
}

function refused({ status, oktaCode }: SystemLogError, run: Run): ReplayError {
  const reached = isoTime(run.reached ?? 0);
  return new ReplayError(
    `Okta refuses to read on (${status} ${oktaCode}). Start another replay from ${reached} on, which this one has reached.`,
  );
}

function total(before: ReplayCounts, { counts }: Run): ReplayCounts {
  return {
    events: before.events + counts.events,
    wanted: before.wanted + counts.wanted,
    // Tasks of a replay that are already in the queue come from an earlier attempt at the same chunk.
    queued: before.queued + counts.queued + counts.alreadyQueued,
  };
}

/** A replay's object in the state bucket: how far it is, and where it continues. */
export interface ReplayPosition extends ReplayProgress {
  /** How many chunks have ended. */
  readonly chunk: number;
  /** Where the next chunk begins: path and query, relative to the org. Absent when there is none. */
  readonly next?: string;
}

/**
 * Reads what an earlier chunk of a replay has written into the state bucket.
 *
 * @param orgUrl such as `https://acme.okta.com`
 * @returns undefined when it is not a position of this version, or leads out of the org's System Log
 */
export function parseReplayPosition(content: string, orgUrl: string): ReplayPosition | undefined {
  try {
    const value: unknown = JSON.parse(content);
    if (!isObject(value) || !isObject(value["counts"])) return undefined;
    const { state, since, until, dryRun, reached, chunk, next } = value;
    const { events, wanted, queued } = value["counts"];
    if (state !== "running" && state !== "done" && state !== "failed") return undefined;
    if (!isTime(since) || !isTime(until) || !isTime(reached) || typeof dryRun !== "boolean") return undefined;
    if (!isCount(events) || !isCount(wanted) || !isCount(queued) || !isCount(chunk)) return undefined;
    const position = { since, until, dryRun, reached, counts: { events, wanted, queued }, chunk };
    if (state !== "running") return { ...position, state };
    return typeof next === "string" ? { ...position, state, next: logPath(next, orgUrl) } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof ForeignLinkError) return undefined;
    throw error;
  }
}

function isTime(value: unknown): value is string {
  return typeof value === "string" && !Number.isNaN(Date.parse(value));
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
