import { LOG_RETENTION_DAYS } from "../shared/contract.ts";

export const HOUR_MS = 3600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * How far before the last position a new starting point lies. Events may come late, into the log as to a hook; only after
 * 60 minutes does Okta want a report (Okta, "Event hooks": delivery). Reading twice costs little: the queue drops tasks of the
 * same name, and people who are already members cost no call to Okta.
 */
const OVERLAP_MS = HOUR_MS;

/**
 * How far back a lost cursor is made up for: as long as the queue keeps a task, and as far as Okta's log reaches back by default
 * (Okta, "System Log API": since). All events since the creation of the stack could fill the queue for hours and delay current
 * sign-ins, so an administrator decides about the rest, with a replay.
 */
const LOST_REACH_MS = 7 * DAY_MS;

/** How long after its creation a stack may still have no cursor. */
const YOUNG_MS = HOUR_MS;

/** From when on the log has to be read. */
export interface Origin {
  /** When the stack was created, whatever happened to its bucket since. In milliseconds since the epoch. */
  readonly stackSince: number;
  readonly backfillDays: number;
}

/** Where to start when nothing is known about an earlier run. Times in milliseconds since the epoch. */
export interface StartingPoint {
  readonly since: number;
  /** There must have been a cursor, so it was lost. */
  readonly lost: boolean;
  /**
   * From here up to `since` nothing is read again; undefined when `since` is the stack's own origin. A day later than Okta's
   * retention, so that an administrator has a day to replay from there.
   */
  readonly missingFrom: number | undefined;
}

export function initialStart({ stackSince, backfillDays }: Origin, now: number): StartingPoint {
  const backfill = backfillDays * DAY_MS;
  const origin = stackSince - OVERLAP_MS - backfill;
  const oldest = now - LOG_RETENTION_DAYS * DAY_MS;
  const lost = now - stackSince >= YOUNG_MS;
  const reach = lost ? Math.max(LOST_REACH_MS, backfill) : LOG_RETENTION_DAYS * DAY_MS;
  const since = Math.max(origin, now - reach, oldest);
  const isWhole = since === Math.max(origin, oldest);
  return { since, lost, missingFrom: isWhole ? undefined : Math.max(origin, oldest + DAY_MS) };
}

/** Where to start again when everything up to `reached` has been read once. In milliseconds since the epoch. */
export function resumeStart(reached: number, now: number): number {
  return Math.max(Math.min(reached, now) - OVERLAP_MS, now - LOG_RETENTION_DAYS * DAY_MS);
}
