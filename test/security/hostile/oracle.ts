import { isUtf8 } from "node:buffer";

/**
 * Which memberships a delivery leads to, by Okta's documents and the rules below, computed without any of the functions' code.
 * Where Okta's documents leave it open whether an event is one, both ways are right.
 */

/** What may come of a body, and what must. */
export interface Verdict {
  /** Memberships that may come of it. */
  readonly allowed: ReadonlySet<string>;
  /** Those that must. */
  readonly required: ReadonlySet<string>;
}

/** An event, its user and a group, as one key. */
export function keyOf(uuid: string, user: string, groupId: string): string {
  return JSON.stringify([uuid, user, groupId]);
}

/** The rules as `RULES` holds them, with what each condition says in other words; undefined leaves it open. */
export const rules: readonly {
  readonly groupId: string;
  readonly on: readonly string[];
  readonly when?: string;
  readonly holds: (event: Fields) => boolean | undefined;
}[] = [
  { groupId: "00gAppUsers", on: ["user.session.start"], holds: () => true },
  {
    groupId: "00gContractors",
    on: ["user.session.start", "user.authentication.sso"],
    when: 'event.actor.alternateId.endsWith("@contractor.example")',
    holds: ({ actor }) => textOf(fieldsOf(actor)["alternateId"])?.endsWith("@contractor.example") ?? false,
  },
  {
    groupId: "00gListed",
    on: ["user.session.start"],
    when: '{"jane@contractor.example": true}[event.actor.alternateId]',
    holds: ({ actor }) => fieldsOf(actor)["alternateId"] === "jane@contractor.example",
  },
  {
    groupId: "00gPayroll",
    on: ["user.authentication.sso"],
    when: 'event.target.exists(one, one.type == "AppInstance" && one.displayName == "Payroll")',
    holds: ({ target }) => hasPayroll(target),
  },
  {
    groupId: "00gOffice",
    on: ["user.session.start"],
    when: 'event.client.ipAddress.startsWith("203.0.113.") && event.outcome.result != "DENY"',
    holds: ({ client }) => textOf(fieldsOf(client)["ipAddress"])?.startsWith("203.0.113.") ?? false,
  },
];

type Fields = Readonly<Record<string, unknown>>;

/** @returns undefined when the body is not a delivery of an event hook (Okta, "Event hooks": the JSON payload object) */
export function judgeDelivery(body: Uint8Array): Verdict | undefined {
  const events = fieldsOf(fieldsOf(parseJson(body))["data"])["events"];
  if (!Array.isArray(events)) return undefined;
  const allowed = new Set<string>();
  const required = new Set<string>();
  for (const event of events) {
    const { uuid, user, groups, isCertain } = judgeEvent(fieldsOf(event));
    for (const { groupId, holds } of groups) {
      const key = keyOf(uuid, user, groupId);
      allowed.add(key);
      if (isCertain && holds) required.add(key);
    }
  }
  return { allowed, required };
}

/** A successful sign-in of a person (Okta, "System Log API": LogEvent, actor, outcome.result). */
function judgeEvent(event: Fields): {
  readonly uuid: string;
  readonly user: string;
  readonly groups: readonly { readonly groupId: string; readonly holds: boolean | undefined }[];
  readonly isCertain: boolean;
} {
  const uuid = textOf(event["uuid"]) ?? "";
  const { id, type } = fieldsOf(event["actor"]);
  const user = textOf(id) ?? "";
  const isSignIn = type === "User" && fieldsOf(event["outcome"])["result"] === "SUCCESS";
  // Of somebody whom Okta does not know the id is this word.
  const isPerson = user !== "unknown" && isOnePathSegment(user);
  const groups = rules
    .filter(({ on }) => isSignIn && isPerson && uuid !== "" && on.some((one) => one === event["eventType"]))
    .map(({ groupId, when, holds }) => ({
      groupId,
      holds: when !== undefined && isBeyondOkta(event) ? undefined : holds(event),
    }))
    .filter(({ holds }) => holds !== false);
  return { uuid, user, groups, isCertain: /^[0-9a-f-]{36}$/.test(uuid) && /^[0-9A-Za-z]{20}$/.test(user) };
}

/** Such as can be part of a path and mean nothing else (RFC 3986, section 3.3: unreserved characters; 5.2.4: dots). */
export function isOnePathSegment(id: string): boolean {
  return /^[A-Za-z0-9._~-]+$/.test(id) && id !== "." && id !== "..";
}

function hasPayroll(target: unknown): boolean | undefined {
  if (!Array.isArray(target)) return false;
  const entities = target.filter((one) => one !== null).map(fieldsOf);
  const isPayroll = ({ type, displayName }: Fields) => type === "AppInstance" && displayName === "Payroll";
  if (!entities.some(isPayroll)) return false;
  const isWhole = ({ type, displayName }: Fields) =>
    [type, displayName].every((one) => typeof one === "string");
  return entities.every(isWhole) ? true : undefined;
}

/** JSON in UTF-8, which may begin with a mark (RFC 8259, section 8.1); undefined when it is none. */
export function parseJson(body: Uint8Array): unknown {
  if (!isUtf8(body)) return undefined;
  const bytes = Buffer.from(body);
  const isMarked = bytes.subarray(0, 3).equals(Buffer.of(0xef, 0xbb, 0xbf));
  try {
    return JSON.parse(bytes.subarray(isMarked ? 3 : 0).toString());
  } catch {
    return undefined;
  }
}

/** The fields of an object; of anything else none. */
export function fieldsOf(value: unknown): Fields {
  // An object has fields of any kind, which is all that the type says.
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

export function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/**
 * Whether an event is nested deeper than any of Okta's, or has a field that every object has by itself: a condition need
 * not understand it, and then it does not hold.
 */
function isBeyondOkta(event: Fields): boolean {
  let level: readonly unknown[] = [event];
  for (let depth = 0; depth < 100 && level.length > 0; depth += 1) {
    const objects = level.filter((one) => typeof one === "object" && one !== null);
    if (objects.some((one) => Object.keys(one).some((name) => name in Object.prototype))) return true;
    level = objects.flatMap((one) => Object.values(one));
  }
  return level.length > 0;
}
