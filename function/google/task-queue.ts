import { hash } from "node:crypto";
import { isoTime } from "../clock.ts";
import type { MembershipTask, QueuedMembershipTask } from "../contract.ts";
import type { GooglePost } from "./api.ts";
import { createCloudTasks } from "./create-task.ts";

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
