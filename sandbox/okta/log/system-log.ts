import { randomUUID } from "node:crypto";
import type { EventHook } from "../model/event-hook.ts";
import type { Group } from "../model/group.ts";
import { alphanumerics } from "../model/ids.ts";
import {
  authenticationContext,
  type LogEntity,
  type LogEntry,
  type LogEvent,
  SECURITY_CONTEXT,
  SYSTEM,
} from "../model/log-event.ts";
import { type Org, timestamp } from "../model/org.ts";
import type { Person } from "../model/person.ts";

/**
 * Writes an event to the System Log.
 *
 * @decision An event may come into the log later than it was published.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/reference/system-log-query, "Polling Requests"
 *   (persistence time).
 * @matters sign-in lost: `reconcile` polls in the order of arrival.
 */
export function record(org: Org, event: LogEvent): void {
  write(org, event);
  const { uuid, eventType, outcome, actor } = event;
  org.notify({ kind: "event", uuid, eventType, result: outcome.result, actorId: actor.id });
}

function write(org: Org, event: LogEvent): void {
  const lateness = org.faults.log.lateness?.(event) ?? 0;
  const padding = org.faults.log.padding?.(event) ?? 0;
  const logged = padding === 0 ? event : padded(event, padding);
  const entry = { event: logged, published: Date.parse(event.published), persisted: org.now() + lateness };
  if (lateness > 0) org.log.late.push(entry);
  else entriesOf(org).push(entry);
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
    ...bare(org),
    legacyEventType: null,
    actor: SYSTEM,
    transaction: { type: "JOB", id: alphanumerics(28), detail: {} },
    debugContext: { debugData },
    ...rest,
  });
}

/** What is the same in every event that nobody's browser led to. */
function bare(org: Org) {
  return {
    uuid: randomUUID(),
    published: timestamp(org),
    version: "0",
    client: null,
    device: null,
    insertionTimestamp: null,
    authenticationContext: authenticationContext(null),
    securityContext: SECURITY_CONTEXT,
  } as const;
}

/**
 * Writes that somebody was put into a group, or taken out of it, by a call. The call's own notice reports it already.
 *
 * @decision A membership that a call adds or removes is an event group.user_membership.add or group.user_membership.remove, with the
 *   user and the group as its targets.
 * @evidence recorded: demisto/content, Packs/Okta/Integrations/Okta_v2/README.md, okta-get-group-assignments (displayMessage,
 *   legacyEventType, requestUri, targets User and UserGroup); okta/okta-developer-docs 468de9c, data/event-types.json.
 * @matters misleading: `reconcile` compares these events with the sign-ins, and `npm run explain` names who added somebody.
 *
 * @decision Of a service app's call the actor is the app: type PublicClientApp, the client id as id, the app's name as displayName.
 * @evidence recorded: airbytehq/airbyte, source-okta, unit_tests/conftest.py, logs_instance.
 * @matters misleading: `reconcile` finds the memberships that `grant` made by the actor's id.
 */
export function recordMembership(
  org: Org,
  change: "add" | "remove",
  { actor, person, group }: { readonly actor: LogEntity; readonly person: Person; readonly group: Group },
): void {
  const requestUri = `/api/v1/groups/${group.id}/users/${person.id}`;
  write(org, {
    ...bare(org),
    eventType: `group.user_membership.${change}`,
    displayMessage: change === "add" ? "Add user to group membership" : "Remove user from group membership",
    legacyEventType: `core.user_group_member.user_${change}`,
    severity: "INFO",
    actor,
    outcome: { result: "SUCCESS", reason: null },
    target: [
      {
        id: person.id,
        type: "User",
        alternateId: person.login,
        displayName: person.displayName,
        detailEntry: null,
      },
      {
        id: group.id,
        type: "UserGroup",
        alternateId: "unknown",
        displayName: group.name,
        detailEntry: null,
      },
    ],
    transaction: { type: "WEB", id: alphanumerics(28), detail: {} },
    debugContext: { debugData: { requestUri, url: `${requestUri}?` } },
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
