import { randomBytes } from "node:crypto";
import { alreadyExists, GoogleError, notFound } from "../errors.ts";
import type { Notify } from "../notices.ts";
import type { TaskInput } from "./http-request.ts";
import { overrideUrl } from "./http-target.ts";
import { backoffMilliseconds, isExhausted } from "./retry.ts";
import { send } from "./send.ts";
import { describeSettings, type QueueSettings } from "./settings.ts";
import { buildRequest, type Task } from "./task.ts";
import { createTokenBucket } from "./token-bucket.ts";

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
}

/** How long the name of a task that is gone can't be used again (Cloud Tasks, CreateTask: task de-duplication). */
const NAME_BLOCKED_MILLISECONDS = 60 * 60 * 1000;
const TASK_ID = /^[A-Za-z0-9_-]{1,500}$/;
/** The longest time a timer of Node can wait. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Makes a running queue. */
export function createQueue(options: QueueOptions): Queue {
  const { name, notify, onChange } = options;
  const id = name.slice(name.lastIndexOf("/") + 1);
  const tasks = new Map<string, Task>();
  const dispatching = new Set<string>();
  const gone = new Map<string, number>();
  const closing = new AbortController();
  let settings = options.settings;
  let bucket = makeBucket();
  let paused = false;
  let timer: NodeJS.Timeout | undefined;

  function makeBucket() {
    const { maxDispatchesPerSecond, maxBurstSize } = settings.rateLimits;
    return createTokenBucket(maxDispatchesPerSecond, maxBurstSize, Date.now);
  }

  function tell(
    event: "created" | "duplicate" | "dispatched" | "finished" | "dropped",
    task: string,
    rest = {},
  ) {
    notify({ kind: "task", event, task, queue: id, ...rest });
  }

  function nextWaiting(): Task | undefined {
    let next: Task | undefined;
    for (const task of tasks.values()) {
      if (dispatching.has(task.id)) continue;
      if (!next || task.scheduleTime < next.scheduleTime) next = task;
    }
    return next;
  }

  function pump(): void {
    clearTimeout(timer);
    if (closing.signal.aborted || paused) return;
    while (dispatching.size < settings.rateLimits.maxConcurrentDispatches) {
      const task = nextWaiting();
      if (!task) return;
      const wait = Math.max(task.scheduleTime - Date.now(), bucket.wait());
      if (wait > 0 || !bucket.take()) {
        timer = setTimeout(pump, Math.min(wait, LONGEST_TIMER));
        return;
      }
      dispatching.add(task.id);
      void attempt(task);
    }
  }

  async function attempt(task: Task): Promise<void> {
    const started = Date.now();
    task.attempts += 1;
    task.firstAttemptTime ??= started;
    const body = task.input.request.body.toString();
    tell("dispatched", task.id, { attempt: task.attempts, body });
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(task.input.dispatchDeadline)]);
    const request = await buildRequest(task, id, settings.httpTarget, options.identityToken);
    const status = request && (await send(request, signal));
    if (closing.signal.aborted) return;
    finish(task, status, { attempt: task.attempts, milliseconds: Date.now() - started, body });
  }

  function finish(task: Task, status: number | undefined, facts: object): void {
    dispatching.delete(task.id);
    if (status !== undefined && status < 500) task.responses += 1;
    if (status !== undefined) task.previousStatus = status;
    const succeeded = status !== undefined && status >= 200 && status < 300;
    const now = Date.now();
    const age = now - (task.firstAttemptTime ?? now);
    const removed = tasks.get(task.id) !== task;
    const exhausted = !succeeded && isExhausted(settings.retryConfig, task.attempts, age);
    if (succeeded || exhausted) forget(task.id);
    else task.scheduleTime = now + backoffMilliseconds(settings.retryConfig, task.attempts);
    tell("finished", task.id, status === undefined ? facts : { status, ...facts });
    if (exhausted && !removed) tell("dropped", task.id, { attempt: task.attempts });
    pump();
    onChange();
  }

  function forget(taskId: string): void {
    if (tasks.delete(taskId)) gone.set(taskId, Date.now());
  }

  function isBlocked(taskId: string): boolean {
    const time = gone.get(taskId);
    return tasks.has(taskId) || (time !== undefined && Date.now() - time < NAME_BLOCKED_MILLISECONDS);
  }

  function taskId(input: TaskInput): string {
    if (input.name === undefined) return randomBytes(10).toString("hex");
    const taken = input.name.startsWith(`${name}/tasks/`) ? input.name.slice(`${name}/tasks/`.length) : "";
    if (TASK_ID.test(taken)) return taken;
    throw new GoogleError("INVALID_ARGUMENT", `Task name must be formatted: "${name}/tasks/<TASK_ID>"`);
  }

  function get(task: string): Task {
    const found = tasks.get(task);
    if (!found) throw notFound(`${name}/tasks/${task}`);
    return found;
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
      if (!overrideUrl(input.request.url, settings.httpTarget?.uriOverride)) {
        throw new GoogleError("INVALID_ARGUMENT", "HttpRequest.url is required");
      }
      if (isBlocked(chosen)) {
        tell("duplicate", chosen, { body });
        throw alreadyExists(`${name}/tasks/${chosen}`, "already exists, or did recently");
      }
      const now = Date.now();
      const task: Task = {
        name: `${name}/tasks/${chosen}`,
        id: chosen,
        input,
        createTime: now,
        scheduleTime: input.scheduleTime ?? now,
        attempts: 0,
        responses: 0,
        firstAttemptTime: undefined,
        previousStatus: undefined,
      };
      tasks.set(chosen, task);
      tell("created", chosen, { body });
      pump();
      return task;
    },
    get,
    list: () => [...tasks.values()],
    remove(task) {
      forget(get(task).id);
      pump();
      onChange();
    },
    isIdle: () => tasks.size === 0 && dispatching.size === 0,
    close() {
      closing.abort();
      clearTimeout(timer);
      tasks.clear();
      dispatching.clear();
      onChange();
    },
  };
}
