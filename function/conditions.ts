import { Environment } from "@marcbachmann/cel-js";
import type { SystemLogEvent } from "./events.ts";

/** A rule's condition is wrong; the message shows the place and the reason. */
export class ConditionError extends Error {
  override readonly name = "ConditionError";
}

/** Whether a condition holds for an event. Throws when the event lacks a field that the condition reads. */
export type Condition = (event: SystemLogEvent) => boolean;

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
 * Compiles a condition in CEL (Common Expression Language) and checks its types: every field must exist and the whole
 * must be true or false.
 *
 * @throws ConditionError
 */
export function compileCondition(expression: string): Condition {
  const check = conditionLanguage.check(expression);
  if (!check.valid) throw new ConditionError(check.error?.message ?? "it does not parse");
  if (check.type !== "bool") {
    throw new ConditionError(`it must be true or false, but its type is ${check.type}`);
  }
  const program = conditionLanguage.parse(expression);
  return (event) => program({ event: celEvent(event.attributes) }) === true;
}

/** CEL knows no null where a field has a type: what Okta sends as null is a missing field, a null list is empty. */
function celEvent(attributes: Readonly<Record<string, unknown>>): unknown {
  const event = withoutNulls(attributes);
  const published = new Date(String(attributes["published"]));
  return {
    ...event,
    ...(Number.isNaN(published.getTime()) ? {} : { published }),
    target: Array.isArray(event["target"]) ? event["target"] : [],
  };
}

function withoutNulls(value: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== null)
      .map(([key, field]) => [key, clean(field)]),
  );
}

function clean(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => item !== null).map(clean);
  return typeof value === "object" && value !== null ? withoutNulls(value) : value;
}
