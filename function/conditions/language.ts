import { Environment } from "@marcbachmann/cel-js";

/** A rule's condition is wrong; the message shows the place and the reason. */
export class ConditionError extends Error {
  override readonly name = "ConditionError";
}

/** An actor or a target. */
const entity = {
  id: "string",
  type: "string",
  alternateId: "string",
  displayName: "string",
  detailEntry: "map",
};

const geographicalContext = { city: "string", state: "string", country: "string", postalCode: "string" };

/** The fields of an event that a condition can name (Okta, "System Log API": LogEvent). */
const eventSchema = {
  uuid: "string",
  eventType: "string",
  published: "google.protobuf.Timestamp",
  version: "string",
  severity: "string",
  displayMessage: "string",
  legacyEventType: "string",
  actor: entity,
  target: "list<Entity>",
  outcome: { result: "string", reason: "string" },
  client: {
    id: "string",
    zone: "string",
    device: "string",
    ipAddress: "string",
    userAgent: { rawUserAgent: "string", os: "string", browser: "string" },
    geographicalContext,
  },
  authenticationContext: {
    authenticationProvider: "string",
    credentialProvider: "string",
    credentialType: "string",
    externalSessionId: "string",
    rootSessionId: "string",
    interface: "string",
    issuer: { id: "string", type: "string" },
  },
  securityContext: { asNumber: "double", asOrg: "string", isp: "string", domain: "string", isProxy: "bool" },
  transaction: { id: "string", type: "string" },
  debugContext: { debugData: "map" },
};

/** What a condition can say: the standard functions, over an event of this schema. */
export const conditionLanguage = new Environment()
  .registerType("Entity", { fields: entity })
  .registerVariable({ name: "event", schema: eventSchema });

/**
 * Checks the types of a condition in CEL (Common Expression Language): every field must exist and the whole must be true or
 * false.
 *
 * @throws ConditionError
 */
export function checkTypes(expression: string): void {
  const check = conditionLanguage.check(expression);
  if (!check.valid) throw new ConditionError(check.error?.message ?? "it does not parse");
  if (check.type !== "bool") {
    throw new ConditionError(`it must be true or false, but its type is ${check.type}`);
  }
}
