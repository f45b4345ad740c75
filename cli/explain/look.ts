import type { Rule } from "../../function/shared/contract.ts";
import { parseEvents } from "../../function/shared/events.ts";
import { taskId } from "../../function/shared/google/task-queue.ts";
import { isObject, type JsonObject } from "../../function/shared/json.ts";
import type { SignalName } from "../../function/shared/signals.ts";
import { explainRules } from "../../infra/explain-rules.ts";
import { lookUp } from "../../infra/okta/management-client.ts";
import { oneOf } from "../../infra/operations/metrics.ts";
import { type LogEntry, type LogPlace, NoEntriesError, readEntries } from "../log-entries.ts";
import type { LookUps } from "../look-ups.ts";
import { groupsOf, readLog } from "../okta.ts";
import { type Answer, explain, type LoggedSignIn } from "./answer.ts";

/** Where it is looked up, and about whom. */
export interface Question {
  readonly orgUrl: string;
  /** Login or id. */
  readonly user: string;
  /** Groups that are asked about: ids by name. */
  readonly groups: Readonly<Record<string, string>>;
  readonly rules: readonly Rule[];
  /** How the names of the apps begin as which `grant` calls Okta. */
  readonly appLabel: string;
  /** In milliseconds since the epoch, as `until`. */
  readonly since: number;
  readonly until: number;
  /** Name of the Cloud Run service of `grant`. */
  readonly grantService: string;
  /** Full name of the queue of memberships. */
  readonly queue: string;
}

/** A person in Okta. */
export interface Person {
  readonly id: string;
  readonly login: string;
  readonly status: string;
}

/** What was found. */
export interface Explained {
  readonly person: Person;
  readonly answers: readonly Answer[];
  /** What could not be looked up, with why. */
  readonly problems: readonly string[];
}

/** Nobody has the login or the id; or why that is not known. */
export type NoPerson = { readonly absent: true } | { readonly reason: string };

/** What `grant` logs about one person. */
const ABOUT_A_TASK: readonly SignalName[] = [
  "membership",
  "membership-refused",
  "membership-waits",
  "membership-given-up",
];

/** For how many sign-ins of a person tasks are looked up, the last ones: their names have to fit into a filter. */
const TASKS = 50;

/** Looks everything up that is known about a person. */
export async function explainUser(
  question: Question,
  place: LogPlace,
  lookUps: LookUps,
): Promise<Explained | NoPerson> {
  const { orgUrl, user, groups, since, until } = question;
  const person = await findPerson(orgUrl, user, lookUps);
  if (!("id" in person)) return person;
  const problems: string[] = [];
  const [memberships, events, changes, records] = await Promise.all([
    lookUps.run("the groups", () => groupsOf(orgUrl, person.id)),
    lookUps.run("the sign-ins", () =>
      readLog(orgUrl, { filter: signInFilter(question, person), since, until }),
    ),
    lookUps.run("changes of memberships", () =>
      readLog(orgUrl, { filter: changeFilter(person), since, until }),
    ),
    lookUps.run("the records of grant", () => readRecords(question, person, place)),
  ]);
  if (memberships === undefined) problems.push("the groups of the user could not be looked up");
  const known = <Found>(
    what: string,
    found: readonly Found[] | { readonly reason: string },
  ): readonly Found[] => {
    if (!("reason" in found)) return found;
    problems.push(`${what}: ${found.reason}`);
    return [];
  };
  const logged = known("Okta's System Log", events);
  const changed = known("Okta's System Log, changes of memberships", changes);
  const recorded = known("Cloud Logging", records);
  const answers = await Promise.all(
    Object.entries(groups).map(async ([group, groupId]) => {
      const signIns = await explainEvents(logged, question, groupId);
      const tasks = await lookUps.run("the tasks", () =>
        readTasks(signIns, { userId: person.id, groupId }, question, place),
      );
      if ("reason" in tasks) problems.push(`Cloud Logging, tasks: ${tasks.reason}`);
      return explain({
        login: person.login,
        status: person.status,
        group,
        groupId,
        isMember: memberships?.includes(groupId),
        appLabel: question.appLabel,
        signIns,
        changes: changed,
        records: recorded,
        tasks: "reason" in tasks ? new Map() : tasks,
        since: new Date(since).toISOString(),
      });
    }),
  );
  return { person, answers, problems };
}

