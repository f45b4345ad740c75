import { type Clock, type Deadline, isoTime } from "../shared/clock.ts";
import { readConfig } from "../shared/config.ts";
import { grantVariables } from "../shared/contract.ts";
import { isFunctionError, RequestError } from "../shared/errors.ts";
import { type Handler, handle, readJson, respondJson } from "../shared/http.ts";
import { createIncidents, type Incident } from "../shared/incidents.ts";
import type { Log } from "../shared/log.ts";
import { wireOkta } from "../shared/okta/transport.ts";
import { type OktaRuntime, wireGoogle } from "../shared/runtime.ts";
import { type AddMember, createAddMember, type MembershipOutcome } from "./add-member.ts";
import {
  ACCESS,
  classifyError,
  givingUp,
  incidentOfRefusal,
  RATE_LIMIT,
  reasonOf,
  unknownGroup,
} from "./classify-error.ts";
import { createMemberCache } from "./member-cache.ts";
import type { RefusalReason } from "./refusals.ts";
import { type Attempt, attemptOf, type GrantTask, idsOf, loggable, parseTask, recordOf } from "./task.ts";

/** A task is a few ids. */
const MAXIMUM_BODY_BYTES = 16 * 1024;

/**
 * A user whom Okta does not know may only be too new for all of Okta to know, until so long after the sign-in. For a group it
 * is so long after its task was queued, since old sign-ins are queued for new groups, too (seen for groups:
 * okta/terraform-provider-okta#647).
 */
const APPEARS_WITHIN_MS = 10 * 60_000;

/**
 * How long after it was queued a task of an unknown group is reported as an error. After a roll-back, the next sign-ins bring new
 * tasks. If the rule was removed on purpose, there are none, and nobody has to do anything.
 */
const REPORT_UNKNOWN_MS = 24 * 3600_000;

/** How long before its end a failing task is reported. The queue retries every task at least once a day. */
const NOTICE_MS = 24 * 3600_000;

/** What grant works with. */
export interface GrantDependencies {
  readonly addMember: AddMember;
  /** The groups that the rules name. */
  readonly groupIds: ReadonlySet<string>;
  readonly log: Log;
  readonly clock: Clock;
  /** How long one task may take, in milliseconds. */
  readonly timeoutMs: number;
  /** How long the queue tries a task again, in milliseconds. */
  readonly retryDurationMs: number;
}

/**
 * How a task ended. 409 makes the queue try this task again; 429 and 503 also slow the whole queue down (Google Cloud, "Cloud
 * Tasks REST API": HttpRequest, system throttling).
 */
