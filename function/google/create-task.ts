import { GoogleApiError, type GooglePost } from "./api.ts";

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
