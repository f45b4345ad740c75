/** Who or what an event is about. */
export interface LogEntity {
  readonly id: string;
  /** Such as User, SystemPrincipal or AppInstance. */
  readonly type: string;
  readonly alternateId: string;
  readonly displayName: string;
  readonly detailEntry: null;
}

/** One address that a request came by. */
export interface LogAddress {
  readonly ip: string;
  readonly geographicalContext: LogPlace;
  readonly version: "V4";
  readonly source: null;
}

/** Where an address is. */
export interface LogPlace {
  readonly city: string;
  readonly state: string;
  readonly country: string;
  readonly postalCode: string;
  readonly geolocation: { readonly lat: number; readonly lon: number };
}

/** What a request came from. */
export interface LogClient {
  readonly userAgent: { readonly rawUserAgent: string; readonly os: string; readonly browser: string };
  readonly zone: string;
  readonly device: string;
  readonly id: null;
  readonly ipAddress: string;
  readonly geographicalContext: LogPlace;
  /** In events of Identity Engine; Classic has it under `request`. */
  readonly ipChain?: readonly LogAddress[];
}

/**
 * An event of the System Log as hooks deliver it (Okta, "System Log API": LogEvent; "Event hooks": sample delivery).
 * The two documents differ, and so do Identity Engine and Classic orgs: `ipChain` stands under `client` or under
 * `request`, `device` and `insertionTimestamp` are there or not, and `target` may be null.
 */
export interface LogEvent {
  readonly uuid: string;
  /** ISO 8601, UTC, milliseconds. */
  readonly published: string;
  readonly eventType: string;
  readonly version: "0";
  readonly displayMessage: string;
  readonly severity: "INFO" | "WARN";
  readonly legacyEventType: string | null;
  readonly actor: LogEntity;
  readonly outcome: { readonly result: "SUCCESS" | "FAILURE"; readonly reason: string | null };
  readonly target: readonly LogEntity[] | null;
  readonly client: LogClient | null;
  readonly request?: { readonly ipChain: readonly LogAddress[] };
  readonly device?: null;
  readonly insertionTimestamp?: null;
  readonly transaction: { readonly type: "WEB" | "JOB"; readonly id: string; readonly detail: object };
  readonly debugContext: { readonly debugData: Readonly<Record<string, string>> };
  readonly authenticationContext: {
    readonly authenticationProvider: null;
    readonly credentialProvider: null;
    readonly credentialType: null;
    readonly issuer: null;
    readonly authenticationStep: 0;
    readonly externalSessionId: string | null;
    readonly rootSessionId: string | null;
    readonly interface: null;
  };
  readonly securityContext: {
    readonly asNumber: null;
    readonly asOrg: null;
    readonly isp: null;
    readonly domain: null;
    readonly isProxy: null;
    readonly ipDetails: null;
    readonly risk: null;
    readonly userBehaviors: null;
    readonly botProtection: null;
  };
}

/**
 * The parts that are the same in every event of this org.
 *
 * @decision What is not known of a sign-in is null, not absent: the whole of `securityContext` here, and `device`.
 * @evidence documentation: Okta, "Event hooks", sample delivery; okta/okta-management-openapi-spec 2026.06.3 LogSecurityContext
 * (every field nullable)
 * @matters sign-in lost: a condition such as `isProxy != true` is false for these events (docs/rules.md, "Conditions").
 */
export const SECURITY_CONTEXT: LogEvent["securityContext"] = {
  asNumber: null,
  asOrg: null,
  isp: null,
  domain: null,
  isProxy: null,
  ipDetails: null,
  risk: null,
  userBehaviors: null,
  botProtection: null,
};

/** @param externalSessionId null when the event is of no session */
export function authenticationContext(externalSessionId: string | null): LogEvent["authenticationContext"] {
  return {
    authenticationProvider: null,
    credentialProvider: null,
    credentialType: null,
    issuer: null,
    authenticationStep: 0,
    externalSessionId,
    rootSessionId: externalSessionId,
    interface: null,
  };
}

/** Okta itself, when nobody else does it. */
export const SYSTEM: LogEntity = {
  id: "00uSYSTEM00000000000",
  type: "SystemPrincipal",
  alternateId: "system@okta.com",
  displayName: "Okta System",
  detailEntry: null,
};

/** An event in the System Log. Times are milliseconds since the epoch. */
export interface LogEntry {
  readonly event: LogEvent;
  readonly published: number;
  /** When it came into the log: at once, unless it is late. */
  readonly persisted: number;
}

/** Every event of the org. */
export interface SystemLog {
  /** In the order in which they came into the log. */
  readonly entries: LogEntry[];
  /** What is not in the log yet. */
  late: LogEntry[];
}
