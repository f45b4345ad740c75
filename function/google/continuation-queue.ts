import type { ReconcileTask } from "../contract.ts";
import type { GooglePost } from "./api.ts";
import { createCloudTasks } from "./create-task.ts";

/** The queue that leads back to `reconcile`. */
export interface ContinuationQueue {
  /**
   * Has `reconcile` called with this task. A replay has one task for each of its chunks, however often it is put in; a poll's
   * has no name, since going on twice from one cursor does no harm.
   *
   * @param queue full name of the queue
   * @throws GoogleApiError when it was not queued
   */
  enqueue(queue: string, task: ReconcileTask, signal: AbortSignal): Promise<"created" | "exists">;
}

/** The queue overrides it with its own target. Should it ever not, this leads nowhere (RFC 2606). */
const NOWHERE = "https://reconcile.invalid/";

/** As long as Cloud Tasks ever waits, in seconds: a run ends by its own time-out. */
const DISPATCH_DEADLINE = 1800;

/** Cloud Tasks as the queue. */
export function createContinuationQueue(settings: {
  readonly endpoint: string;
  readonly post: GooglePost;
}): ContinuationQueue {
  const createTask = createCloudTasks(settings);
  return {
    enqueue: (queue, task, signal) =>
      createTask(
        {
          queue,
          ...nameOf(task),
          url: NOWHERE,
          body: task,
          dispatchDeadline: DISPATCH_DEADLINE,
        },
        signal,
      ),
  };
}

function nameOf(task: ReconcileTask): { readonly id?: string } {
  if (task.kind === "poll") return {};
  return { id: `replay-${task.id}-${task.kind === "replay" ? 0 : task.chunk}` };
}
