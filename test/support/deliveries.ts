import { randomUUID } from "node:crypto";

/** How the addresses begin from which people sign in here. */
export const ADDRESSES = "203.0.113.";

/** A System Log event as Okta documents it for event hooks, of a person's first successful factor. */
export function signInEvent(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    uuid: randomUUID(),
    published: "2026-01-05T10:00:01.159Z",
    eventType: "user.session.start",
    version: "0",
    displayMessage: "User login to Okta",
    severity: "INFO",
    actor: {
      id: "00u1a2b3c4d5e6f7g8h9",
      type: "User",
      alternateId: "newcomer@example.com",
      displayName: "Newcomer",
      detailEntry: null,
    },
    outcome: { result: "SUCCESS", reason: null },
    target: null,
    client: {
      ipAddress: `${ADDRESSES}7`,
      ipChain: [{ ip: `${ADDRESSES}7`, version: "V4", source: null }],
    },
    debugContext: { debugData: {} },
    authenticationContext: { authenticationStep: 0, externalSessionId: "idx1" },
    ...changes,
  };
}

/** An event hook's envelope around events. */
export function delivery(...events: readonly unknown[]): Record<string, unknown> {
  return {
    eventType: "com.okta.event_hook",
    eventTypeVersion: "1.0",
    cloudEventsVersion: "0.1",
    source: "https://acme.okta.com/api/v1/eventHooks/who1a2b3c4d5e6f7g8h9",
    eventId: "7c1d3a52-0000-4000-8000-000000000001",
    eventTime: "2026-01-05T10:00:03.093Z",
    contentType: "application/json",
    data: { events },
  };
}