interface Answer {
  readonly status: 200 | 409 | 429 | 503;
  readonly body: {
    readonly outcome: "member" | "dropped" | "retry";
    readonly reason?: RefusalReason | "group-unknown";
  };
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Takes one task from Cloud Tasks and adds the user to the group. A 2xx ends the task; after any other answer the queue retries
 * (Google Cloud, "Cloud Tasks": HTTP targets). Cloud Run checks who may call: the service is private.
 *
 * A fault that an administrator has to fix is logged as one error, repeated every hour. A task that ends without a membership is
 * logged as one error, too.
 */
export function createGrant(dependencies: GrantDependencies): Handler {
  const { addMember, groupIds, clock, timeoutMs, retryDurationMs } = dependencies;
  const incidents = createIncidents(dependencies.log, clock.now);

  /** @returns the severity of the task's own entry: when an incident's error reports the fault, a task needs no warning */
  const report = (fault: Incident | undefined): "INFO" | "WARNING" => {
    if (fault === undefined) return "WARNING";
    incidents.report(fault);
    return fault.toleratedMs === undefined ? "INFO" : "WARNING";
  };

  const waiting = (task: GrantTask) => ({ ...loggable(task, clock.now()), outcome: "retry" as const });

  const refused = (
    log: Log,
    task: GrantTask,
    { kind, refusal }: Exclude<MembershipOutcome, { kind: "member" }>,
  ): Answer => {
    const { reason, status } = refusal;
    const isOktas = reason !== "foreign" && reason !== "token-refused";
    if (isOktas) incidents.resolve(RATE_LIMIT);
    const fault = incidentOfRefusal(refusal, task);
    // Okta reports a fault of one user or one group only to an app that it accepts.
    const isOfOne = fault === undefined || fault.scope === task.groupId;
    if (isOfOne) incidents.resolve(ACCESS);
    const { queuedAt = Number.NEGATIVE_INFINITY, published = queuedAt } = task;
    const age = clock.now() - (reason === "user-not-found" ? published : Math.max(published, queuedAt));
    if (kind === "missing" && age < APPEARS_WITHIN_MS) {
      log.signal(
        "membership-waits",
        { ...waiting(task), ...refusal },
        { severity: "INFO", message: "Okta does not know the user or the group yet; the queue retries." },
      );
      return { status: 409, body: { outcome: "retry", reason } };
    }
    const severity = report(fault);
    if (kind !== "transient") {
      log.signal(
        "membership-refused",
        { ...loggable(task, clock.now()), outcome: "dropped", ...refusal },
        // The error of the incident reports it already.
        fault === undefined ? {} : { severity: "INFO" },
      );
      return { status: 200, body: { outcome: "dropped", reason } };
    }
    log.signal("membership-waits", { ...waiting(task), ...refusal }, { severity });
    // Only this task has to wait, not those of other groups.
    return { status: isOfOne ? 409 : retryStatus(status), body: { outcome: "retry", reason } };
  };

  const unreached = (log: Log, task: GrantTask, error: unknown): Answer => {
    const severity = report(classifyError(error, task));
    const known = isFunctionError(error) ? error : undefined;
    switch (known?.code) {
      case "rate-limited": {
        const seconds = Math.ceil(known.retryAfterMs / 1000);
        log.signal(
          "membership-waits",
          { ...waiting(task), reason: "rate-limited", seconds },
          { severity: "INFO", message: "Okta's rate limit leaves no room in time; the queue retries." },
        );
        const body = { outcome: "retry", reason: "rate-limited" } as const;
        return { status: 429, body, headers: { "retry-after": String(seconds) } };
      }
      case "no-okta-token": {
        const { status, oktaCode: code, requestId } = known;
        const message = "Okta gave no token; the queue retries.";
        const fields = { ...waiting(task), reason: "no-token", status, code, requestId };
        log.signal("membership-waits", fields, { severity, message });
        return { status: retryStatus(status), body: { outcome: "retry" } };
      }
      default: {
        const message = "Okta could not be reached; the queue retries.";
        const fields = { ...waiting(task), reason: "unreached", cause: reasonOf(error) };
        log.signal("membership-waits", fields, { severity, message });
        return { status: 503, body: { outcome: "retry" } };
      }
    }
  };

  const run = async (log: Log, task: GrantTask, attempt: Attempt, deadline: Deadline): Promise<Answer> => {
    const { groupId, userId } = task;
    if (!groupIds.has(groupId)) {
      if (clock.now() < (task.queuedAt ?? clock.now()) + REPORT_UNKNOWN_MS)
        incidents.report(unknownGroup(task));
      log.signal(
        "membership-waits",
        { ...waiting(task), reason: "group-unknown" },
        { severity: "INFO", message: "This revision does not know the task's group; the queue retries." },
      );
      return { status: 409, body: { outcome: "retry", reason: "group-unknown" } };
    }
    try {
      const outcome = await addMember(groupId, userId, deadline);
      if (outcome.kind !== "member") return refused(log, task, outcome);
      const { known } = outcome;
      if (!known) for (const scope of [groupId, ACCESS, RATE_LIMIT]) incidents.resolve(scope);
      log.signal("membership", recordOf(task, { known, now: clock.now(), ...attempt }));
      return { status: 200, body: { outcome: "member" } };
    } catch (error) {
      return unreached(log, task, error);
    }
  };

  /** The queue gives up a task without a word, so the task is reported while it is still there. */
  const noticeEnd = (log: Log, task: GrantTask): void => {
    if (task.queuedAt === undefined) return;
    const end = Math.min(task.queuedAt, clock.now()) + retryDurationMs;
    if (clock.now() < end - NOTICE_MS) return;
    const givenUpAt = isoTime(end);
    incidents.report(givingUp(task, givenUpAt));
    const published = task.published === undefined ? {} : { published: isoTime(task.published) };
    const { groupId, userId, eventUuid } = task;
    log.signal("membership-given-up", { groupId, userId, eventUuid, givenUpAt, ...published });
  };

  return async (request, response) => {
    const log = dependencies.log.of(request);
    using deadline = clock.deadline(timeoutMs);
    await handle(response, log, async () => {
      if (request.method !== "POST") {
        throw new RequestError(405, "Only POST is answered here.", { allow: "POST" });
      }
      const received = await readJson(request, MAXIMUM_BODY_BYTES, deadline.signal);
      const task = parseTask(received);
      if (task === undefined) {
        // No retry can fix it, so the task ends here.
        log.signal("task-invalid", { ...idsOf(received), outcome: "dropped" });
        return respondJson(response, 200, { outcome: "dropped" });
      }
      const { status, body, headers } = await run(log, task, attemptOf(request), deadline);
      if (body.outcome === "retry") noticeEnd(log, task);
      respondJson(response, status, body, headers);
    });
  };
}

/** 429 and 503 both slow the whole queue down, which is what a busy Okta needs. */
function retryStatus(oktaStatus: number): 429 | 503 {
  return oktaStatus === 429 ? 429 : 503;
}

/** Calls to Okta under way at once. An org allows 75 in all (35 on the smallest plan); most are left to others. */
const MAXIMUM_CALLS = 10;

/** Okta answers a call within a moment. */
const ANSWER_TIMEOUT_MS = 10_000;

/** A page of 1,000 members with their profiles. */
const MAXIMUM_ANSWER_BYTES = 16 * 1024 * 1024;

/** Members that are kept in memory, for all groups together: 74 bytes each, 37 MB at most (docs/benchmarks.md). */
const MAXIMUM_MEMBERS = 500_000;

/**
 * Makes the handler of `grant` from its environment variables and its runtime.
 *
 * @throws ConfigError
 */
export async function wireGrant(
  log: Log,
  environment: NodeJS.ProcessEnv,
  runtime: OktaRuntime,
): Promise<Handler> {
  const config = readConfig("grant", grantVariables, environment);
  const { clock } = runtime;
  const bucket = wireOkta(
    config,
    {
      scope: "okta.groups.manage",
      connections: MAXIMUM_CALLS,
      maximumAnswerBytes: MAXIMUM_ANSWER_BYTES,
      answerTimeoutMs: ANSWER_TIMEOUT_MS,
    },
    wireGoogle(environment, runtime).post,
    runtime,
    log,
  );
  const send = bucket("memberships");
  const members = createMemberCache({
    send,
    sendToGroup: bucket("member-lists"),
    orgUrl: config.orgUrl,
    clock,
    log,
    maximumAgeMs: config.memberSnapshotAgeMs,
    maximumMembers: MAXIMUM_MEMBERS,
  });
  return createGrant({
    addMember: createAddMember(send, members),
    groupIds: config.groupIds,
    log,
    clock,
    timeoutMs: config.taskTimeoutMs,
    retryDurationMs: config.queueRetryDurationMs,
  });
}
