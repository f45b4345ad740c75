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
  readonly origin: Readonly<Origin>;
}

type Origin = Writable<
  Pick<MembershipRecord, "eventType" | "rule" | "source" | "deliveryId" | "published" | "queuedAt">
>;

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** @returns undefined when the body can never name a user and a group, whatever the rules are */
export function parseTask(body: unknown): GrantTask | undefined {
  if (!isObject(body)) return undefined;
  const { groupId, userId, eventUuid = "" } = readIds(body);
  if (groupId === undefined || userId === undefined) return undefined;
  const [published, queuedAt] = [time(body["published"]), time(body["queuedAt"])];
  const origin = readOrigin(body);
  if (published !== undefined) origin.published = isoText(body["published"], published);
  if (queuedAt !== undefined) origin.queuedAt = isoText(body["queuedAt"], queuedAt);
  return { groupId, userId, eventUuid, published, queuedAt, origin };
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
  const ids = { groupId, userId, eventUuid };
  return published === undefined ? ids : { ...ids, delaySeconds: delaySeconds(published, now) };
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
  { groupId, userId, eventUuid, published, origin }: GrantTask,
  { known, now, ...attempt }: Attempt & { readonly known: boolean; readonly now: number },
): MembershipRecord {
  // Most tasks end here, so that each is copied only once.
  const record: Writable<MembershipRecord> = { groupId, userId, eventUuid, outcome: "member", known };
  if (published !== undefined) record.delaySeconds = delaySeconds(published, now);
  return Object.assign(record, origin, attempt);
}

/** The clocks of Okta and Google may differ by a little, so a delay is never below 0. */
function delaySeconds(published: number, now: number): number {
  return Math.max(0, now - published) / 1000;
}

function readIds({ groupId, userId, eventUuid }: JsonObject): Partial<TaskFields> {
  const ids: Partial<Writable<TaskFields>> = {};
  if (isText(groupId)) ids.groupId = groupId;
  if (isText(userId)) ids.userId = userId;
  if (isText(eventUuid)) ids.eventUuid = eventUuid;
  return ids;
}

const SOURCES: readonly TaskSource[] = ["hook", "reconcile", "replay"];

/** Okta's event types are words with dots (Okta, "Event types"); nothing else is logged as one. */
const EVENT_TYPE = /^[A-Za-z_]+(\.[A-Za-z_]+){1,8}$/;

function readOrigin({ eventType, rule, source, deliveryId }: JsonObject): Origin {
  const origin: Origin = {};
  if (typeof eventType === "string" && eventType.length <= 100 && EVENT_TYPE.test(eventType))
    origin.eventType = eventType;
  if (typeof rule === "number" && Number.isSafeInteger(rule) && rule >= 0) origin.rule = rule;
  const known = SOURCES.find((one) => one === source);
  if (known !== undefined) origin.source = known;
  if (isText(deliveryId)) origin.deliveryId = deliveryId;
  return origin;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && isId(value);
}

function time(value: unknown): number | undefined {
  const milliseconds = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}

/** As the functions write times into tasks. */
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** A time in ISO 8601, from its text in a task if that is in this form. */
function isoText(text: unknown, milliseconds: number): string {
  return typeof text === "string" && ISO_TIME.test(text) ? text : isoTime(milliseconds);
}

function count(header: string | string[] | undefined): number | undefined {
  return typeof header === "string" && /^\d{1,9}$/.test(header) ? Number(header) : undefined;
}
