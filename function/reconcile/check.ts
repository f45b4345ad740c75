import { type Clock, isoTime } from "../shared/clock.ts";
import type { CheckTask } from "../shared/contract.ts";
import { NoNextLinkError, ObjectChangedError } from "../shared/errors.ts";
import { isId, parseEvents, type SystemLogEvent } from "../shared/events.ts";
import { NO_OBJECT, type ObjectStore } from "../shared/google/object-store.ts";
import type { ContinuationQueue } from "../shared/google/task-queue.ts";
import { isObject, type JsonObject, parseJson } from "../shared/json.ts";
import type { RuleMatcher } from "../shared/rules.ts";
import type { Run } from "./pages.ts";
import { HOUR_MS } from "./starting-point.ts";
import { filteredPath, type LogPage, type ReadLog } from "./system-log.ts";

/** What a check works with. */
export interface CheckDependencies {
  readonly readLog: ReadLog;
  readonly objects: ObjectStore;
  readonly continuations: ContinuationQueue;
  readonly matchRules: RuleMatcher;
  /** The event types that the rules name, sorted. */
  readonly eventTypes: readonly string[];
  /** Client ids of the apps as which `grant` acts, one for each of its keys. */
  readonly grantClientIds: ReadonlySet<string>;
  readonly clock: Clock;
}

/** What a check has found. Times in ISO 8601. */
export interface Checked {
  /** With `more`, another run is queued; `overtaken` by another run, which has checked the same. */
  readonly outcome: "done" | "more" | "overtaken";
  /** Memberships that `grant` made since the last check, as Okta's System Log has them. */
  readonly grants: number;
  /** Those to which no sign-in leads by the rules. */
  readonly unexpected: number;
  readonly since: string;
  readonly until: string;
}

/** A membership that `grant` made, as Okta's System Log has it. */
interface Grant {
  readonly userId: string;
  readonly groupId: string;
  /** In milliseconds since the epoch. */
  readonly at: number;
}

/** An event may come into the log later than it was published; what is younger is left to the next check. */
const SETTLED_MS = HOUR_MS;

const DAY_MS = 24 * HOUR_MS;

/** How far a first check goes back, and how far one after a pause. */
const FIRST_MS = DAY_MS;
const LONGEST_MS = 7 * DAY_MS;

/** How long before its membership a sign-in usually is, and at most: the log's retention, of which a replay reads all. */
const USUAL_MS = HOUR_MS;
const OLDEST_MS = 90 * DAY_MS;

/** Users whose sign-ins are asked for at once: their ids have to fit into an address. */
const USERS = 20;

/** What Okta reports of its own: deliveries that failed, a hook that was switched off, its rate limits and the hook's daily limit. */
const REPORTS = [
  "event_hook.delivery",
  "event_hook.deactivated",
  "system.org.rate_limit.violation",
  "system.org.rate_limit.warning",
];

/** How many of these are logged for each check. */
const MAXIMUM_REPORTS = 100;

const STATE = "checked.json";

/**
 * Compares what `grant` did with why it should have: for each membership that it made since the last check, Okta's System Log must have a
 * sign-in of that user before it which the rules lead to that group. A membership without one was made by a forged delivery, a
 * task of somebody else's, or with the key of `grant`. Both sides come from Okta's log, so nobody who can only write into
 * Google's can hide one.
 *
 * The state bucket says up to when all is checked. A check that is repeated reports the same again.
 *
 * @throws what a page, the state bucket or the queue throws
 */
export async function check(task: CheckTask, run: Run, dependencies: CheckDependencies): Promise<Checked> {
  const { objects, continuations, clock } = dependencies;
  const { signal } = run.end;
  const until = clock.now() - SETTLED_MS;
  const state = await objects.read(STATE, signal);
  const since = Math.max(
    checkedUntil(state?.content) ?? until - FIRST_MS,
    // Nothing younger than `until` has been checked, whatever a clock said.
    until - LONGEST_MS,
  );
  const begun = { outcome: "done" as const, grants: 0, unexpected: 0, since: isoTime(since) };
  if (since >= until) return { ...begun, until: isoTime(since) };
  const { reached, grants, unexpected } = await checkFrom(since, until, run, dependencies);
  await reportsOf({ since, until: reached }, run, dependencies);
  const found = { ...begun, grants, unexpected, until: isoTime(reached) };
  try {
    await objects.write(STATE, { until: isoTime(reached) }, state?.generation ?? NO_OBJECT, signal);
  } catch (error) {
    if (error instanceof ObjectChangedError) return { ...found, outcome: "overtaken" };
    throw error;
  }
  if (reached >= until) return found;
  await continuations.enqueue(task.continuationQueue, task, signal);
  return { ...found, outcome: "more" };
}

