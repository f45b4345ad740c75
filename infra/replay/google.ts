import type { Clock } from "../../function/clock.ts";
import { type ReplayProgress, type ReplayTask, replayProgressName } from "../../function/contract.ts";
import { createGoogleGet, createGooglePost } from "../../function/google/api.ts";
import { createContinuationQueue } from "../../function/google/continuation-queue.ts";
import { createObjectStore } from "../../function/google/object-store.ts";
import type { Credentials } from "./credentials.ts";
import { ReplayError } from "./errors.ts";
import { parseProgress } from "./progress.ts";
import { explainQueue, explainState } from "./refusals.ts";
import type { StackOutputs } from "./stack.ts";

/** The replays of one stack. */
export interface Replays {
  /** Has `reconcile` begin. @throws ReplayError when it can't; something else when that is not known */
  begin(task: ReplayTask): Promise<void>;
  /**
   * How far a replay is; undefined while `reconcile` has written nothing of it.
   *
   * @throws ReplayError when that can't be read; something else when a moment later it may
   */
  progress(id: string, signal: AbortSignal): Promise<ReplayProgress | undefined>;
}

/** In milliseconds. */
const BEGIN_TIMEOUT = 30_000;
const READ_TIMEOUT = 10_000;

/** Replays by Google's APIs; CLOUD_TASKS_ENDPOINT and CLOUD_STORAGE_ENDPOINT take the place of Google's own addresses. */
export function createReplays(
  stack: StackOutputs,
  outside: {
    readonly environment: Readonly<Record<string, string | undefined>>;
    readonly credentials: Credentials;
    readonly clock: Clock;
  },
): Replays {
  const { environment, credentials, clock } = outside;
  const { accessToken, send } = credentials;
  const post = createGooglePost(accessToken, send);
  const queue = createContinuationQueue({
    endpoint: environment["CLOUD_TASKS_ENDPOINT"] ?? "https://cloudtasks.googleapis.com",
    post,
  });
  const objects = createObjectStore({
    endpoint: environment["CLOUD_STORAGE_ENDPOINT"] ?? "https://storage.googleapis.com",
    bucket: stack.stateBucket,
    get: createGoogleGet(accessToken, send),
    post,
  });
  return {
    async begin(task) {
      try {
        using deadline = clock.deadline(BEGIN_TIMEOUT);
        await queue.enqueue(stack.continuationQueue, task, deadline.signal);
      } catch (error) {
        throw explainQueue(error, stack);
      }
    },
    async progress(id, signal) {
      const name = replayProgressName(id);
      using deadline = clock.deadline(READ_TIMEOUT);
      const inTime = AbortSignal.any([signal, deadline.signal]);
      const object = await objects.read(name, inTime).catch((error: unknown) => {
        throw explainState(error, stack);
      });
      if (object === undefined) return undefined;
      const progress = parseProgress(object.content);
      if (progress !== undefined) return progress;
      throw new ReplayError(
        `gs://${stack.stateBucket}/${name} holds no progress that this version knows: is another one deployed?`,
      );
    },
  };
}