async function findPerson(orgUrl: string, user: string, lookUps: LookUps): Promise<Person | NoPerson> {
  const answer = await lookUps.run("the user", () =>
    lookUp(orgUrl, "users", `/api/v1/users/${encodeURIComponent(user)}`),
  );
  if (answer.kind === "absent") return { absent: true };
  if (answer.kind === "unknown") return { reason: answer.reason };
  const { id, status, profile } = isObject(answer.body) ? answer.body : {};
  if (typeof id !== "string") return { reason: "something that is not Okta answers" };
  const login = isObject(profile) ? String(profile["login"]) : user;
  return { id, login, status: String(status) };
}

function signInFilter({ rules }: Question, { id }: Person): string {
  const types = [...new Set(rules.flatMap(({ on }) => on))].map((type) => `eventType eq "${type}"`);
  return `(${types.join(" or ")}) and actor.id eq "${id}"`;
}

function changeFilter({ id }: Person): string {
  const types = ["add", "remove"].map((change) => `eventType eq "group.user_membership.${change}"`);
  return `(${types.join(" or ")}) and target.id eq "${id}"`;
}

/** What the rules that lead to the group say about each event. */
async function explainEvents(
  events: readonly JsonObject[],
  { rules }: Question,
  groupId: string,
): Promise<readonly LoggedSignIn[]> {
  const named = new Set(rules.filter((rule) => rule.groupId === groupId).flatMap(({ on }) => on));
  const parsed = parseEvents(events).events.filter(({ eventType }) => named.has(eventType));
  return await Promise.all(
    parsed.map(async (event) => ({
      eventUuid: event.uuid,
      eventType: event.eventType,
      at: event.published,
      result: event.result,
      rules: (await explainRules(rules, event)).filter((verdict) => verdict.groupId === groupId),
    })),
  );
}

type Read<Found> = Promise<Found | { readonly reason: string }>;

async function readRecords(
  { grantService, since }: Question,
  { id }: Person,
  place: LogPlace,
): Read<readonly LogEntry[]> {
  return await collect(
    [
      'resource.type="cloud_run_revision"',
      `resource.labels.service_name=${JSON.stringify(grantService)}`,
      `jsonPayload.userId=${JSON.stringify(id)}`,
      `jsonPayload.event=${oneOf(ABOUT_A_TASK)}`,
      `timestamp>=${JSON.stringify(new Date(since).toISOString())}`,
    ],
    place,
  );
}

/** What the queue logged about the tasks of the last sign-ins that a rule matches, by the events' uuids. */
async function readTasks(
  signIns: readonly LoggedSignIn[],
  { userId, groupId }: { readonly userId: string; readonly groupId: string },
  { queue, since }: Question,
  place: LogPlace,
): Read<ReadonlyMap<string, readonly LogEntry[]>> {
  const matched = signIns.filter(({ rules }) => rules.some(({ matches }) => matches)).slice(-TASKS);
  const uuids = new Map(
    matched.map(({ eventUuid }) => [`${queue}/tasks/${taskId({ eventUuid, userId, groupId })}`, eventUuid]),
  );
  if (uuids.size === 0) return new Map();
  const found = await collect(
    [
      `logName="projects/${place.project}/logs/cloudtasks.googleapis.com%2Ftask_operations_log"`,
      `jsonPayload.task=${oneOf([...uuids.keys()])}`,
      `timestamp>=${JSON.stringify(new Date(since).toISOString())}`,
    ],
    place,
  );
  if ("reason" in found) return found;
  return Map.groupBy(found, ({ jsonPayload }) => uuids.get(String(jsonPayload["task"])) ?? "");
}

async function collect(filter: readonly string[], place: LogPlace): Read<readonly LogEntry[]> {
  const found: LogEntry[] = [];
  try {
    for await (const entry of readEntries(filter.join(" AND "), place)) found.push(entry);
    return found;
  } catch (error) {
    if (!(error instanceof NoEntriesError)) throw error;
    return { reason: error.message };
  }
}
