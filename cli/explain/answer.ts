import { isObject, type JsonObject } from "../../function/shared/json.ts";
import type { RuleVerdict } from "../../infra/explain-rules.ts";
import type { Happening } from "../findings.ts";
import type { LogEntry } from "../log-entries.ts";
import { listIn, objectIn } from "../smoke/deployed.ts";

/** A sign-in of the person, as Okta's System Log has it. */
export interface LoggedSignIn {
  readonly eventUuid: string;
  readonly eventType: string;
  /** ISO 8601. */
  readonly at: string;
  /** Such as SUCCESS. */
  readonly result: string;
  /** What each rule that leads to the group says about it. */
  readonly rules: readonly RuleVerdict[];
}

/** All that is known about a person and a group. */
export interface Evidence {
  readonly login: string;
  /** The person's status in Okta, such as ACTIVE. */
  readonly status: string;
  readonly group: string;
  readonly groupId: string;
  /** Undefined when it could not be looked up. */
  readonly isMember: boolean | undefined;
  /** How the names of the apps begin as which `grant` calls Okta: one for each key. */
  readonly appLabel: string;
  /** The first first. */
  readonly signIns: readonly LoggedSignIn[];
  /** Events of the System Log about the person's memberships, the first first. */
  readonly changes: readonly JsonObject[];
  /** What `grant` logged about the person, the first first. */
  readonly records: readonly LogEntry[];
  /** What the queue logged about the tasks of the sign-ins, by their events' uuids. */
  readonly tasks: ReadonlyMap<string, readonly LogEntry[]>;
  /** Since when all of it was looked up. */
  readonly since: string;
}

/** How the task of a sign-in ended; `none`: there is none. */
export type End = "added" | "was-member" | "refused" | "given-up" | "waiting" | "none";

/** What became of a sign-in. */
export interface ExplainedSignIn extends LoggedSignIn {
  readonly steps: readonly Happening[];
  readonly end: End;
}

/** Why the person is, or is not, in the group. `--json` prints it as it is. */
export interface Answer {
  readonly group: string;
  readonly groupId: string;
  readonly isMember: boolean | undefined;
  /** In a few sentences. */
  readonly answer: string;
  /** When the person was put into the group, and taken out of it, by whom. */
  readonly changes: readonly Happening[];
  readonly signIns: readonly ExplainedSignIn[];
}

/** Puts the evidence together. */
export function explain(evidence: Evidence): Answer {
  const { group, groupId, isMember, records } = evidence;
  const ofGroup = records.filter(({ jsonPayload }) => jsonPayload["groupId"] === groupId);
  const signIns = evidence.signIns.map((signIn) => explainSignIn(signIn, ofGroup, evidence));
  const changes = changesOf(evidence);
  return {
    group,
    groupId,
    isMember,
    answer: answerOf(evidence, { signIns, changes, records: ofGroup }),
    changes: changes.map(({ at, what }) => ({ at, what })),
    signIns,
  };
}

interface Change extends Happening {
  readonly isAddition: boolean;
  readonly isOurs: boolean;
  readonly by: string;
}

/** What the System Log says about this group; targets are the person and the group. */
function changesOf({ changes, groupId, appLabel }: Evidence): readonly Change[] {
  return changes.flatMap((event) => {
    if (!listIn(event, "target").some(({ id }) => id === groupId)) return [];
    const { displayName, type } = objectIn(event, "actor");
    const isAddition = event["eventType"] === "group.user_membership.add";
    const isOurs = type === "PublicClientApp" && String(displayName).startsWith(appLabel);
    const by = isOurs ? "grant" : `${String(displayName)} (${String(type)})`;
    const what = isAddition ? `added by ${by}` : `removed by ${by}`;
    return [{ at: String(event["published"]), what, isAddition, isOurs, by }];
  });
}

function explainSignIn(
  signIn: LoggedSignIn,
  records: readonly LogEntry[],
  { tasks }: Evidence,
): ExplainedSignIn {
  const { eventUuid } = signIn;
  const own = records.filter(({ jsonPayload }) => jsonPayload["eventUuid"] === eventUuid);
  const ofTask = (tasks.get(eventUuid) ?? []).map(queueStep);
  // In one millisecond, grant logs before the queue has its answer.
  const steps = [...own.map(recordStep), ...ofTask.filter((step) => step !== undefined)].sort(
    (one, other) => Date.parse(one.at) - Date.parse(other.at),
  );
  return { ...signIn, steps, end: endOf(own, steps.length > 0) };
}

function endOf(records: readonly LogEntry[], hasTask: boolean): End {
  const events = records.map(({ jsonPayload }) => jsonPayload);
  const ended = events.findLast(({ event }) => event === "membership" || event === "membership-refused");
  if (ended?.["event"] === "membership") return ended["known"] === true ? "was-member" : "added";
  if (ended !== undefined) return "refused";
  if (events.some(({ event }) => event === "membership-given-up")) return "given-up";
  return hasTask ? "waiting" : "none";
}

