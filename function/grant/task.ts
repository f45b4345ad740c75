import type { IncomingMessage } from "node:http";
import { isoTime } from "../shared/clock.ts";
import type { TaskSource } from "../shared/contract.ts";
import { isId } from "../shared/events.ts";
import { isObject, type JsonObject } from "../shared/json.ts";
import type { MembershipRecord, TaskFields } from "../shared/signals.ts";

/** A task as `grant` takes it. Times are in milliseconds since the epoch, and undefined when the task does not say them. */
export interface GrantTask {
  readonly groupId: string;
  readonly userId: string;
  /** Empty when it is not an id. */
  readonly eventUuid: string;
  /** When the user signed in. */
  readonly published: number | undefined;
  /** When the task was put into the queue. */
  readonly queuedAt: number | undefined;
  /** What only the audit record needs; what is malformed or missing is left out. */
  readonly origin: Pick<MembershipRecord, "eventType" | "rule" | "source" | "deliveryId">;
}

/** @returns undefined when the body can never name a user and a group, whatever the rules are */
export function parseTask(body: unknown): GrantTask | undefined {
  if (!isObject(body)) return undefined;
  const { groupId = "", userId = "", eventUuid = "" } = readIds(body);
  if (groupId === "" || userId === "") return undefined;
  const { published, queuedAt } = body;
  return {
    groupId,
    userId,
    eventUuid,
    published: time(published),
    queuedAt: time(queuedAt),
    origin: readOrigin(body),
  };
}

/** What a body, even one that is not a task, shows in the log: ids only, since whatever else stands in it may be personal. */
export function idsOf(body: unknown): Partial<TaskFields> {
  return isObject(body) ? readIds(body) : {};
}

/** The fields of a task that every entry about it has, and its delay so far. */
export function loggable(
  { groupId, userId, eventUuid, published }: GrantTask,
  now: number,
): TaskFields & Pick<MembershipRecord, "delaySeconds"> {
  return { groupId, userId, eventUuid, ...delayOf(published, now) };
}

/** How often the queue has sent a task, and how often `grant` has answered it; empty for a request that is not from Cloud Tasks. */
export type Attempt = Pick<MembershipRecord, "deliveries" | "attempts">;

/** Cloud Tasks counts what was before this time (Google Cloud, "Create HTTP target tasks": request headers). */
export function attemptOf({ headers }: IncomingMessage): Attempt {
  const deliveries = count(headers["x-cloudtasks-taskretrycount"]);
  const attempts = count(headers["x-cloudtasks-taskexecutioncount"]);
  return {
    ...(deliveries === undefined ? {} : { deliveries: deliveries + 1 }),
    ...(attempts === undefined ? {} : { attempts: attempts + 1 }),
  };
}

/** The audit record of a task that ends with its user a member. */
export function recordOf(
  task: GrantTask,
  { known, now, ...attempt }: Attempt & { readonly known: boolean; readonly now: number },
): MembershipRecord {
  const { published, queuedAt, origin } = task;
  return {
    ...loggable(task, now),
    outcome: "member",
    known,
    ...origin,
    ...(published === undefined ? {} : { published: isoTime(published) }),
    ...(queuedAt === undefined ? {} : { queuedAt: isoTime(queuedAt) }),
    ...attempt,
  };
}

/** The clocks of Okta and Google may differ by a little, so a delay is never below 0. */
function delayOf(published: number | undefined, now: number): Pick<MembershipRecord, "delaySeconds"> {
  return published === undefined ? {} : { delaySeconds: Math.max(0, now - published) / 1000 };
}

function readIds(body: JsonObject): { groupId?: string; userId?: string; eventUuid?: string } {
  const { groupId, userId, eventUuid } = body;
  return {
    ...(isText(groupId) ? { groupId } : {}),
    ...(isText(userId) ? { userId } : {}),
    ...(isText(eventUuid) ? { eventUuid } : {}),
  };
}

const SOURCES: readonly TaskSource[] = ["hook", "reconcile", "replay"];

/** Okta's event types are words with dots (Okta, "Event types"); nothing else is logged as one. */
const EVENT_TYPE = /^[A-Za-z_]+(\.[A-Za-z_]+){1,8}$/;

function readOrigin(body: JsonObject): GrantTask["origin"] {
  const { eventType, rule, deliveryId } = body;
  const source = SOURCES.find((one) => one === body["source"]);
  return {
    ...(typeof eventType === "string" && eventType.length <= 100 && EVENT_TYPE.test(eventType)
      ? { eventType }
      : {}),
    ...(typeof rule === "number" && Number.isSafeInteger(rule) && rule >= 0 ? { rule } : {}),
    ...(source === undefined ? {} : { source }),
    ...(isText(deliveryId) ? { deliveryId } : {}),
  };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && isId(value);
}

function time(value: unknown): number | undefined {
  const milliseconds = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}

function count(header: string | string[] | undefined): number | undefined {
  return typeof header === "string" && /^\d{1,9}$/.test(header) ? Number(header) : undefined;
}
