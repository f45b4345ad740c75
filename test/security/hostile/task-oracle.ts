import { fieldsOf, isOnePathSegment, parseJson, textOf } from "./oracle.ts";

/** The membership that a task names; `isCertain` when nothing about it leaves a choice. */
export interface Membership {
  /** Where Okta makes it (Okta, "Groups API": assign a user to a group). */
  readonly path: string;
  readonly isCertain: boolean;
}

/** @param groups those that the rules name: no other is anybody's */
export function membershipOf(
  body: Uint8Array,
  groups: readonly string[],
): Membership | "no task" | "no JSON" {
  const value = parseJson(body);
  if (value === undefined) return "no JSON";
  const { groupId, userId } = fieldsOf(value);
  const user = textOf(userId) ?? "";
  const group = groups.find((one) => one === groupId);
  if (group === undefined || !isOnePathSegment(user)) return "no task";
  return { path: `/api/v1/groups/${group}/users/${user}`, isCertain: /^[0-9A-Za-z]{20}$/.test(user) };
}

/** What a task of `reconcile` asks for. */
export interface Reading {
  readonly kind: "poll" | "replay" | "replay-continuation";
  /** The only queue in which it may go on. */
  readonly queue: string;
  /** The only objects that it may write. */
  readonly object: string;
  /** Only a dry run queues nobody. */
  readonly dryRun: boolean;
}

/** @returns undefined when the body asks for nothing that there is */
export function readingOf(body: Uint8Array): Reading | undefined {
  const { kind, continuationQueue, id, dryRun, continued } = fieldsOf(parseJson(body));
  const queue = textOf(continuationQueue) ?? "";
  // A full name (Google Cloud, "Cloud Tasks REST API": projects.locations.queues), of which each part is one path segment.
  const [projects, project = "", locations, location = "", queues, name = "", ...more] = queue.split("/");
  if (projects !== "projects" || locations !== "locations" || queues !== "queues" || more.length > 0)
    return undefined;
  if (![project.replaceAll(":", ""), location, name].every(isOnePathSegment)) return undefined;
  if (kind === "poll") return { kind, queue, object: "cursor.json", dryRun: false };
  const replay = textOf(id) ?? "";
  if (!/^[0-9a-f-]{36}$/.test(replay)) return undefined;
  const object = `replays/${replay}.json`;
  if (kind === "replay-continuation") return { kind, queue, object, dryRun: false };
  // Nobody says where to read on.
  if (kind !== "replay" || continued !== undefined) return undefined;
  return { kind, queue, object, dryRun: dryRun === true };
}