/** What the queue logs of a task (Google Cloud, "Cloud Tasks: logging"). */
function queueStep({ timestamp: at, jsonPayload }: LogEntry): Happening | undefined {
  if (isObject(jsonPayload["taskCreationLog"])) return { at, what: "task queued" };
  const response = jsonPayload["attemptResponseLog"];
  if (!isObject(response)) return undefined;
  const { dispatchCount, status } = response;
  return { at, what: `attempt ${String(dispatchCount)} of the task: ${String(status)}` };
}

function recordStep({ timestamp: at, jsonPayload }: LogEntry): Happening {
  const { event, known, source, reason, givenUpAt } = jsonPayload;
  switch (event) {
    case "membership":
      return {
        at,
        what: `${known === true ? "was a member already" : "added to the group"}; ${foundBy(source)}`,
      };
    case "membership-refused":
      return { at, what: `the task ended without a membership: ${String(reason)}` };
    case "membership-given-up":
      return { at, what: `the queue gives the task up at ${String(givenUpAt)}` };
    default:
      return { at, what: `the queue retries: ${String(reason)}` };
  }
}

function foundBy(source: unknown): string {
  if (source === "hook") return "Okta had delivered the sign-in";
  if (source === "reconcile") return "reconcile had found the sign-in in the System Log";
  return source === "replay" ? "a replay had found the sign-in" : "how it was found is not recorded";
}

interface Put {
  readonly signIns: readonly ExplainedSignIn[];
  readonly changes: readonly Change[];
  readonly records: readonly LogEntry[];
}

function answerOf(evidence: Evidence, put: Put): string {
  const { login, group, isMember } = evidence;
  if (isMember === undefined) return `Whether ${login} is in "${group}" could not be looked up.`;
  return isMember ? whyMember(evidence, put) : whyNot(evidence, put);
}

function whyMember({ login, group, since }: Evidence, { signIns, changes, records }: Put): string {
  const is = `${login} is in "${group}"`;
  const added = records.findLast(
    ({ jsonPayload: { event, known } }) => event === "membership" && known === false,
  );
  const change = changes.findLast(({ isAddition }) => isAddition);
  if (change !== undefined && !change.isOurs) {
    return `${is}: ${change.by} added them at ${change.at}, not this stack.`;
  }
  if (added === undefined) {
    if (change !== undefined) {
      return `${is}: grant added them at ${change.at}; Cloud Logging has no record of that any more.`;
    }
    return `${is}, and nothing since ${since} says who added them. Ask for more: --since 90d. A group rule leaves no such event either.`;
  }
  const { published, eventType, eventUuid, rule, delaySeconds } = added.jsonPayload;
  const sentence = `${is}: grant added them at ${added.timestamp}, ${String(delaySeconds)} s after their sign-in of ${String(published)} (${String(eventType)}), by rules[${String(rule)}].`;
  if (signIns.some((signIn) => signIn.eventUuid === eventUuid)) return sentence;
  // A young stack's rules may have changed; an old sign-in may be out of reach.
  return `${sentence} Okta's System Log since ${since} has no such sign-in.`;
}

function whyNot({ login, group, status, since }: Evidence, { signIns, changes, records }: Put): string {
  const is = `${login} is not in "${group}"`;
  const removed = changes.at(-1);
  const ended = records.at(-1);
  if (removed !== undefined && !removed.isAddition && (ended?.timestamp ?? "") <= removed.at) {
    return `${is}: ${removed.by} removed them at ${removed.at}. They are added again at their next sign-in that a rule matches.`;
  }
  const matched = signIns.findLast(({ rules }) => rules.some(({ matches }) => matches));
  if (matched !== undefined) return `${is}: ${whyNotYet(matched)}`;
  const last = signIns.at(-1);
  if (last === undefined) {
    const inactive = status === "ACTIVE" ? "" : ` Their status in Okta is ${status}.`;
    return `${is}: Okta's System Log has no sign-in of theirs since ${since} that a rule of the group names.${inactive}`;
  }
  return `${is}: no rule of the group matches their sign-ins since ${since}. Of the last one, ${last.at}: ${last.rules.map(whyNoMatch).join("; ")}.`;
}

function whyNotYet({ at, end, steps }: ExplainedSignIn): string {
  const last = steps.at(-1);
  const signedIn = `a rule matches their sign-in of ${at}`;
  switch (end) {
    case "refused":
    case "given-up":
    case "waiting":
      return `${signedIn}, but ${last?.what ?? "its task has not ended"} (${last?.at ?? at}).`;
    case "none":
      return `${signedIn}, but there is no task for it: neither Okta's delivery nor a poll of the System Log has brought it yet. npm run smoke looks at both.`;
    default:
      return `${signedIn}, and grant ${end === "added" ? "added them" : "took them for a member"} (${last?.at ?? at}). They were removed since, or Okta has not caught up.`;
  }
}

/** The parts of a rule that are not true. */
export function whyNoMatch({ rule, parts }: RuleVerdict): string {
  const wrong = parts.filter(({ value }) => value !== "true");
  const said = wrong.map(({ text, value, reason }) =>
    value === "false" ? `${text} is false` : `${text} has no value (${reason ?? "an error"})`,
  );
  return `rules[${rule}]: ${said.join(" and ")}`;
}
