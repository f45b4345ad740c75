import {
  type HttpMethod,
  type HttpTarget,
  type OidcToken,
  overrideUrl,
  type TaskInput,
} from "./http-request.ts";
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

/** The tasks that wait for a dispatch, by when they are due and, at the same time, by when they were made. */
export interface WaitingTasks {
  /** @param task one that does not wait; its time must not change until it is removed */
  add(task: Task): void;
  remove(task: Task): void;
  /** The task that is due first. */
  first(): Task | undefined;
}

/** A task's place; it is void once the task was removed, and is dropped when it comes to the head. */
interface Place {
  readonly task: Task;
  readonly due: number;
}

/** Makes an empty set: a binary heap, since a queue may hold tens of thousands of tasks. */
export function createWaitingTasks(): WaitingTasks {
  const heap: Place[] = [];
  const places = new Map<Task, Place>();

  function isBefore(one: Place, other: Place): boolean {
    return one.due === other.due ? one.task.order < other.task.order : one.due < other.due;
  }

  /** Lets a place rise from the end to where it belongs. */
  function push(place: Place): void {
    let index = heap.length;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || isBefore(parent, place)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = place;
  }

  /** Drops the head: the last place comes there and sinks to where it belongs. */
  function pop(): void {
    const place = heap.pop();
    if (place === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      if (left === undefined) break;
      const isRight = right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (!isBefore(child, place)) break;
      heap[index] = child;
      index = 2 * index + (isRight ? 2 : 1);
    }
    heap[index] = place;
  }

  return {
    add(task) {
      const place = { task, due: task.scheduleTime };
      places.set(task, place);
      push(place);
    },
    remove: (task) => void places.delete(task),
    first() {
      let [head] = heap;
      while (head !== undefined && places.get(head.task) !== head) {
        pop();
        [head] = heap;
      }
      return head?.task;
    },
  };
}
