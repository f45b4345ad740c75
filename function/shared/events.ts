import { EnvelopeError } from "./errors.ts";
/**
 * Okta's envelope and System Log events, parsed tolerantly: only what a decision needs is checked, and
 * everything else (unknown fields, null targets, `ipChain` under `client` or under `request`) passes through untouched
 * for conditions to read. Shapes: Okta, "Event hooks" (sample delivery) and "System Log API" (LogEvent).
 */

import { isObject } from "./json.ts";

/** A System Log event that rules can match. */
export interface SystemLogEvent {
  readonly uuid: string;
  readonly eventType: string;
  /** ISO 8601, as Okta wrote it; empty when Okta did not. */
  readonly published: string;
  readonly result: string;
  readonly actor: { readonly id: string; readonly type: string };
  /** The event as it came, for conditions. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** An event of a batch that can never be processed, and why. Holds nothing of its content. */
export interface UnprocessableEvent {
  /** Position in the batch. */
  readonly index: number;
  readonly fault: string;
}

/** Events that came together: those that can be matched, and those that cannot. */
export interface Batch {
  readonly events: readonly SystemLogEvent[];
  /** How many cannot be matched. */
  readonly skipped: number;
  /** The first ten of these; a hostile body has room for half a million. */
  readonly unprocessable: readonly UnprocessableEvent[];
}

/** How many unprocessable events of a batch are reported; the others are only counted. */
const MAXIMUM_REPORTED = 10;

/** One delivery of an event hook. */
export interface Delivery extends Batch {
  /** Okta's id of the delivery (not of an event); empty if it is missing or malformed. */
  readonly id: string;
}

/**
 * Parses a delivery.
 *
 * @throws EnvelopeError when there is no list of events
 */
export function parseDelivery(body: unknown): Delivery {
  if (!isObject(body)) throw new EnvelopeError("The body must be a JSON object.");
  const data = body["data"];
  if (!isObject(data)) throw new EnvelopeError('The body has no "data" object.');
  const list = data["events"];
  if (!Array.isArray(list)) throw new EnvelopeError('The body has no "data.events" list.');
  const id = text(body["eventId"]);
  return { id: isId(id) ? id : "", ...parseEvents(list) };
}

/** Parses events. A bad event does not affect the others: it is skipped and listed in `unprocessable`. */
export function parseEvents(list: readonly unknown[]): Batch {
  const events: SystemLogEvent[] = [];
  const unprocessable: UnprocessableEvent[] = [];
  let skipped = 0;
  for (const [index, item] of list.entries()) {
    const parsed = parseEvent(item);
    if (!("fault" in parsed)) events.push(parsed);
    else if (++skipped <= MAXIMUM_REPORTED) unprocessable.push({ index, fault: parsed.fault });
  }
  return { events, skipped, unprocessable };
}

/** An event, or the fault that makes it unprocessable. `fault` distinguishes them, so that an event needs no object around it. */
type ParsedEvent = SystemLogEvent | { readonly fault: string };

function parseEvent(value: unknown): ParsedEvent {
  if (!isObject(value)) return { fault: "the event is not an object" };
  const uuid = text(value["uuid"]);
  // It identifies the event in our log and in Okta's.
  if (!isId(uuid)) return { fault: "the event has no uuid" };
  const eventType = text(value["eventType"]);
  if (eventType === "") return { fault: "the event has no eventType" };
  const actor = value["actor"];
  if (!isObject(actor)) return { fault: "the event has no actor" };
  const outcome = value["outcome"];
  const event = {
    uuid,
    eventType,
    published: text(value["published"]).slice(0, 40),
    result: isObject(outcome) ? text(outcome["result"]) : "",
    actor: { id: text(actor["id"]), type: text(actor["type"]) },
    attributes: value,
  };
  if (isSignIn(event) && !isId(event.actor.id)) return { fault: "the actor's id is not an Okta id" };
  return event;
}

/**
 * Whether the event reports a person's own, successful act. Every event must, whatever a rule says: Okta delivers failures
 * too, and the list of outcomes grows, so only SUCCESS counts. An unknown person's id is "unknown".
 */
export function isSignIn(event: Pick<SystemLogEvent, "result" | "actor">): boolean {
  return event.result === "SUCCESS" && event.actor.type === "User" && event.actor.id !== "unknown";
}

/**
 * Whether this can stand in a path as an Okta id. Okta's ids are 20 letters and digits today, which Okta does not promise, so
 * anything that cannot leave its path segment is accepted.
 */
export function isId(value: string): boolean {
  return /^[A-Za-z0-9_-]{1,100}$/.test(value);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
