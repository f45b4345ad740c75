import type { HttpMethod, OidcToken, TaskInput } from "./http-request.ts";
import { type HttpTarget, overrideUrl } from "./http-target.ts";
import type { OutgoingRequest } from "./send.ts";

/** A task in a queue. Times are milliseconds. */
export interface Task {
  readonly name: string;
  readonly id: string;
  readonly input: TaskInput;
  /** How many tasks the queue was given before. */
  readonly order: number;
  readonly createTime: number;
  scheduleTime: number;
  attempts: number;
  /** Attempts that got an answer other than a 5xx. */
  responses: number;
  firstAttemptTime: number | undefined;
  previousStatus: number | undefined;
}

/** The task as the API answers it; its body only in the full view (Cloud Tasks, Task.View). */
export function describeTask(task: Task, full: boolean): object {
  const { url, method, headers, body, oidcToken } = task.input.request;
  return {
    name: task.name,
    httpRequest: {
      ...(url === undefined ? {} : { url }),
      httpMethod: method,
      headers,
      ...(oidcToken ? { oidcToken } : {}),
      ...(full ? { body: body.toString("base64") } : {}),
    },
    createTime: new Date(task.createTime).toISOString(),
    scheduleTime: new Date(task.scheduleTime).toISOString(),
    dispatchDeadline: `${task.input.dispatchDeadline / 1000}s`,
    dispatchCount: task.attempts,
    responseCount: task.responses,
    view: full ? "FULL" : "BASIC",
  };
}

/**
 * The request of an attempt: the task's own under the queue's overrides, with Cloud Tasks' headers
 * (Cloud Tasks, Create HTTP target tasks: task request headers).
 * @param identityToken makes the token for an account and audience
 */
export async function buildRequest(
  task: Task,
  queue: string,
  target: HttpTarget | undefined,
  identityToken: (email: string, audience: string) => Promise<string>,
): Promise<OutgoingRequest | undefined> {
  const own = task.input.request;
  const url = overrideUrl(own.url, target?.uriOverride);
  if (!url) return undefined;
  const method: HttpMethod = target?.method ?? own.method;
  const token: OidcToken | undefined = target?.oidcToken ?? own.oidcToken;
  const headers: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(own.headers)) setHeader(headers, name, value);
  for (const [name, value] of target?.headers ?? []) setHeader(headers, name, value);
  for (const [name, value] of Object.entries(attemptHeaders(task, queue))) setHeader(headers, name, value);
  if (token) {
    const jwt = await identityToken(token.serviceAccountEmail, token.audience || url.href);
    setHeader(headers, "Authorization", `Bearer ${jwt}`);
  }
  return { url, method, headers, body: own.body };
}

function attemptHeaders(task: Task, queue: string): Readonly<Record<string, string>> {
  return {
    "User-Agent": "Google-Cloud-Tasks",
    "X-CloudTasks-QueueName": queue,
    "X-CloudTasks-TaskName": task.id,
    "X-CloudTasks-TaskRetryCount": String(task.attempts - 1),
    "X-CloudTasks-TaskExecutionCount": String(task.responses),
    "X-CloudTasks-TaskETA": (task.scheduleTime / 1000).toFixed(6),
    ...(task.previousStatus === undefined
      ? {}
      : { "X-CloudTasks-TaskPreviousResponse": String(task.previousStatus) }),
  };
}

/** Sets a header whatever the case it was set in before. */
function setHeader(headers: Record<string, string>, name: string, value: string): void {
  for (const present of Object.keys(headers)) {
    if (present.toLowerCase() === name.toLowerCase()) delete headers[present];
  }
  headers[name] = value;
}
