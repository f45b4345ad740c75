import { createReconcile } from "../../function/reconcile/reconcile.ts";
import { createLogReader } from "../../function/reconcile/system-log.ts";
import type { Clock } from "../../function/shared/clock.ts";
import type { MembershipTask, ReconcileTask, Rule } from "../../function/shared/contract.ts";
import { ObjectChangedError } from "../../function/shared/errors.ts";
import { NO_OBJECT, type ObjectStore } from "../../function/shared/google/object-store.ts";
import type { ContinuationQueue, TaskQueue } from "../../function/shared/google/task-queue.ts";
import type { Handler } from "../../function/shared/http.ts";
import type { Log } from "../../function/shared/log.ts";
import { createRuleMatcher } from "../../function/shared/rules.ts";
import { exchange } from "../../sandbox/simulation/service.ts";
import type { FakeSystemLog } from "./system-log.ts";

export const CONTINUATION_QUEUE = "projects/p/locations/l/queues/continuations";

/** A step that reconcile takes outside itself, about to be taken; it may fail, wait or never return. */
export type Step = <T>(kind: StepKind, effect: () => T) => Promise<T>;
export type StepKind = "page" | "task" | "read" | "write" | "continuation";

/** What lasts: it outlives every run and every instance of the function. */
export interface Lasting {
  readonly log: FakeSystemLog;
  /** The memberships in the queue by the name of their task: replay, event, group. */
  readonly queue: Map<string, MembershipTask>;
  readonly objects: Map<string, { content: string; generation: string }>;
  readonly continuations: { readonly name: string | undefined; readonly task: ReconcileTask }[];
}

export function createLasting(log: FakeSystemLog): Lasting {
  return { log, queue: new Map(), objects: new Map(), continuations: [] };
}

/** The name under which a membership's task is known. */
export function taskName(eventUuid: string, groupId: string, replay = ""): string {
  return [replay, eventUuid, groupId].join(" ");
}

/** What reconcile answered. */
export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  readonly body: any;
}

/** Sends reconcile a task. */
export async function send(
  handler: Handler,
  body: unknown,
  { method = "POST", contentType = "application/json" } = {},
): Promise<Answered> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const answer = await exchange(handler, { method, headers: { "content-type": contentType }, body: text });
  return { ...answer, body: JSON.parse(answer.body) };
}

/** Starts an instance of reconcile on what lasts. */
export async function startReconcile(
  lasting: Lasting,
  settings: {
    readonly rules: readonly Rule[];
    readonly log: Log;
    readonly clock: Clock;
    readonly stackSince: number;
    readonly backfillDays?: number;
    readonly timeoutMs?: number;
    readonly step?: Step;
  },
): Promise<Handler> {
  const { rules, log, clock, stackSince, backfillDays = 0, timeoutMs = 270_000 } = settings;
  const step: Step = settings.step ?? (async (_kind, effect) => effect());
  const queueOf = (replay?: string): TaskQueue => ({
    enqueue: (task) =>
      step("task", () => {
        const name = taskName(task.eventUuid, task.groupId, replay);
        if (lasting.queue.has(name)) return "exists";
        lasting.queue.set(name, task);
        return "created";
      }),
  });
  const { log: systemLog } = lasting;
  const readPage = createLogReader(systemLog.send, systemLog.url);
  return createReconcile({
    grantClientIds: new Set(["0oaGrant", "0oaGrantBefore"]),
    readLog: async (path, deadline) => await step("page", () => readPage(path, deadline)),
    objects: objectsOf(lasting, step),
    queue: queueOf(),
    queueOf,
    continuations: continuationsOf(lasting, step),
    rules,
    matchRules: await createRuleMatcher(rules, log, clock.now),
    orgUrl: systemLog.url,
    origin: { stackSince, backfillDays },
    stack: "prod",
    log,
    clock,
    timeoutMs,
  });
}

function objectsOf({ objects }: Lasting, step: Step): ObjectStore {
  return {
    read: (name) => step("read", () => objects.get(name)),
    write: (name, value, over) =>
      step("write", () => {
        const before = objects.get(name)?.generation ?? NO_OBJECT;
        if (before !== over) throw new ObjectChangedError(name);
        const generation = String(Number(before) + 1);
        objects.set(name, { content: JSON.stringify(value), generation });
        return generation;
      }),
  };
}

function continuationsOf({ continuations }: Lasting, step: Step): ContinuationQueue {
  return {
    enqueue: (_queue, task) =>
      step("continuation", () => {
        const name =
          task.kind === "poll" || task.kind === "check"
            ? undefined
            : `${task.id} ${task.kind === "replay" ? 0 : task.chunk}`;
        if (name !== undefined && continuations.some((one) => one.name === name)) return "exists";
        continuations.push({ name, task });
        return "created";
      }),
  };
}
