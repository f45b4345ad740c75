import type { JsonObject } from "../../function/shared/json.ts";
import type { SignalName } from "../../function/shared/signals.ts";
import { MEMBERSHIP_WITHIN_SECONDS, oneOf } from "../../infra/operations/metrics.ts";
import { type LogEntry, type LogPlace, readEntries } from "../log-entries.ts";

/** Something with how often there was it. */
export interface Count {
  readonly name: string;
  readonly count: number;
}

/** What a day, or all days together, came to. */
export interface Figures {
  /** Sign-ins that led to a membership, each once. */
  readonly signIns: number;
  /** Memberships that were made. */
  readonly added: number;
  /** Those of people who were known as members already. */
  readonly known: number;
  /** Memberships by how the sign-in was found: `hook`, `reconcile`, `replay`. */
  readonly bySource: readonly Count[];
  /** Tasks that ended without a membership, deliveries that failed, memberships without a sign-in. */
  readonly failures: number;
  /** From the sign-in to the membership, in seconds, without replays; undefined when there is none. */
  readonly delay: Delay | undefined;
}

export interface Delay {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly longest: number;
  /** The part of sign-ins that became a membership within the objective, 0 to 1. */
  readonly inTime: number;
}

/** The days of a time, with all of them together. `--json` prints it as it is. */
export interface Report {
  /** ISO 8601. */
  readonly since: string;
  readonly until: string;
  readonly total: Figures;
  /** In UTC, the first first; a day without anything is left out. */
  readonly days: readonly (Figures & { readonly day: string })[];
  readonly groups: readonly { readonly group: string; readonly added: number; readonly known: number }[];
  /** What failed, by what it is and why, the most first. */
  readonly failures: readonly Count[];
  /** What an administrator had to fix, in entries: one for each hour. */
  readonly faults: readonly Count[];
}

const EVENTS: readonly SignalName[] = [
  "membership",
  "membership-refused",
  "membership-given-up",
  "delivery-failed",
  "grant-unexpected",
  "fault",
];

/** What is counted while entries are read. */
interface Tally {
  readonly signIns: Set<string>;
  added: number;
  known: number;
  readonly sources: Map<string, number>;
  failures: number;
  readonly delays: number[];
}

function newTally(): Tally {
  return { signIns: new Set(), added: 0, known: 0, sources: new Map(), failures: 0, delays: [] };
}

/**
 * Reads what the functions logged.
 *
 * @param services names of the functions' Cloud Run services
 * @param groupNames names of the groups by their ids
 * @param onProgress takes how many entries are read
 * @throws NoEntriesError; what an aborted signal throws
 */
export async function collectReport(
  asked: {
    readonly services: readonly string[];
    readonly groupNames: ReadonlyMap<string, string>;
    /** In milliseconds since the epoch. */
    readonly since: number;
    readonly until: number;
  },
  place: LogPlace,
  onProgress: (entries: number) => void,
): Promise<Report> {
  const { services, groupNames, since, until } = asked;
  const time = (at: number) => new Date(at).toISOString();
  const filter = [
    'resource.type="cloud_run_revision"',
    `resource.labels.service_name=${oneOf(services)}`,
    `jsonPayload.event=${oneOf(EVENTS)}`,
    `timestamp>=${JSON.stringify(time(since))}`,
  ].join(" AND ");
  const total = newTally();
  const days = new Map<string, Tally>();
  const groups = new Map<string, { added: number; known: number }>();
  const failures = new Map<string, number>();
  const faults = new Map<string, number>();
  let entries = 0;
  for await (const entry of readEntries(filter, place)) {
    entries += 1;
    if (entries % 1_000 === 0) onProgress(entries);
    const { jsonPayload } = entry;
    if (jsonPayload["event"] === "fault") {
      add(faults, String(jsonPayload["fault"]));
      continue;
    }
    const day = entry.timestamp.slice(0, 10);
    const ofDay = days.get(day) ?? newTally();
    days.set(day, ofDay);
    const failure = failureOf(jsonPayload);
    if (failure !== undefined) add(failures, failure);
    for (const tally of [total, ofDay]) count(tally, entry, failure !== undefined);
    if (failure === undefined) {
      const id = String(jsonPayload["groupId"]);
      const group = groupNames.get(id) ?? id;
      const ofGroup = groups.get(group) ?? { added: 0, known: 0 };
      groups.set(group, ofGroup);
      ofGroup[jsonPayload["known"] === true ? "known" : "added"] += 1;
    }
  }
  return {
    since: time(since),
    until: time(until),
    total: figuresOf(total),
    days: [...days].map(([day, tally]) => ({ day, ...figuresOf(tally) })),
    groups: [...groups].map(([group, counts]) => ({ group, ...counts })),
    failures: countsOf(failures),
    faults: countsOf(faults),
  };
}

/** What failed, in words; undefined for a membership. */
function failureOf({ event, reason }: JsonObject): string | undefined {
  switch (event) {
    case "membership-refused":
      return `task ended without a membership: ${String(reason)}`;
    case "membership-given-up":
      return "task given up by the queue";
    case "delivery-failed":
      return "delivery could not be queued";
    case "grant-unexpected":
      return `membership without a sign-in: ${String(reason)}`;
    default:
      return undefined;
  }
}

function count(tally: Tally, { jsonPayload }: LogEntry, isFailure: boolean): void {
  if (isFailure) {
    tally.failures += 1;
    return;
  }
  const { eventUuid, known, source, delaySeconds } = jsonPayload;
  tally.signIns.add(String(eventUuid));
  if (known === true) tally.known += 1;
  else tally.added += 1;
  add(tally.sources, typeof source === "string" ? source : "unknown");
  // A replay is of sign-ins that are old on purpose.
  if (typeof delaySeconds === "number" && source !== "replay") tally.delays.push(delaySeconds);
}

function figuresOf({ signIns, added, known, sources, failures, delays }: Tally): Figures {
  return {
    signIns: signIns.size,
    added,
    known,
    bySource: countsOf(sources),
    failures,
    delay: delayOf(delays),
  };
}

function delayOf(delays: number[]): Delay | undefined {
  if (delays.length === 0) return undefined;
  const sorted = delays.sort((one, other) => one - other);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  const inTime = sorted.filter((delay) => delay <= MEMBERSHIP_WITHIN_SECONDS).length / sorted.length;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), longest: at(1), inTime };
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** The most first. */
function countsOf(counts: ReadonlyMap<string, number>): readonly Count[] {
  return [...counts]
    .map(([name, number]) => ({ name, count: number }))
    .sort((one, other) => other.count - one.count || (one.name < other.name ? -1 : 1));
}
