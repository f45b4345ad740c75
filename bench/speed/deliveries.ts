import { randomUUID } from "node:crypto";
import { HOOK_SECRET, SIGN_IN } from "./setting.ts";

/** What an event is to be. */
export interface EventOptions {
  /** `user.session.start` matches the rules; any other type does not. */
  readonly eventType?: string;
  /** About 3 KB, as Okta sends them, or 1 KB. */
  readonly size?: "full" | "small";
}

/** An event that no rule wants. */
export const UNWANTED = "user.authentication.auth_via_mfa";

const PLACE = {
  city: "Toronto",
  state: "Ontario",
  country: "Canada",
  postalCode: "M4M",
  geolocation: { lat: 43.6547, lon: -79.3623 },
};

const digits = (length: number) => {
  const text = randomUUID().replaceAll("-", "").toUpperCase();
  return text.slice(0, length);
};

/** A System Log event with the fields that Okta's own have (Okta, "Event hooks": sample delivery; "System Log API": LogEvent). */
export function createEvent({ eventType = SIGN_IN, size = "full" }: EventOptions = {}): object {
  const person = digits(6).toLowerCase();
  const address = "203.0.113.7";
  const base = {
    uuid: randomUUID(),
    published: "2026-01-05T10:00:01.159Z",
    eventType,
    version: "0",
    displayMessage: "User login to Okta",
    severity: "INFO",
    actor: {
      id: `00u${digits(17)}`,
      type: "User",
      alternateId: `jane.${person}@example.com`,
      displayName: `Jane ${person}`,
      detailEntry: null,
    },
    outcome: { result: "SUCCESS", reason: null },
  };
  const client = {
    userAgent: {
      rawUserAgent:
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
      os: "Mac OS X",
      browser: "CHROME",
    },
    zone: "null",
    device: "Computer",
    id: null,
    ipAddress: address,
    geographicalContext: PLACE,
  };
  const transaction = { type: "WEB", id: digits(28), detail: {} };
  if (size === "small") return { ...base, client, transaction, target: null };
  const behaviors = [
    "New Geo-Location",
    "New Device",
    "New IP",
    "New State",
    "New Country",
    "Velocity",
    "New City",
  ];
  return {
    ...base,
    target: [
      {
        id: `lae${digits(17)}`,
        type: "AuthenticatorEnrollment",
        alternateId: "unknown",
        displayName: "Password",
        detailEntry: null,
      },
      {
        id: `0oa${digits(17)}`,
        type: "AppInstance",
        alternateId: "Okta Dashboard",
        displayName: "Okta Dashboard",
        detailEntry: { signOnModeType: "OPENID_CONNECT" },
      },
    ],
    client: {
      ...client,
      ipChain: [{ ip: address, geographicalContext: PLACE, version: "V4", source: null }],
    },
    device: null,
    request: { ipChain: [{ ip: address, geographicalContext: PLACE, version: "V4", source: null }] },
    transaction,
    debugContext: {
      debugData: {
        requestId: digits(28),
        dtHash: digits(32) + digits(32),
        deviceFingerprint: digits(32),
        requestUri: "/idp/idx/identify",
        url: "/idp/idx/identify?",
        threatSuspected: "false",
        authnRequestId: digits(28),
        risk: "{reasons=Anomalous Location, level=LOW}",
        behaviors: `{${behaviors.map((name) => `${name}=NEGATIVE`).join(", ")}}`,
        logOnlySecurityData: JSON.stringify({
          risk: { level: "LOW" },
          behaviors: Object.fromEntries(behaviors.map((name) => [name, "NEGATIVE"])),
        }),
        authMethodFirstEnrollment: "password",
        authMethodFirstType: "password",
        authMethodFirstVerificationTime: "2026-01-05T10:00:00.982Z",
      },
    },
    legacyEventType: "core.user_auth.login_success",
    authenticationContext: {
      authenticationProvider: null,
      credentialProvider: null,
      credentialType: null,
      issuer: null,
      authenticationStep: 0,
      externalSessionId: `102${digits(22)}`,
      rootSessionId: `102${digits(22)}`,
      interface: null,
    },
    securityContext: {
      asNumber: 812,
      asOrg: "example communications",
      isp: "example communications",
      domain: "example.net",
      isProxy: false,
      userBehaviors: [],
    },
    insertionTimestamp: null,
  };
}

/** A delivery as Okta sends it, in JSON. */
export function createDelivery(events: number, options: EventOptions = {}): string {
  return JSON.stringify({
    eventType: "com.okta.event_hook",
    eventTypeVersion: "1.0",
    cloudEventsVersion: "0.1",
    source: "https://acme.okta.com/api/v1/eventHooks/who1a2b3c4d5e6f7g8h9",
    eventId: randomUUID(),
    data: { events: Array.from({ length: events }, () => createEvent(options)) },
    eventTime: "2026-01-05T10:00:03.093Z",
    contentType: "application/json",
  });
}

/** The bytes of a POST. */
export function postOf(body: string, headers: Readonly<Record<string, string>> = {}): Buffer {
  const lines = Object.entries({
    host: "127.0.0.1",
    "user-agent": "Okta-EventHooks",
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`POST / HTTP/1.1\r\n${lines.join("")}\r\n${body}`);
}

/** The bytes of a delivery with the hook's secret. */
export function deliveryRequest(events: number, options: EventOptions = {}): Buffer {
  return postOf(createDelivery(events, options), { authorization: `Bearer ${HOOK_SECRET}` });
}

/** The bytes of a verification. */
export function challengeRequest(secret = HOOK_SECRET): Buffer {
  const lines = [
    "GET / HTTP/1.1",
    "host: 127.0.0.1",
    `authorization: Bearer ${secret}`,
    "x-okta-verification-challenge: c0ffee",
  ];
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`);
}
