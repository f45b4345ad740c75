import { readJson } from "./body.ts";
import { isId } from "./events.ts";
import { type Handler, RequestError, respondJson } from "./http.ts";
import type { Log } from "./log.ts";
import { TokenError } from "./okta/access-token.ts";
import type { AddMember } from "./okta/membership.ts";
import type { MembershipTask } from "./settings.ts";

/** In bytes; a task is a handful of ids. */
const MAXIMUM_BODY = 16 * 1024;

/** What grant works with. */
export interface GrantDependencies {
  readonly addMember: AddMember;
  /** The groups that the rules name. */
  readonly groupIds: ReadonlySet<string>;
  readonly log: Log;
  /** How long one task may take, in milliseconds. */
  readonly timeout: number;
}

/**
 * Takes one task from Cloud Tasks and makes the user a member. A 2xx ends the task, anything else has the queue try
 * again (Google Cloud, "Cloud Tasks": HTTP targets). Who may call is decided before this: the service is private.
 */
export function createGrant(dependencies: GrantDependencies): Handler {
  const { addMember, groupIds, timeout } = dependencies;
  return async (request, response) => {
    const log = dependencies.log.of(request);
    const signal = AbortSignal.timeout(timeout);
    try {
      if (request.method !== "POST") {
        throw new RequestError(405, "Only POST is answered here.", { allow: "POST" });
      }
      const body = await readJson(request, MAXIMUM_BODY, signal);
      const task = parseTask(body, groupIds);
      if (task === undefined) {
        // No retry makes it better, so the task ends here.
        log.error("Dropped a task that names no user and group of the rules.", { outcome: "dropped" });
        return respondJson(response, 200, { outcome: "dropped" });
      }
      const { groupId, userId, eventUuid } = task;
      const outcome = await addMember(groupId, userId, signal);
      switch (outcome.kind) {
        case "member":
          log.info("The user is a member.", { groupId, userId, eventUuid, outcome: "member" });
          return respondJson(response, 200, { outcome: "member" });
        case "permanent":
          log.error("Okta will never make this user a member; the task ends.", {
            groupId,
            userId,
            eventUuid,
            outcome: "dropped",
            ...outcome.refusal,
          });
          return respondJson(response, 200, { outcome: "dropped", reason: outcome.refusal.reason });
        case "transient": {
          const { refusal } = outcome;
          const needsPerson = refusal.reason === "not-permitted" || refusal.reason === "token-refused";
          log[needsPerson ? "error" : "warning"](
            "Okta did not make the user a member; the queue tries again.",
            {
              groupId,
              userId,
              eventUuid,
              outcome: "retry",
              ...refusal,
            },
          );
          return respondJson(response, retryStatus(refusal.status), {
            outcome: "retry",
            reason: refusal.reason,
          });
        }
      }
    } catch (error) {
      if (error instanceof RequestError) {
        log.warning("Refused a request.", { status: error.status, reason: error.message });
        return respondJson(response, error.status, { error: error.message }, error.headers);
      }
      const refusal =
        error instanceof TokenError
          ? { status: error.status, code: error.code, requestId: error.requestId, reason: error.message }
          : { status: 0, reason: error instanceof Error ? error.message : "unknown" };
      log.error("Okta could not be asked; the queue tries again.", { outcome: "retry", ...refusal });
      respondJson(response, retryStatus(refusal.status), { outcome: "retry" });
    }
  };
}

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
    eventUuid: field("eventUuid"),
    eventType: field("eventType"),
    published: field("published"),
  };
  return groupIds.has(task.groupId) && isId(task.userId) ? task : undefined;
}
