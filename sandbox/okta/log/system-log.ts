import { randomUUID } from "node:crypto";
import type { EventHook } from "../model/event-hook.ts";
import { alphanumerics } from "../model/ids.ts";
import {
  authenticationContext,
  type LogEntry,
  type LogEvent,
  SECURITY_CONTEXT,
  SYSTEM,
} from "../model/log-event.ts";
import { type Org, timestamp } from "../model/org.ts";

/**
 * Writes an event to the System Log.
 *
 * @decision An event may come into the log later than it was published.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/reference/system-log-query, "Polling Requests"
 *   (persistence time).
 * @matters sign-in lost: `reconcile` polls in the order of arrival.
 */
export function record(org: Org, event: LogEvent): void {
  const lateness = org.faults.log.lateness?.(event) ?? 0;
  const padding = org.faults.log.padding?.(event) ?? 0;
  const logged = padding === 0 ? event : padded(event, padding);
  const entry = { event: logged, published: Date.parse(event.published), persisted: org.now() + lateness };
  if (lateness > 0) org.log.late.push(entry);
  else entriesOf(org).push(entry);
  const { uuid, eventType, outcome, actor } = event;
  org.notify({ kind: "event", uuid, eventType, result: outcome.result, actorId: actor.id });
}

function padded(event: LogEvent, characters: number): LogEvent {
  const { debugData } = event.debugContext;
  return { ...event, debugContext: { debugData: { ...debugData, padding: "x".repeat(characters) } } };
}

/** What is in the System Log by now. The late have no timer: they are put in when somebody looks. */
export function entriesOf({ log, now }: Org): LogEntry[] {
  if (log.late.length > 0) {
    const arrived = log.late.filter(({ persisted }) => persisted <= now());
    log.late = log.late.filter(({ persisted }) => persisted > now());
    log.entries.push(...arrived.sort((one, other) => one.persisted - other.persisted));
  }
  return log.entries;
}

/**
 * Writes an event of Okta's own doing.
 *
 * @param debugData free, and no contract
 */
export function recordSystemEvent(
  org: Org,
  event: Pick<LogEvent, "eventType" | "displayMessage" | "severity" | "outcome" | "target"> & {
    readonly debugData: Readonly<Record<string, string>>;
  },
): void {
  const { debugData, ...rest } = event;
  record(org, {
    uuid: randomUUID(),
    published: timestamp(org),
    version: "0",
    legacyEventType: null,
    actor: SYSTEM,
    client: null,
    device: null,
    insertionTimestamp: null,
    transaction: { type: "JOB", id: alphanumerics(28), detail: {} },
    debugContext: { debugData },
    authenticationContext: authenticationContext(null),
    securityContext: SECURITY_CONTEXT,
    ...rest,
  });
}

/**
 * Writes what became of a hook's verification or delivery. A delivery is written only when it failed, a verification in
 * any case (Okta, "Event types": event_hook.delivery, event_hook.verified).
 *
 * @decision Deliveries are written only when they failed, verifications always.
 * @evidence documentation: okta/okta-developer-docs 468de9c, data/event-types.json, event_hook.delivery,
 *   event_hook.verified.
 * @matters misleading: who looks for failed deliveries looks there.
 *
 * @param reason why it failed; undefined when it did not
 */
export function recordHookEvent(
  org: Org,
  type: "delivery" | "verified",
  hook: EventHook,
  reason: string | undefined,
  debugData: Readonly<Record<string, string>> = {},
): void {
  recordSystemEvent(org, {
    eventType: `event_hook.${type}`,
    displayMessage: type === "delivery" ? "Event hook delivery" : "Verify event hook",
    severity: reason === undefined ? "INFO" : "WARN",
    outcome: reason === undefined ? { result: "SUCCESS", reason: null } : { result: "FAILURE", reason },
    target: [
      { id: hook.id, type: "EventHook", alternateId: hook.name, displayName: hook.name, detailEntry: null },
    ],
    debugData,
  });
}
