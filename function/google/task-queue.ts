import { createHash } from "node:crypto";
import type { MembershipTask } from "../settings.ts";
import { GoogleApiError, type GooglePost } from "./api.ts";

/** A durable queue of memberships to be made. */
export interface TaskQueue {
  /**
   * Puts a task in. One task exists for each event and group: what is in the queue already, or was lately, counts.
   *
   * @throws GoogleApiError when it was not queued
   */
  enqueue(task: MembershipTask, signal: AbortSignal): Promise<"created" | "exists">;
}

/**
 * Cloud Tasks as the queue (Google Cloud, "Cloud Tasks REST API": projects.locations.queues.tasks.create).
 * Identity and target are the queue's own business: its `httpTarget` overrides the url and attaches the token, so that
 * who may enqueue cannot send a token anywhere else.
 *
 * @param queue full name of the queue
 * @param targetUrl the address of `grant`
 */
export function createTaskQueue(settings: {
  readonly endpoint: string;
  readonly queue: string;
  readonly targetUrl: string;
  readonly post: GooglePost;
}): TaskQueue {
  const { endpoint, queue, targetUrl, post } = settings;
  return {
    async enqueue(task, signal) {
      try {
        await post({
          call: "Cloud Tasks tasks.create",
          url: `${endpoint}/v2/${queue}/tasks`,
          body: {
            task: {
              name: `${queue}/tasks/${taskId(task)}`,
              httpRequest: {
                url: targetUrl,
                httpMethod: "POST",
                headers: { "Content-Type": "application/json" },
                body: Buffer.from(JSON.stringify(task)).toString("base64"),
              },
            },
          },
          signal,
        });
        return "created";
      } catch (error) {
        if (error instanceof GoogleApiError && error.status === 409) return "exists";
        throw error;
      }
    },
  };
}

/** Hashed, as Google advises: ids in sequence slow a queue down, and a uuid is whatever its sender wrote. */
function taskId({ eventUuid, groupId }: MembershipTask): string {
  return createHash("sha256")
    .update(JSON.stringify([eventUuid, groupId]))
    .digest("hex");
}
