/**
 * The fields of an event that a condition can name, and their types in CEL. Of Okta's own LogEvent these are all
 * (okta/okta-management-openapi-spec, dist/current/management-minimal.yaml, version 2026.06.3: LogEvent and LogDevice), and
 * besides it those that only a hook's delivery or older events carry (Okta, "Event hooks", sample delivery): `device`,
 * `insertionTimestamp`, `client.ipChain` and `authenticationContext.rootSessionId`.
 *
 * What Okta leaves free (`debugData`, `detail`, `detailEntry`, `changeDetails`) is a map that takes any name. So is what
 * stands in `userBehaviors`: an object with id, name and result in the schema, while events had texts there.
 */

/** The type of a field: a name of CEL's, or of `listedTypes` within `list<…>`, or the fields of an object. */
export type Declared = string | Fields;

/** The types of an object's fields, by name. */
export interface Fields {
  readonly [name: string]: Declared;
}

const actor = {
  id: "string",
  type: "string",
  alternateId: "string",
  displayName: "string",
  detailEntry: "map",
};

const geographicalContext = {
  city: "string",
  state: "string",
  country: "string",
  postalCode: "string",
  geolocation: { lat: "double", lon: "double" },
};

const ipDetails = {
  asNumber: "int",
  asOrg: "string",
  isp: "string",
  domain: "string",
  ipServiceCategories: "list<IpServiceCategory>",
};

/** What lists are made of, by the name of the type. */
export const listedTypes: ReadonlyMap<string, Fields> = new Map<string, Fields>([
  ["IpServiceCategory", { type: "string", operator: "string", isAnonymous: "bool" }],
  ["Target", { ...actor, changeDetails: "map" }],
  ["IpAddress", { ip: "string", version: "string", source: "string", geographicalContext, ipDetails }],
]);

/** The event. */
export const eventFields: Fields = {
  uuid: "string",
  eventType: "string",
  published: "google.protobuf.Timestamp",
  insertionTimestamp: "google.protobuf.Timestamp",
  version: "string",
  severity: "string",
  displayMessage: "string",
  legacyEventType: "string",
  actor,
  target: "list<Target>",
  outcome: { result: "string", reason: "string" },
  client: {
    id: "string",
    zone: "string",
    device: "string",
    ipAddress: "string",
    ipChain: "list<IpAddress>",
    userAgent: { rawUserAgent: "string", os: "string", browser: "string" },
    geographicalContext,
  },
  request: { ipChain: "list<IpAddress>" },
  device: {
    id: "string",
    name: "string",
    os_platform: "string",
    os_version: "string",
    managed: "bool",
    registered: "bool",
    jailbreak: "bool",
    secure_hardware_present: "bool",
    screen_lock_type: "string",
    disk_encryption_type: "string",
    device_integrator: "map",
  },
  authenticationContext: {
    authenticationProvider: "string",
    authenticationStep: "int",
    credentialProvider: "string",
    credentialType: "string",
    externalSessionId: "string",
    rootSessionId: "string",
    interface: "string",
    issuer: { id: "string", type: "string" },
  },
  securityContext: {
    asNumber: "int",
    asOrg: "string",
    isp: "string",
    domain: "string",
    isProxy: "bool",
    ipDetails,
    botProtection: { level: "string" },
    risk: {
      level: "string",
      previousLevel: "string",
      detectionName: "string",
      issuer: "string",
      reasons: "list<string>",
    },
    userBehaviors: "list<dyn>",
  },
  transaction: { id: "string", type: "string", detail: "map" },
  debugContext: { debugData: "map" },
};

/** Makes an object of a type: the interpreter knows the type of an object by its class. */
export type Maker = new () => Record<string, unknown>;

const makers = new Map<Fields, Maker>();

/** The class of the objects that have these fields. */
export function makerOf(fields: Fields): Maker {
  const maker =
    makers.get(fields) ??
    class {
      [field: string]: unknown;
    };
  makers.set(fields, maker);
  return maker;
}

/** The type of a list's items; undefined when the type is not a list. */
export function itemsOf(declared: Declared | undefined): Declared | undefined {
  if (typeof declared !== "string" || !declared.startsWith("list<")) return undefined;
  const item = declared.slice("list<".length, -">".length);
  return listedTypes.get(item) ?? item;
}

/** The type of a field of an object of this type; undefined when it is not declared. */
export function fieldOf(declared: Declared | undefined, name: string): Declared | undefined {
  return typeof declared === "object" && Object.hasOwn(declared, name) ? declared[name] : undefined;
}
