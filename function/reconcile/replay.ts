import type { Clock } from "../clock.ts";
import type { ContinuationQueue } from "../google/continuation-queue.ts";
import type { ObjectStore } from "../google/object-store.ts";
import type { TaskQueue } from "../google/task-queue.ts";
import { type LogPage, type ReadLog, SystemLogError, windowPath } from "../okta/system-log.ts";
import type { Judge } from "../rules.ts";
import { LOG_RETENTION_DAYS, type ReplayCounts, type ReplayProgress, type ReplayTask } from "../settings.ts";
import { HOUR } from "./beginning.ts";
import { type Run, takePage } from "./page.ts";
import { createProgress } from "./progress.ts";
import { troubleOf } from "./trouble.ts";

/** What a replay works with. */
export interface ReplayDependencies {
  readonly readLog: ReadLog;
  readonly objects: ObjectStore;
  /** The queue, with the tasks of one replay kept apart from all others. */
  readonly queueOf: (replayId: string) => TaskQueue;
  readonly continuations: ContinuationQueue;
  readonly judge: Judge;
  /** Those that the rules name, sorted. */
  readonly eventTypes: readonly string[];
  readonly clock: Clock;
}

/** How a chunk of a replay ended: `overtaken` when its work had been done before. */
export type ReplayOutcome = "more" | "done" | "failed" | "overtaken";

/** A chunk ends with a page whose number is a multiple of this, so that chunks which overlap meet again. */
const CHUNK = 20;

/** Who asks for a replay may have another clock, and the task may have waited; in milliseconds. */
const EARLY = HOUR;
const LATE = 24 * HOUR;

const NOTHING: ReplayCounts = { events: 0, wanted: 0, queued: 0 };

/** The replay can't go on, whatever is done again. */
class ReplayFault extends Error {
  override readonly name = "ReplayFault";
}

/**
 * Puts one chunk of a window through the rules, by the bounded form of the query, and has itself called for the next one.
 *
 * A chunk may be repeated at any point, since each step can be: its tasks are named after event, group and replay; the
 * continuation after replay and page; what was counted before the chunk is told by its own task. Progress is written last, so
 * that a chunk which finds itself there knows that its continuation is on its way.
 *
 * @throws what a page, the state bucket or the queue throws while nothing of the chunk is done
 */
export async function replay(
  task: ReplayTask,
  run: Run,
  dependencies: ReplayDependencies,
): Promise<ReplayOutcome> {
  const { objects, continuations } = dependencies;
  const progress = createProgress(objects, task.id);
  const known = await progress.read(run.end.signal);
  const { page, counts } = task.continued ?? { page: 0, counts: NOTHING };
  if (known !== undefined && known.state !== "running") return known.state;
  if (known !== undefined && known.events > counts.events) return "overtaken";

  run.reached = Date.parse(known?.reached ?? task.since);
  const write = (state: ReplayProgress["state"], fault?: string): Promise<void> => {
    const { since, until, dryRun } = task;
    const reached = new Date(run.reached ?? since).toISOString();
    const found = { state, since, until, dryRun, reached, counts: total(counts, run) };
    return progress.advance(fault === undefined ? found : { ...found, fault }, run.end.signal);
  };

  try {
    const next = await readChunk(task, run, dependencies);
    if (next === undefined) {
      await write("done");
      return "done";
    }
    const continued = { page: page + run.counts.pages, next, counts: total(counts, run) };
    await continuations.enqueue(task.continuationQueue, { ...task, continued }, run.end.signal);
    await write("running");
    return "more";
  } catch (error) {
    if (!(error instanceof ReplayFault)) throw error;
    run.log.error("A replay has failed.", { replay: task.id, fault: error.message });
    await write("failed", error.message);
    return "failed";
  }
}

/**
 * @returns where the next chunk begins; undefined when there is no more
 * @throws ReplayFault
 */
async function readChunk(
  task: ReplayTask,
  run: Run,
  { readLog, queueOf, judge, eventTypes, clock }: ReplayDependencies,
): Promise<string | undefined> {
  const queue = task.dryRun ? undefined : queueOf(task.id);
  const first = task.continued?.page ?? 0;
  let path = task.continued?.next ?? beginning(task, eventTypes, clock.now());
  do {
    let page: LogPage;
    try {
      const askedAt = clock.now();
      page = await readLog(path, run.pages);
      await takePage(page, run, { judge, queue, askedAt });
    } catch (error) {
      if (error instanceof SystemLogError && error.kind === "refused") throw refused(error, run);
      // What is done of the chunk need not be done again.
      if (run.counts.pages === 0) throw error;
      const { severity, message, fields } = troubleOf(error);
      run.log[severity](message, { replay: task.id, ...fields });
      return path;
    }
    if (page.linkFault !== undefined) throw new ReplayFault(page.linkFault);
    // Okta's bounded form ends; an empty page that leads to itself would not.
    if (page.next === undefined || page.next === path) return undefined;
    path = page.next;
  } while ((first + run.counts.pages) % CHUNK !== 0 && clock.now() <= run.lastPageAt);
  return path;
}

/** @throws ReplayFault when Okta can't have such a window */
function beginning({ since, until }: ReplayTask, eventTypes: readonly string[], now: number): string {
  const [from, to] = [Date.parse(since), Date.parse(until)];
  if (from >= to) throw new ReplayFault("Its beginning is not before its end.");
  if (to > now + EARLY) throw new ReplayFault("Its end lies in the future.");
  if (from < now - LOG_RETENTION_DAYS * 24 * HOUR - LATE) {
    throw new ReplayFault(`It begins more than ${LOG_RETENTION_DAYS} days ago; Okta keeps no older events.`);
  }
  return windowPath(eventTypes, from, to);
}

function refused({ status, code }: SystemLogError, run: Run): ReplayFault {
  const reached = new Date(run.reached ?? 0).toISOString();
  return new ReplayFault(
    `Okta refuses to read on (${status} ${code}). Start another replay from ${reached} on, which this one has reached.`,
  );
}

function total(before: ReplayCounts, { counts }: Run): ReplayCounts {
  return {
    events: before.events + counts.events,
    wanted: before.wanted + counts.wanted,
    // In a replay of its own, what was queued before was so by an earlier attempt at the same chunk.
    queued: before.queued + counts.queued + counts.queuedBefore,
  };
}
