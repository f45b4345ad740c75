import { isObject, type JsonObject } from "../json.ts";
import { ForeignLinkError } from "../okta/pages.ts";
import { logPath } from "../okta/system-log.ts";
import type { ReconcileTask, ReplayTask } from "../settings.ts";

const QUEUE = /^projects\/\w[\w.:-]*\/locations\/[\w-]+\/queues\/[\w-]+$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/;

/**
 * Checks what `reconcile` is asked to do: a queue must be a queue's name and a link one into the org's System Log, since
 * both are called with the function's own rights.
 *
 * @param orgUrl such as `https://acme.okta.com`
 * @returns undefined when it is no task
 */
export function parseTask(body: unknown, orgUrl: string): ReconcileTask | undefined {
  if (!isObject(body)) return undefined;
  const continuationQueue = text(body, "continuationQueue", QUEUE);
  if (continuationQueue === undefined) return undefined;
  if (body["kind"] === "poll") return { kind: "poll", continuationQueue };
  return body["kind"] === "replay" ? parseReplay(body, continuationQueue, orgUrl) : undefined;
}

function parseReplay(body: JsonObject, continuationQueue: string, orgUrl: string): ReplayTask | undefined {
  const id = text(body, "id", UUID);
  const since = time(body, "since");
  const until = time(body, "until");
  const { dryRun } = body;
  if (id === undefined || since === undefined || until === undefined || typeof dryRun !== "boolean") {
    return undefined;
  }
  const task = { kind: "replay", continuationQueue, id, since, until, dryRun } as const;
  if (body["continued"] === undefined) return task;
  const continued = parseContinued(body["continued"], orgUrl);
  return continued === undefined ? undefined : { ...task, continued };
}

function parseContinued(value: unknown, orgUrl: string): ReplayTask["continued"] | undefined {
  if (!isObject(value) || !isObject(value["counts"])) return undefined;
  const page = count(value, "page");
  const next = link(value["next"], orgUrl);
  const events = count(value["counts"], "events");
  const wanted = count(value["counts"], "wanted");
  const queued = count(value["counts"], "queued");
  if (page === undefined || next === undefined) return undefined;
  if (events === undefined || wanted === undefined || queued === undefined) return undefined;
  return { page, next, counts: { events, wanted, queued } };
}

function text(from: JsonObject, name: string, pattern: RegExp): string | undefined {
  const value = from[name];
  return typeof value === "string" && pattern.test(value) ? value : undefined;
}

function time(from: JsonObject, name: string): string | undefined {
  const value = text(from, name, TIME);
  return value === undefined || Number.isNaN(Date.parse(value)) ? undefined : value;
}

function count(from: JsonObject, name: string): number | undefined {
  const value = from[name];
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function link(value: unknown, orgUrl: string): string | undefined {
  if (typeof value !== "string") return undefined;
  try {
    return logPath(value, orgUrl);
  } catch (error) {
    if (error instanceof ForeignLinkError) return undefined;
    throw error;
  }
}
