import type { ReplayCounts, ReplayProgress } from "../../function/contract.ts";

/** How it stands with a replay when the command ends. `--json` prints it. */
export interface Report {
  readonly id: string;
  /** ISO 8601; like the next two null while nothing is known of a replay that was begun before. */
  readonly since: string | null;
  readonly until: string | null;
  readonly dryRun: boolean | null;
  /** `queued`: `reconcile` has written nothing yet. */
  readonly state: "queued" | ReplayProgress["state"];
  readonly counts: ReplayCounts;
  /** How long the command took. */
  readonly seconds: number;
  /** Why it failed. */
  readonly fault?: string;
}

/** @param known what was asked for, or what has been seen last; undefined when nothing is known */
export function reportOf(
  id: string,
  known: Pick<ReplayProgress, "since" | "until" | "dryRun"> | ReplayProgress | undefined,
  milliseconds: number,
): Report {
  const { since = null, until = null, dryRun = null } = known ?? {};
  const progress = known !== undefined && "state" in known ? known : undefined;
  const { state = "queued", counts = { events: 0, wanted: 0, queued: 0 }, fault } = progress ?? {};
  const seconds = milliseconds / 1000;
  return { id, since, until, dryRun, state, counts, seconds, ...(fault === undefined ? {} : { fault }) };
}
