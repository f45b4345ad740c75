import type { Clock } from "../../function/shared/clock.ts";
import { type ReplayProgress, type ReplayTask, replayProgressName } from "../../function/shared/contract.ts";
import { GoogleApiError } from "../../function/shared/errors.ts";
import { createGoogleGet, createGooglePost } from "../../function/shared/google/api.ts";
import { createObjectStore } from "../../function/shared/google/object-store.ts";
import { createContinuationQueue } from "../../function/shared/google/task-queue.ts";
import { isObject, parseJson } from "../../function/shared/json.ts";
import { AccessError } from "../command.ts";
import { createCredentials, explain } from "../google.ts";
import type { StackOutputs } from "../stack.ts";

/** What a replay needs of a stack. */
export interface ReplayStack {
  /** Full name of the queue that leads back to `reconcile`. */
  readonly continuationQueue: string;
  /** Name of the bucket with the progress of replays. */
  readonly stateBucket: string;
  /** The Google Cloud project that the queue is in. */
  readonly project: string;
  /** A page with the functions' log. */
  readonly logs: string | undefined;
}

/** @throws AccessError when the stack has no replays */
export function replayStackOf({ values, origin }: StackOutputs): ReplayStack {
  const { continuationQueue, stateBucket, links } = values;
  if (typeof continuationQueue !== "string" || typeof stateBucket !== "string") {
    const missing = Object.entries({ continuationQueue, stateBucket }).filter(
      ([, value]) => typeof value !== "string",
    );
    throw new AccessError(
      `The outputs ${origin} lack ${missing.map(([name]) => name).join(" and ")}: it was deployed before there were replays. Run "pulumi up".`,
    );
  }
  const [, project] = /^projects\/([^/]+)\/locations\/[^/]+\/queues\/[^/]+$/.exec(continuationQueue) ?? [];
  if (project === undefined) {
    throw new AccessError(
      `The output continuationQueue ${origin} is not the full name of a queue: ${continuationQueue}`,
    );
  }
  const logs = isObject(links) && typeof links["logs"] === "string" ? links["logs"] : undefined;
  return { continuationQueue, stateBucket, project, logs };
}

/** The replays of one stack. */
export interface Replays {
  /** Has `reconcile` begin. @throws AccessError when it can't; something else when that is not known */
  begin(task: ReplayTask): Promise<void>;
  /**
   * How far a replay is; undefined while `reconcile` has written nothing of it.
   *
   * @throws AccessError when that can't be read; something else when a moment later it may
   */
  progress(id: string, signal: AbortSignal): Promise<ReplayProgress | undefined>;
}

/** In milliseconds. */
const BEGIN_TIMEOUT = 30_000;
const READ_TIMEOUT = 10_000;

/** Replays by Google's APIs; CLOUD_TASKS_ENDPOINT and CLOUD_STORAGE_ENDPOINT take the place of Google's own addresses. */
export function createReplays(
  { continuationQueue, stateBucket, project }: ReplayStack,
  environment: Readonly<Record<string, string | undefined>>,
  clock: Clock,
): Replays {
  const { accessToken, send } = createCredentials(environment, project);
  const post = createGooglePost(accessToken, send);
  const queue = createContinuationQueue({
    endpoint: environment["CLOUD_TASKS_ENDPOINT"] ?? "https://cloudtasks.googleapis.com",
    post,
  });
  const objects = createObjectStore({
    endpoint: environment["CLOUD_STORAGE_ENDPOINT"] ?? "https://storage.googleapis.com",
    bucket: stateBucket,
    get: createGoogleGet(accessToken, send),
    post,
  });
  const toEnqueue = {
    permission: "cloudtasks.tasks.create",
    on: continuationQueue,
    role: "roles/cloudtasks.enqueuer",
    project,
  };
  const toRead = {
    // Without the second, what is not there yet is refused, too (Google Cloud, "IAM permissions for JSON methods").
    permission: "storage.objects.get or storage.objects.list",
    on: `gs://${stateBucket}`,
    role: "roles/storage.objectViewer",
    project,
  };
  return {
    async begin(task) {
      try {
        await inTime(BEGIN_TIMEOUT, clock, (late) => queue.enqueue(continuationQueue, task, late));
      } catch (error) {
        if (!saysNoQueue(error)) throw explain(error, toEnqueue);
        throw new AccessError(
          `There is no queue ${continuationQueue} (${error.status}). The stack was destroyed or made again: take its outputs of today.`,
        );
      }
    },
    async progress(id, signal) {
      const name = replayProgressName(id);
      const read = (late: AbortSignal) => objects.read(name, AbortSignal.any([signal, late]));
      const object = await inTime(READ_TIMEOUT, clock, read).catch((error: unknown) => {
        throw explain(error, toRead);
      });
      if (object === undefined) return undefined;
      const progress = parseProgress(object.content);
      if (progress !== undefined) return progress;
      throw new AccessError(
        `gs://${stateBucket}/${name} holds no progress that this version knows: is another one deployed?`,
      );
    },
  };
}

/** Aborts work that takes too long. Node.js 22 knows no `using`. */
async function inTime<Result>(
  milliseconds: number,
  clock: Clock,
  work: (late: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const deadline = clock.deadline(milliseconds);
  try {
    return await work(deadline.signal);
  } finally {
    deadline[Symbol.dispose]();
  }
}

/**
 * Whether there is no such queue. Of one that is gone Cloud Tasks says 400 FAILED_PRECONDITION, "The queue no longer exists, though a
 * queue with this name existed recently." (GoogleCloudPlatform/python-docs-samples#4034).
 */
function saysNoQueue(error: unknown): error is GoogleApiError {
  if (!(error instanceof GoogleApiError)) return false;
  return error.status === 404 || (error.status === 400 && error.reason === "FAILED_PRECONDITION");
}

/** Reads what `reconcile` wrote. @returns undefined when it is not progress */
function parseProgress(json: string): ReplayProgress | undefined {
  const value = parseJson(json);
  if (!isObject(value) || !isObject(value["counts"])) return undefined;
  const { state, dryRun, fault, since, until, reached } = value;
  const { events, wanted, queued } = value["counts"];
  if (state !== "running" && state !== "done" && state !== "failed") return undefined;
  if (!isTime(since) || !isTime(until) || !isTime(reached) || typeof dryRun !== "boolean") return undefined;
  if (typeof events !== "number" || typeof wanted !== "number" || typeof queued !== "number") {
    return undefined;
  }
  const counts = { events, wanted, queued };
  return { state, since, until, dryRun, reached, counts, ...(typeof fault === "string" ? { fault } : {}) };
}

function isTime(value: unknown): value is string {
  return typeof value === "string" && !Number.isNaN(Date.parse(value));
}
