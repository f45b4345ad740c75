import { LOG_RETENTION_DAYS } from "../shared/contract.ts";

/** In milliseconds. */
export const HOUR_MS = 3600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * How far before a moment a new beginning goes back, in milliseconds. Events may come late, into the log as to a hook;
 * Okta wants to hear of it only when it is more than 60 minutes (Okta, "Event hooks": delivery). What is read twice costs
 * little: the queue folds tasks of one name, and who is a member already costs no call to Okta.
 */
const OVERLAP_MS = HOUR_MS;

/**
 * How far back a lost cursor is made up for, in milliseconds: for at most so long does the queue itself keep a task, and so
 * far does Okta's log reach back by default (Okta, "System Log API": since). Everything since the stack was made could fill
 * the queue for hours, before those who sign in now: that is for a person to decide, by a replay.
 */
const LOST_REACH_MS = 7 * DAY_MS;

/** How long a stack may go without its first poll, in milliseconds. */
const YOUNG_MS = HOUR_MS;

/** Since when the log is to be read. */
export interface Origin {
  /** When the stack was made, whatever has become of its bucket since. In milliseconds since the epoch. */
  readonly stackSince: number;
  readonly backfillDays: number;
}

/** Where to begin where nothing is known of an earlier run. Times in milliseconds since the epoch. */
export interface StartingPoint {
  readonly since: number;
  /** There must have been a cursor, so something has gone wrong. */
  readonly lost: boolean;
  /**
   * From here up to `since` nothing is read again; undefined when `since` is the stack's own beginning. A day later than
   * Okta's memory reaches, so that a replay from there is possible when a person comes to it.
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

/** Where to begin anew when everything up to a moment has been read once. In milliseconds since the epoch. */
export function resumeStart(reached: number, now: number): number {
  return Math.max(Math.min(reached, now) - OVERLAP_MS, now - LOG_RETENTION_DAYS * DAY_MS);
}
