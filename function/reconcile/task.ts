import type { ReconcileTask, ReplayContinuation, ReplayTask } from "../shared/contract.ts";
import { isObject, type JsonObject } from "../shared/json.ts";

const QUEUE = /^projects\/\w[\w.:-]*\/locations\/[\w-]+\/queues\/[\w-]+$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/;

/**
 * Parses a task of `reconcile`. The queue must be a full queue name, since it is called with the function's own rights. A task
 * never says where in the System Log to read: otherwise anyone who may enqueue could read all of it.
 *
 * @returns undefined when the body is not a task
 */
export function parseTask(body: unknown): ReconcileTask | undefined {
  if (!isObject(body)) return undefined;
  const continuationQueue = text(body, "continuationQueue", QUEUE);
  if (continuationQueue === undefined) return undefined;
  switch (body["kind"]) {
    case "poll":
      return { kind: "poll", continuationQueue };
    case "check":
      return { kind: "check", continuationQueue };
    case "replay":
      return parseReplay(body, continuationQueue);
    case "replay-continuation":
      return parseContinuation(body, continuationQueue);
    default:
      return undefined;
  }
}

function parseReplay(body: JsonObject, continuationQueue: string): ReplayTask | undefined {
  const id = text(body, "id", UUID);
  const since = time(body, "since");
  const until = time(body, "until");
  const { dryRun } = body;
  if (id === undefined || since === undefined || until === undefined || typeof dryRun !== "boolean") {
    return undefined;
  }
  // Earlier versions took the position from the task. Such a task must not restart a replay either.
  if (body["continued"] !== undefined) return undefined;
  return { kind: "replay", continuationQueue, id, since, until, dryRun };
}

function parseContinuation(body: JsonObject, continuationQueue: string): ReplayContinuation | undefined {
  const id = text(body, "id", UUID);
  const { chunk } = body;
  if (id === undefined || typeof chunk !== "number" || !Number.isSafeInteger(chunk) || chunk < 1) {
    return undefined;
  }
  return { kind: "replay-continuation", continuationQueue, id, chunk };
}

function text(from: JsonObject, name: string, pattern: RegExp): string | undefined {
  const value = from[name];
  return typeof value === "string" && pattern.test(value) ? value : undefined;
}

function time(from: JsonObject, name: string): string | undefined {
  const value = text(from, name, TIME);
  return value === undefined || Number.isNaN(Date.parse(value)) ? undefined : value;
}
