import { randomBytes } from "node:crypto";
import { alreadyExists, GoogleError, notFound } from "../errors.ts";
import type { Notify } from "../notices.ts";
import { machineTimers, type Timers } from "../timers.ts";
import { overrideUrl, type TaskInput } from "./http-request.ts";
import { type Answer, createSender, type Send, send } from "./send.ts";
import {
  backoffMilliseconds,
  describeSettings,
  isExhausted,
  type QueueSettings,
  retryAfterMilliseconds,
} from "./settings.ts";
import { buildRequest, createWaitingTasks, type Task } from "./task.ts";

/** A queue that dispatches its tasks. */
export interface Queue {
  readonly name: string;
  /** Where its requests go, for checks of identity. */
  readonly settings: () => QueueSettings;
  resource(): object;
  configure(settings: QueueSettings): void;
  setPaused(paused: boolean): void;
  /** @throws GoogleError 409 when the name is one that exists, or has existed within the hour */
  add(input: TaskInput): Task;
  get(id: string): Task;
  list(): readonly Task[];
  remove(id: string): void;
  /** Deletes all tasks; their names stay taken for a while like those of others that are gone. */
  purge(): void;
  /** Whether no task waits or is being dispatched. */
  isIdle(): boolean;
  close(): void;
}

/** What a queue needs of its surroundings. */
export interface QueueOptions {
  readonly name: string;
  readonly settings: QueueSettings;
  readonly notify: Notify;
  identityToken(email: string, audience: string): Promise<string>;
  /** Called whenever the queue may have become idle. */
  readonly onChange: () => void;
  /** The machine's own unless a simulation holds another. */
  readonly clock?: Timers;
  /** How requests go out: over HTTP unless a simulation delivers them in memory. */
  readonly send?: Send;
}

/** How long the name of a task that is gone can't be used again (Cloud Tasks, CreateTask: task de-duplication). */
const NAME_BLOCKED_MILLISECONDS = 60 * 60 * 1000;
const TASK_ID = /^[A-Za-z0-9_-]{1,500}$/;

