import { isFunctionError } from "../shared/errors.ts";
import type { Incident } from "../shared/incidents.ts";
import type { LogFields } from "../shared/log.ts";
import { FOREIGN_REMEDY } from "../shared/okta/client.ts";
import type { Refusal, RefusalReason } from "./refusals.ts";

/** What an incident says of the task that met it. */
interface AffectedTask {
  readonly groupId: string;
  /** When the task was put into the queue, in milliseconds since the epoch; undefined when the task does not say it. */
  readonly queuedAt: number | undefined;
}

/** Scopes of all groups together: whether Okta can be reached, and whether its rate limit has room. */
export const ACCESS = "access";
export const RATE_LIMIT = "rate-limit";

/** A fault that often passes by itself is an error only after so long. */
const TOLERATED_MS = 10 * 60_000;

/** A known fault, and whether it concerns one group or all. */
interface KnownIncident {
  readonly fault: string;
  readonly concerns: "group" | typeof ACCESS | typeof RATE_LIMIT;
  readonly message: string;
  readonly remedy: string;
  readonly toleratedMs?: number;
}

const NOBODY = "Nobody can be added until this is fixed.";

const tokenRefused: KnownIncident = {
  fault: "token-refused",
  concerns: ACCESS,
  message: NOBODY,
  remedy:
    'Okta does not accept the service app or its key. Run "pulumi up --refresh"; if that changes nothing, add one to signingKeyRotation and run "pulumi up".',
};

const foreign: KnownIncident = {
  fault: "foreign",
  concerns: ACCESS,
  message: "Something other than Okta answers in its place; the queue retries.",
  remedy: FOREIGN_REMEDY,
};

const unavailable: KnownIncident = {
  fault: "unavailable",
  concerns: ACCESS,
  message: "Okta has not worked for 10 minutes or more; the queue retries.",
  remedy:
    "See https://status.okta.com and whether the org is in read-only mode. If Okta works, show its support the requestId.",
  toleratedMs: TOLERATED_MS,
};

const rateLimit: KnownIncident = {
  fault: "rate-limit-used-up",
  concerns: RATE_LIMIT,
  message: "Okta's rate limit has left no room for 10 minutes or more; nobody is added meanwhile.",
  remedy:
    "Other clients use up the rate limit of memberships. Find them in Okta's Admin Console under Reports > Rate Limits, and slow them down; or lower rateLimitReservePercent, or ask Okta for a higher limit.",
  toleratedMs: TOLERATED_MS,
};

const unreached: KnownIncident = {
  fault: "unreached",
  concerns: ACCESS,
  message: "Okta could not be reached for 10 minutes or more; the queue retries.",
  remedy:
    "The reason says what did not answer. Check the function's way out (VPC, firewall, DNS) and https://status.cloud.google.com.",
  toleratedMs: TOLERATED_MS,
};

/** The refusals that are not about one user. */
const byReason: Readonly<Partial<Record<RefusalReason, KnownIncident>>> = {
  "group-not-found": {
    fault: "group-not-found",
    concerns: "group",
    message: NOBODY,
    remedy:
      'The group is gone from Okta. Run "pulumi up --refresh" to make it again, or name another group in the rules. Then "npm run replay" from "since" adds the people who signed in in the meantime.',
  },
  "group-not-supported": {
    fault: "group-not-supported",
    concerns: "group",
    message: NOBODY,
    remedy:
      'Okta adds nobody to a group of this type, such as Everyone. Name another group in the rules and run "pulumi up".',
  },
  "role-missing": {
    fault: "role-missing",
    concerns: "group",
    message: NOBODY,
    remedy:
      'The service app has no right to this group. Run "pulumi up --refresh" to give it its role again. If the group holds an admin role, name another in the rules: only super administrators change such a group.',
  },
  "scope-missing": {
    fault: "scope-missing",
    concerns: ACCESS,
    message: NOBODY,
    remedy:
      'The service app lacks the scope okta.groups.manage. Run "pulumi up --refresh" to grant it again.',
  },
  refused: {
    fault: "refused",
    concerns: "group",
    message: "Okta refuses memberships with an unknown error; the queue retries.",
    remedy:
      "Look the code up at https://developer.okta.com/docs/reference/error-codes/, and the requestId in the org's System Log.",
  },
  "token-refused": tokenRefused,
  "rate-limited": rateLimit,
  unavailable,
  foreign,
};

/** The incident that a refusal is a sign of; undefined when it is about one user only. */
export function incidentOfRefusal({ reason, ...details }: Refusal, task: AffectedTask): Incident | undefined {
  const known = byReason[reason];
  return known && incidentOf(known, task, details);
}

/** The incident that kept a task from reaching Okta. */
export function classifyError(error: unknown, task: AffectedTask): Incident {
  const expected = isFunctionError(error) ? error : undefined;
  switch (expected?.code) {
    case "rate-limited":
      return incidentOf(rateLimit, task, {});
    case "signing-key-unusable": {
      const { message, remedy } = expected;
      const fault = "signing-key-unusable";
      return incidentOf({ fault, concerns: ACCESS, message: NOBODY, remedy }, task, { reason: message });
    }
    case "no-okta-token": {
      const { kind, status, oktaCode: code, requestId } = expected;
      const known = { refused: tokenRefused, foreign, unavailable }[kind];
      return incidentOf(known, task, { status, code, requestId });
    }
    default:
      return incidentOf(unreached, task, { reason: reasonOf(error) });
  }
}

/** This revision of the function does not know the task's group. */
export function unknownGroup(task: AffectedTask): Incident {
  return {
    fault: "group-unknown",
    scope: "groups",
    message: "Tasks wait for a group that this revision of grant does not know.",
    remedy:
      'If grant was rolled back, deploy the revision that knows the group: run "pulumi up". If its rule was removed on purpose, do nothing: the tasks end by themselves after queueRetryDuration, and this error one day after the last of them was queued.',
    details: { groupId: task.groupId },
    waitingSince: task.queuedAt,
  };
}

/** The queue will soon give up the task, and does not report that itself. */
export function givingUp(task: AffectedTask, givenUpAt: string): Incident {
  return {
    fault: "giving-up",
    scope: task.groupId,
    message: "The queue gives up tasks within a day; their users are not members yet.",
    remedy:
      'Fix what the other errors of grant name. Then "npm run replay" from the earliest "published" of the entries with "givenUpAt" makes up for the tasks that were given up. Tasks of a group whose rule was removed on purpose need nothing.',
    details: { groupId: task.groupId, givenUpAt },
    waitingSince: task.queuedAt,
  };
}

function incidentOf(known: KnownIncident, task: AffectedTask, details: LogFields): Incident {
  const { concerns, ...texts } = known;
  const isGroups = concerns === "group";
  return {
    ...texts,
    scope: isGroups ? task.groupId : concerns,
    details: isGroups ? { groupId: task.groupId, ...details } : details,
    waitingSince: task.queuedAt,
  };
}

/** An error's message, and the code of its cause (Node.js, "Errors": error.code). */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const { cause } = error;
  const code = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
  return `${error.message}${code}`;
}
