import { hash } from "node:crypto";
import { isoTime } from "../clock.ts";
import type { MembershipTask, QueuedMembershipTask, ReconcileTask } from "../contract.ts";
import { GoogleApiError } from "../errors.ts";
import type { GooglePost } from "./api.ts";

/** A durable queue of memberships to be made. */
export interface TaskQueue {
  /**
   * Puts a task in. One task exists for each event, user and group: what is in the queue already, or was lately, counts.
   *
   * @throws GoogleApiError when it was not queued
   */
  enqueue(task: MembershipTask, signal: AbortSignal): Promise<"created" | "exists">;
}

/**
 * Cloud Tasks as the queue. Identity and target are the queue's own business: its `httpTarget` overrides the url and
 * attaches the token, so that who may enqueue cannot send a token anywhere else.
 *
 * @param queue full name of the queue
 * @param targetUrl the address of `grant`
 * @param replay id of the replay that the tasks belong to; they are kept apart from all others of the same events, which
 *   the queue may remember and refuse
 * @param now the clock, in milliseconds
 */
export function createTaskQueue(settings: {
  readonly endpoint: string;
  readonly queue: string;
  readonly targetUrl: string;
  readonly post: GooglePost;
  readonly replay?: string;
  readonly now: () => number;
}): TaskQueue {
  const { queue, targetUrl, replay, now } = settings;
  const createTask = createCloudTasks(settings);
  return {
    enqueue(task, signal) {
      const body: QueuedMembershipTask = { ...task, queuedAt: isoTime(now()) };
      return createTask({ queue, id: taskId(task, replay), url: targetUrl, body }, signal);
    },
  };
}

/**
 * Hashed, as Google advises: ids in sequence slow a queue down. An event of Okta's has one user; the user is in the name so
 * that nobody who makes up an event by the uuid of another can take that one's place.
 */
function taskId({ eventUuid, userId, groupId }: MembershipTask, replay: string | undefined): string {
  const parts = [eventUuid, userId, groupId, ...(replay === undefined ? [] : [replay])];
  return hash("sha256", JSON.stringify(parts), "hex");
}

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
          dispatchDeadline: DISPATCH_DEADLINE_SECONDS,
        },
        signal,
      ),
  };
}

function nameOf(task: ReconcileTask): { readonly id?: string } {
  if (task.kind === "poll") return {};
  return { id: `replay-${task.id}-${task.kind === "replay" ? 0 : task.chunk}` };
}

/** A task to be made. */
export interface NewTask {
  /** Full name of the queue: `projects/P/locations/L/queues/Q`. */
  readonly queue: string;
  /** The task's own name within the queue; without one Cloud Tasks makes one up. */
  readonly id?: string;
  readonly url: string;
  readonly body: unknown;
  /** How long an answer is waited for, in seconds: 15 to 1800. Cloud Tasks' own default is 600. */
  readonly dispatchDeadline?: number;
}

/** Makes a task; "exists" when one of its name is in the queue, or was lately. @throws GoogleApiError */
export type CreateTask = (task: NewTask, signal: AbortSignal) => Promise<"created" | "exists">;

/**
 * Cloud Tasks (Google Cloud, "Cloud Tasks REST API": projects.locations.queues.tasks.create). Only its own ALREADY_EXISTS says
 * that a task is there: whatever else is answered with 409, the task may be missing.
 */
export function createCloudTasks({
  endpoint,
  post,
}: {
  readonly endpoint: string;
  readonly post: GooglePost;
}): CreateTask {
  return async ({ queue, id, url, body, dispatchDeadline }, signal) => {
    try {
      await post({
        call: "Cloud Tasks tasks.create",
        url: `${endpoint}/v2/${queue}/tasks`,
        body: {
          task: {
            ...(id === undefined ? {} : { name: `${queue}/tasks/${id}` }),
            ...(dispatchDeadline === undefined ? {} : { dispatchDeadline: `${dispatchDeadline}s` }),
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
