import { readJson } from "./body.ts";
import type { Clock, Deadline } from "./clock.ts";
import { isId } from "./events.ts";
import { type Handler, RequestError, respondJson } from "./http.ts";
import type { Log, LogFields } from "./log.ts";
import { TokenError } from "./okta/access-token.ts";
import type { AddMember, Refusal } from "./okta/membership.ts";
import { RateLimitError } from "./okta/rate-limit.ts";
import { createStandingFaults } from "./okta/standing-faults.ts";
import type { MembershipTask } from "./settings.ts";

/** In bytes; a task is a handful of ids. */
const MAXIMUM_BODY = 16 * 1024;

/** What grant works with. */
export interface GrantDependencies {
  readonly addMember: AddMember;
  /** The groups that the rules name. */
  readonly groupIds: ReadonlySet<string>;
  readonly log: Log;
  readonly clock: Clock;
  /** How long one task may take, in milliseconds. */
  readonly timeout: number;
}

/** How a task ended. */
interface Answer {
  readonly status: 200 | 429 | 503;
  readonly body: { readonly outcome: "member" | "dropped" | "retry"; readonly reason?: string };
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Takes one task from Cloud Tasks and makes the user a member. A 2xx ends the task, anything else has the queue try
 * again (Google Cloud, "Cloud Tasks": HTTP targets). Who may call is decided before this: the service is private.
 *
 * What a person has to mend is one error until it is mended; a task that ends without a membership is one error, too.
 */
export function createGrant(dependencies: GrantDependencies): Handler {
  const { addMember, groupIds, clock, timeout } = dependencies;
  const faults = createStandingFaults(dependencies.log, clock.now);

  const refused = (log: Log, kind: "permanent" | "transient", task: LogFields, refusal: Refusal): Answer => {
    const { groupId } = task;
    const remedy = remedies[refusal.reason];
    const { reason, ...details } = refusal;
    if (remedy !== undefined && typeof groupId === "string")
      faults.report({ reason, groupId, remedy, details });
    if (kind === "permanent") {
      const level = remedy === undefined ? "error" : "info";
      log[level]("Okta will not make this user a member; the task ends.", {
        ...task,
        outcome: "dropped",
        ...refusal,
      });
      return { status: 200, body: { outcome: "dropped", reason } };
    }
    const level = remedy === undefined ? "warning" : "info";
    log[level]("Okta did not make the user a member; the queue tries again.", {
      ...task,
      outcome: "retry",
      ...refusal,
    });
    return { status: retryStatus(refusal.status), body: { outcome: "retry", reason } };
  };

  const unreached = (log: Log, task: LogFields, error: unknown): Answer => {
    if (error instanceof RateLimitError) {
      const seconds = Math.ceil(error.retryAfter / 1000);
      log.info("Okta's rate limit leaves no room in time; the queue tries again.", { ...task, seconds });
      const body = { outcome: "retry", reason: "rate-limited" } as const;
      return { status: 429, body, headers: { "retry-after": String(seconds) } };
    }
    const reason = error instanceof Error ? error.message : "unknown";
    if (error instanceof TokenError) {
      const { status, code, requestId } = error;
      if (status >= 400 && status < 500 && status !== 429) {
        faults.report({ reason: "token-refused", remedy: KEY_REMEDY, details: { status, code, requestId } });
      }
      log.warning("Okta gave no token; the queue tries again.", {
        ...task,
        outcome: "retry",
        status,
        code,
        requestId,
      });
      return { status: retryStatus(status), body: { outcome: "retry" } };
    }
    log.warning("Okta could not be asked; the queue tries again.", { ...task, outcome: "retry", reason });
    return { status: 503, body: { outcome: "retry" } };
  };

  const run = async (log: Log, task: MembershipTask, deadline: Deadline): Promise<Answer> => {
    const { groupId, userId, eventUuid } = task;
    const fields = { groupId, userId, eventUuid };
    try {
      const outcome = await addMember(groupId, userId, deadline);
      if (outcome.kind !== "member") return refused(log, outcome.kind, fields, outcome.refusal);
      const { known } = outcome;
      if (!known) faults.mended(groupId);
      log.info("The user is a member.", { ...fields, outcome: "member", known });
      return { status: 200, body: { outcome: "member" } };
    } catch (error) {
      return unreached(log, fields, error);
    }
  };

  return async (request, response) => {
    const log = dependencies.log.of(request);
    const deadline = clock.deadline(timeout);
    try {
      if (request.method !== "POST") {
        throw new RequestError(405, "Only POST is answered here.", { allow: "POST" });
      }
      const task = parseTask(await readJson(request, MAXIMUM_BODY, deadline.signal), groupIds);
      if (task === undefined) {
        // No retry makes it better, so the task ends here.
        log.error("Dropped a task that names no user and group of the rules.", { outcome: "dropped" });
        return respondJson(response, 200, { outcome: "dropped" });
      }
      const { status, body, headers } = await run(log, task, deadline);
      respondJson(response, status, body, headers);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      log.warning("Refused a request.", { status: error.status, reason: error.message });
      respondJson(response, error.status, { error: error.message }, error.headers);
    }
  };
}

const KEY_REMEDY =
  'Okta does not accept the service app or its key. Run "pulumi up --refresh"; if that changes nothing, add one to signingKeyRotation and run "pulumi up".';

/** For each reason that a person has to mend, how. The others concern one user, or pass. */
const remedies: Readonly<Partial<Record<Refusal["reason"], string>>> = {
  "group-not-found":
    'The group is gone from Okta. Run "pulumi up --refresh" to make it again, or name another in the rules; then "npm run replay" from "since" on brings in who signed in meanwhile.',
  "group-not-supported":
    'Nobody can be added to a group of this kind, such as Everyone. Name another in the rules and run "pulumi up".',
  "role-missing":
    'The service app has no right to this group. Run "pulumi up --refresh" to give it its role again. If the group holds an admin role, name another in the rules: only super administrators change such a group.',
  "scope-missing":
    'The service app lacks the scope okta.groups.manage. Run "pulumi up --refresh" to grant it again.',
  "token-refused": KEY_REMEDY,
};

/** 429 and 503 both slow the whole queue down, which is what a busy Okta needs. */
function retryStatus(oktaStatus: number): 429 | 503 {
  return oktaStatus === 429 ? 429 : 503;
}

function parseTask(body: unknown, groupIds: ReadonlySet<string>): MembershipTask | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const field = (name: string): string => {
    const value: unknown = Reflect.get(body, name);
    return typeof value === "string" ? value : "";
  };
  const task = {
    groupId: field("groupId"),
    userId: field("userId"),
    // It is only told in the log, where nothing but an id may stand.
    eventUuid: isId(field("eventUuid")) ? field("eventUuid") : "",
    eventType: field("eventType"),
    published: field("published"),
  };
  return groupIds.has(task.groupId) && isId(task.userId) ? task : undefined;
}
