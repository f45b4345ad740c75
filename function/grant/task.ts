import { isId } from "../shared/events.ts";
import { isObject } from "../shared/json.ts";
import type { LogFields } from "../shared/log.ts";

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
}

/** @returns undefined when the body can never name a user and a group, whatever the rules are */
export function parseTask(body: unknown): GrantTask | undefined {
  if (!isObject(body)) return undefined;
  const { groupId = "", userId = "", eventUuid = "" } = readIds(body);
  if (groupId === "" || userId === "") return undefined;
  return { groupId, userId, eventUuid, published: time(body["published"]), queuedAt: time(body["queuedAt"]) };
}

/** What a body, even one that is not a task, shows in the log: ids only, since whatever else stands in it may be personal. */
export function idsOf(body: unknown): LogFields {
  return isObject(body) ? readIds(body) : {};
}

function readIds(body: Readonly<Record<string, unknown>>): {
  groupId?: string;
  userId?: string;
  eventUuid?: string;
} {
  const { groupId, userId, eventUuid } = body;
  return {
    ...(isText(groupId) ? { groupId } : {}),
    ...(isText(userId) ? { userId } : {}),
    ...(isText(eventUuid) ? { eventUuid } : {}),
  };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && isId(value);
}

function time(value: unknown): number | undefined {
  const milliseconds = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
}
