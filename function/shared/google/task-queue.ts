import { hash } from "node:crypto";
import { isoTime } from "../clock.ts";
import type { MembershipTask, QueuedMembershipTask, ReconcileTask, TaskSource } from "../contract.ts";
import { GoogleApiError } from "../errors.ts";
import type { GooglePost } from "./api.ts";

/** A durable queue of memberships for `grant`. */
export interface TaskQueue {
  /**
   * Queues a task. There is one task for each event, user and group; one that is in the queue already, or lately was, counts.
   *
   * @throws GoogleApiError when it was not queued
   */
  enqueue(task: MembershipTask, signal: AbortSignal): Promise<"created" | "exists">;
}

/**
 * Cloud Tasks as the queue. The queue itself sets identity and target: its `httpTarget` overrides the url and attaches
 * the token, so a caller that may enqueue cannot send a token anywhere else.
 *
 * @param queue full name of the queue
 * @param targetUrl the address of `grant`
 * @param source who queues
 * @param replay id of the replay that the tasks belong to. It separates them from other tasks of the same events, which the queue
 *   may remember and refuse
 * @param now the clock, in milliseconds
 */
export function createTaskQueue(settings: {
  readonly endpoint: string;
  readonly queue: string;
  readonly targetUrl: string;
  readonly source: TaskSource;
  readonly post: GooglePost;
  readonly replay?: string;
  readonly now: () => number;
}): TaskQueue {
  const { queue, targetUrl, source, replay, now } = settings;
  const createTask = createCloudTasks(settings);
  return {
    enqueue(task, signal) {
      const body: QueuedMembershipTask = { ...task, source, queuedAt: isoTime(now()) };
      return createTask({ queue, id: taskId(task, replay), url: targetUrl, body }, signal);
    },
  };
}

/**
 * Hashed, as Google advises: ids in sequence slow a queue down. Okta's event has one user; the user is in the name so that a
 * forged event with the uuid of another cannot take its place.
 */
export function taskId(
  { eventUuid, userId, groupId }: Pick<MembershipTask, "eventUuid" | "userId" | "groupId">,
  replay?: string,
): string {
  const parts = [eventUuid, userId, groupId, ...(replay === undefined ? [] : [replay])];
  return hash("sha256", JSON.stringify(parts), "hex");
}

/** The queue that leads back to `reconcile`. */
export interface ContinuationQueue {
  /**
   * Makes the queue call `reconcile` with this task. A replay has one task for each of its chunks, even if it is queued twice. A
   * poll's task has no name, since two polls from one cursor do no harm; nor has a check's.
   *
   * @param queue full name of the queue
   * @throws GoogleApiError when it was not queued
   */
  enqueue(queue: string, task: ReconcileTask, signal: AbortSignal): Promise<"created" | "exists">;
}

/** The queue overrides it with its own target. If it ever does not, this leads nowhere (RFC 2606). */
const NOWHERE = "https://reconcile.invalid/";

/** The longest that Cloud Tasks waits: a run ends by its own deadline. */
const DISPATCH_DEADLINE_SECONDS = 1800;

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
          dispatchDeadlineSeconds: DISPATCH_DEADLINE_SECONDS,
        },
        signal,
      ),
  };
}

function nameOf(task: ReconcileTask): { readonly id?: string } {
  if (task.kind === "poll" || task.kind === "check") return {};
  return { id: `replay-${task.id}-${task.kind === "replay" ? 0 : task.chunk}` };
}

/** A task to create. */
export interface NewTask {
  /** Full name of the queue: `projects/P/locations/L/queues/Q`. */
  readonly queue: string;
  /** The task's own name within the queue; without one, Cloud Tasks chooses one. */
  readonly id?: string;
  readonly url: string;
  readonly body: unknown;
  /** How long Cloud Tasks waits for an answer, in seconds: 15 to 1800. Cloud Tasks' own default is 600. */
  readonly dispatchDeadlineSeconds?: number;
}

/** Creates a task; "exists" when one of its name is in the queue, or lately was. @throws GoogleApiError */
export type CreateTask = (task: NewTask, signal: AbortSignal) => Promise<"created" | "exists">;

/**
 * Cloud Tasks (Google Cloud, "Cloud Tasks REST API": projects.locations.queues.tasks.create). Only its own ALREADY_EXISTS means
 * that the task is there: after any other 409 it may be missing.
 */
export function createCloudTasks({
  endpoint,
  post,
}: {
  readonly endpoint: string;
  readonly post: GooglePost;
}): CreateTask {
  return async ({ queue, id, url, body, dispatchDeadlineSeconds }, signal) => {
    try {
      await post({
        call: "Cloud Tasks tasks.create",
        url: `${endpoint}/v2/${queue}/tasks`,
        body: {
          task: {
            ...(id === undefined ? {} : { name: `${queue}/tasks/${id}` }),
            ...(dispatchDeadlineSeconds === undefined
              ? {}
              : { dispatchDeadline: `${dispatchDeadlineSeconds}s` }),
            httpRequest: {
              url,
              httpMethod: "POST",
              headers: { "Content-Type": "application/json" },
              body: Buffer.from(JSON.stringify(body)).toString("base64"),
            },
          },
        },
        signal,
      });
      return "created";
    } catch (error) {
      if (error instanceof GoogleApiError && error.status === 409 && error.reason === "ALREADY_EXISTS") {
        return "exists";
      }
      throw error;
    }
  };
}