/** Makes a running queue. */
export function createQueue(options: QueueOptions): Queue {
  const { name, notify, onChange, clock = machineTimers } = options;
  const id = name.slice(name.lastIndexOf("/") + 1);
  const tasks = new Map<string, Task>();
  const waiting = createWaitingTasks();
  const dispatching = new Set<string>();
  /** When the tasks were done or deleted, the first ones first. */
  const gone = new Map<string, number>();
  const sender = createSender(options.send ?? send, clock);
  let settings = options.settings;
  let bucket = makeBucket();
  let paused = false;
  let closed = false;
  let made = 0;
  let cancelTimer = () => {};

  function makeBucket() {
    const { maxDispatchesPerSecond, maxBurstSize } = settings.rateLimits;
    return createTokenBucket(maxDispatchesPerSecond, maxBurstSize, clock.now);
  }

  function report(
    event: "created" | "duplicate" | "dispatched" | "finished" | "dropped",
    task: string,
    rest = {},
  ) {
    notify({ kind: "task", event, task, queue: id, ...rest });
  }

  function pump(): void {
    cancelTimer();
    if (closed || paused) return;
    while (dispatching.size < settings.rateLimits.maxConcurrentDispatches) {
      const task = waiting.first();
      if (!task) return;
      const wait = Math.max(task.scheduleTime - clock.now(), bucket.wait());
      if (wait > 0 || !bucket.take()) {
        cancelTimer = clock.setTimer(pump, wait);
        return;
      }
      waiting.remove(task);
      dispatching.add(task.id);
      void attempt(task);
    }
  }

  async function attempt(task: Task): Promise<void> {
    const started = clock.now();
    task.attempts += 1;
    task.firstAttemptTime ??= started;
    const body = task.input.request.body.toString();
    report("dispatched", task.id, { attempt: task.attempts, body });
    const request = await buildRequest(task, id, settings.httpTarget, options.identityToken);
    const answer = request && (await sender.send(request, task.input.dispatchDeadline));
    if (closed) return;
    finish(task, answer, { attempt: task.attempts, milliseconds: clock.now() - started, body });
  }

  /**
   * @decision A task has succeeded with an answer from 200 to 299; any other answer, or none before its deadline, has
   * it tried again.
   * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/tasks/v2/target.proto, HttpRequest: "If any
   * other HTTP response code is returned or no response is received, the task will be retried".
   * @matters sign-in lost: `grant` answers 409, 429 or 503 for a task that is to come again.
   *
   * @decision A task is given up, and its name kept, when its attempts and its time are both used up.
   * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/tasks/v2/queue.proto,
   * RetryConfig.max_retry_duration: "Once max_retry_duration time has passed and the task has been attempted
   * max_attempts times, no further attempts will be made and the task will be deleted".
   * @matters sign-in lost: queueRetryDuration says for how long an outage of Okta costs nobody a membership.
   *
   * @decision An execution counts in X-CloudTasks-TaskExecutionCount when its answer was not a 5xx.
   * @evidence documentation: Firebase, TaskContext.executionCount
   * (https://firebase.google.com/docs/reference/functions/firebase-functions.tasks.taskcontext): "does not include
   * failures due to 5XX error codes"; stackkit/laravel-google-cloud-tasks-queue#55.
   * @matters misleading: the functions log the retry count, not this one.
   */
  function finish(task: Task, answer: Answer | undefined, facts: object): void {
    dispatching.delete(task.id);
    const status = answer?.status;
    if (status !== undefined && status < 500) task.responses += 1;
    if (status !== undefined) task.previousStatus = status;
    const succeeded = status !== undefined && status >= 200 && status < 300;
    const now = clock.now();
    const { firstAttemptTime = now } = task;
    const removed = tasks.get(task.id) !== task;
    const exhausted =
      !succeeded && !removed && isExhausted(settings.retryConfig, task.attempts, now - firstAttemptTime);
    if (!removed) {
      if (succeeded || exhausted) forget(task.id);
      else putBack(task, answer, now);
    }
    report("finished", task.id, status === undefined ? facts : { status, ...facts });
    if (exhausted) report("dropped", task.id, { attempt: task.attempts });
    pump();
    onChange();
  }

  /** Puts a task back until its next attempt, which is not before the one who answered asks for it. */
  function putBack(task: Task, answer: Answer | undefined, now: number): void {
    const backoff = backoffMilliseconds(settings.retryConfig, task.attempts);
    task.scheduleTime = now + Math.max(backoff, retryAfterMilliseconds(answer, now));
    waiting.add(task);
  }

  function forget(taskId: string): void {
    const now = clock.now();
    for (const [forgotten, time] of gone) {
      if (now - time < NAME_BLOCKED_MILLISECONDS) break;
      gone.delete(forgotten);
    }
    if (tasks.delete(taskId)) gone.set(taskId, now);
  }

  function isBlocked(taskId: string): boolean {
    const time = gone.get(taskId);
    return tasks.has(taskId) || (time !== undefined && clock.now() - time < NAME_BLOCKED_MILLISECONDS);
  }

  /**
   * @decision A task's name is the queue's full name, /tasks/ and up to 500 letters, digits, hyphens and underscores,
   * or is made up; another is refused with 400.
   * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/tasks/v2/task.proto, Task.name. recorded,
   * for the refusal: aertje/cloud-tasks-emulator pull request 19 ("The returned error matches the actual response
   * that GCP returns").
   * @matters sign-in lost: `receive` names a task by the event's id.
   */
  function taskId(input: TaskInput): string {
    if (input.name === undefined) return randomBytes(10).toString("hex");
    const taken = input.name.startsWith(`${name}/tasks/`) ? input.name.slice(`${name}/tasks/`.length) : "";
    if (TASK_ID.test(taken)) return taken;
    throw new GoogleError("INVALID_ARGUMENT", `Task name must be formatted: "${name}/tasks/<TASK_ID>"`);
  }

  /**
   * @decision A task that was done, given up or deleted is answered with 404 NOT_FOUND.
   * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/tasks/v2/cloudtasks.proto, RunTask:
   * NOT_FOUND on a task that has already succeeded or permanently failed.
   * @matters sandbox only: nothing of the product reads a task.
   */
  function get(task: string): Task {
    const found = tasks.get(task);
    if (!found) throw notFound(`${name}/tasks/${task}`);
    return found;
  }

  function remove(task: Task): void {
    waiting.remove(task);
    forget(task.id);
    pump();
    onChange();
  }

  return {
    name,
    settings: () => settings,
    resource: () => ({ name, state: paused ? "PAUSED" : "RUNNING", ...describeSettings(settings) }),
    configure(next) {
      settings = next;
      bucket = makeBucket();
      pump();
    },
    setPaused(next) {
      paused = next;
      pump();
    },
    add(input) {
      const chosen = taskId(input);
      const body = input.request.body.toString();
      /**
       * @decision A task without a URL is refused with 400 unless its queue gives it one.
       * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/tasks/v2/target.proto, HttpRequest.url:
       * Required; v2beta3/target.proto, HttpTarget.uri_override.
       * @matters sign-in lost: `receive` gives each task the address of `grant` besides the queue's override.
       */
      if (!overrideUrl(input.request.url, settings.httpTarget?.uriOverride)) {
        throw new GoogleError("INVALID_ARGUMENT", "HttpRequest.url is required");
      }
      /**
       * @decision A task whose name is in the queue, or was within the last hour, is refused with 409 ALREADY_EXISTS.
       * @evidence recorded: stackkit/laravel-google-cloud-tasks-queue#104: code 6, ALREADY_EXISTS, "The task cannot
       * be created because a task with this name existed too recently". documentation, for the hour: Google Cloud,
       * "Cloud Tasks quotas and limits", task de-duplication window.
       * @matters late: Okta delivers an event again, and the second delivery makes no second task.
       */
      if (isBlocked(chosen)) {
        report("duplicate", chosen, { body });
        throw alreadyExists(`${name}/tasks/${chosen}`, "already exists, or did recently");
      }
      const now = clock.now();
      const task: Task = {
        name: `${name}/tasks/${chosen}`,
        id: chosen,
        input,
        order: made,
        createTime: now,
        scheduleTime: input.scheduleTime ?? now,
        attempts: 0,
        responses: 0,
        firstAttemptTime: undefined,
        previousStatus: undefined,
      };
      made += 1;
      tasks.set(chosen, task);
      waiting.add(task);
      report("created", chosen, { body });
      pump();
      return task;
    },
    get,
    list: () => [...tasks.values()],
    remove: (task) => remove(get(task)),
    purge() {
      for (const task of [...tasks.values()]) remove(task);
    },
    isIdle: () => tasks.size === 0 && dispatching.size === 0,
    close() {
      closed = true;
      sender.close();
      cancelTimer();
      tasks.clear();
      dispatching.clear();
      onChange();
    },
  };
}

/** Lets dispatches through at a rate, with a burst (Cloud Tasks, RateLimits: token bucket). */
export interface TokenBucket {
  /** Takes a token if there is one. */
  take(): boolean;
  /** Milliseconds until there is a token. */
  wait(): number;
}

/** @param now the time in milliseconds */
export function createTokenBucket(perSecond: number, burst: number, now: () => number): TokenBucket {
  let tokens = burst;
  let filled = now();

  function fill(): void {
    const time = now();
    tokens = Math.min(burst, tokens + ((time - filled) * perSecond) / 1000);
    filled = time;
  }

  return {
    take() {
      fill();
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
    wait() {
      fill();
      return tokens >= 1 ? 0 : Math.ceil(((1 - tokens) * 1000) / perSecond);
    },
  };
}
