import { randomUUID } from "node:crypto";
import type { EventHook } from "./event-hooks.ts";
import { authenticationContext, type LogEvent, SECURITY_CONTEXT, SYSTEM } from "./events.ts";
import { alphanumerics } from "./ids.ts";
import { type Org, timestamp } from "./state.ts";

/** Writes an event to the System Log. */
export function record(org: Org, event: LogEvent): void {
  org.log.push(event);
  const { uuid, eventType, outcome, actor } = event;
  org.notify({ kind: "event", uuid, eventType, result: outcome.result, actorId: actor.id });
}

/**
 * Writes what became of a hook's verification or delivery. A delivery is written only when it failed, a verification in
 * any case (Okta, "Event types": event_hook.delivery, event_hook.verified).
 *
 * @param reason why it failed; undefined when it did not
 * @param debugData free, and no contract
 */
export function recordHookEvent(
  org: Org,
  type: "delivery" | "verified",
  hook: EventHook,
  reason: string | undefined,
  debugData: Readonly<Record<string, string>> = {},
): void {
  record(org, {
    uuid: randomUUID(),
    published: timestamp(org),
    eventType: `event_hook.${type}`,
    version: "0",
    displayMessage: type === "delivery" ? "Event hook delivery" : "Verify event hook",
    severity: reason === undefined ? "INFO" : "WARN",
    legacyEventType: null,
    actor: SYSTEM,
    outcome: reason === undefined ? { result: "SUCCESS", reason: null } : { result: "FAILURE", reason },
    target: [
      { id: hook.id, type: "EventHook", alternateId: hook.name, displayName: hook.name, detailEntry: null },
    ],
    client: null,
    device: null,
    insertionTimestamp: null,
    transaction: { type: "JOB", id: alphanumerics(28), detail: {} },
    debugContext: { debugData },
    authenticationContext: authenticationContext(null),
    securityContext: SECURITY_CONTEXT,
  });
}