/** @returns undefined when it is not a state of a check */
function checkedUntil(content: string | undefined): number | undefined {
  const value = parseJson(content ?? "");
  const time = isObject(value) ? Date.parse(String(value["until"])) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

/** Checks grants in the order of time, as long as there is time. */
async function checkFrom(
  since: number,
  until: number,
  run: Run,
  dependencies: CheckDependencies,
): Promise<{ readonly reached: number; readonly grants: number; readonly unexpected: number }> {
  const { readLog, clock, grantClientIds } = dependencies;
  const actors = oneOf("actor.id", [...grantClientIds]);
  const filter = `eventType eq "group.user_membership.add" and ${actors}`;
  const counts = { grants: 0, unexpected: 0 };
  let path: string | undefined = filteredPath(filter, { since, until });
  while (path !== undefined) {
    const page: LogPage = await readLog(path, run.pages);
    const grants = grantsOf(page.events);
    for (let first = 0; first < grants.length; first += USERS) {
      const some = grants.slice(first, first + USERS);
      const [next] = some;
      // At least something is checked, so that each run comes nearer to the end.
      if (next !== undefined && counts.grants > 0 && clock.now() > run.lastPageAt) {
        return { reached: next.at, ...counts };
      }
      for (const { userId, groupId, at, reason } of await findUnexpected(some, run, dependencies)) {
        run.log.signal("grant-unexpected", { userId, groupId, at: isoTime(at), reason });
        counts.unexpected += 1;
      }
      counts.grants += some.length;
    }
    path = nextOf(page);
  }
  return { reached: until, ...counts };
}

/** @throws NoNextLinkError when Okta's link cannot be followed: without the rest nothing is checked */
function nextOf({ events, next, linkFault }: LogPage): string | undefined {
  if (linkFault !== undefined) throw new NoNextLinkError(linkFault);
  return events.length === 0 ? undefined : next;
}

/** The user and the group are an event's targets. */
function grantsOf(events: readonly unknown[]): readonly Grant[] {
  return events.filter(isObject).flatMap((event) => {
    const targets = Array.isArray(event["target"]) ? event["target"].filter(isObject) : [];
    const idOf = (type: string) => String(targets.find((target) => target["type"] === type)?.["id"] ?? "");
    const userId = idOf("User");
    const groupId = idOf("UserGroup");
    const at = Date.parse(String(event["published"]));
    return isId(userId) && isId(groupId) && !Number.isNaN(at) ? [{ userId, groupId, at }] : [];
  });
}

type Unexpected = Grant & { readonly reason: "no-sign-in" | "no-rule" };

/** Looks shortly before the grants first: further back, the log has more to read. */
async function findUnexpected(
  grants: readonly Grant[],
  run: Run,
  dependencies: CheckDependencies,
): Promise<readonly Unexpected[]> {
  const first = Math.min(...grants.map(({ at }) => at));
  const recent = await unexplained(grants, first - USUAL_MS, run, dependencies);
  if (recent.length === 0) return [];
  return unexplained(recent, dependencies.clock.now() - OLDEST_MS, run, dependencies);
}

/** Grants to which none of the sign-ins since a time leads. */
async function unexplained(
  grants: readonly Grant[],
  since: number,
  run: Run,
  { readLog, matchRules, eventTypes }: CheckDependencies,
): Promise<readonly Unexpected[]> {
  const until = Math.max(...grants.map(({ at }) => at)) + 1;
  const users = oneOf("actor.id", [...new Set(grants.map(({ userId }) => userId))]);
  const filter = `${oneOf("eventType", eventTypes)} and outcome.result eq "SUCCESS" and ${users}`;
  const open = new Map<Grant, Unexpected["reason"]>(grants.map((grant) => [grant, "no-sign-in"]));
  let path: string | undefined = filteredPath(filter, { since, until });
  while (path !== undefined && open.size > 0) {
    const page: LogPage = await readLog(path, run.pages);
    for (const event of parseEvents(page.events).events) {
      const groups = groupsOf(event, matchRules);
      for (const grant of open.keys()) {
        if (event.actor.id !== grant.userId || Date.parse(event.published) > grant.at) continue;
        if (groups.has(grant.groupId)) open.delete(grant);
        else open.set(grant, "no-rule");
      }
    }
    path = nextOf(page);
  }
  return [...open].map(([grant, reason]) => ({ ...grant, reason }));
}

function groupsOf(event: SystemLogEvent, matchRules: RuleMatcher): ReadonlySet<string> {
  return new Set(matchRules(event).flatMap((matches) => matches(event).map(({ groupId }) => groupId)));
}

/** Logs what Okta reports of its own, for the dashboard. */
async function reportsOf(
  { since, until }: { readonly since: number; readonly until: number },
  run: Run,
  { readLog }: CheckDependencies,
): Promise<void> {
  if (since >= until) return;
  const page = await readLog(filteredPath(oneOf("eventType", REPORTS), { since, until }), run.pages);
  for (const { eventType, uuid, published } of page.events
    .filter((event): event is JsonObject => isObject(event))
    .slice(0, MAXIMUM_REPORTS)) {
    run.log.signal("okta-reported", {
      eventType: String(eventType),
      eventUuid: String(uuid),
      at: String(published),
    });
  }
}

/** A part of a filter of the System Log. */
function oneOf(field: string, values: readonly string[]): string {
  return `(${values.map((value) => `${field} eq "${value}"`).join(" or ")})`;
}
