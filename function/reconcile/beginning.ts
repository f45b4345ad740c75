import { LOG_RETENTION_DAYS } from "../settings.ts";

/** In milliseconds. */
export const HOUR = 3600_000;
const DAY = 24 * HOUR;

/**
 * How far before a moment a new beginning goes back, in milliseconds. Events may come late, into the log as to a hook;
 * Okta wants to hear of it only when it is more than 60 minutes (Okta, "Event hooks": delivery). What is read twice costs
 * little: the queue folds tasks of one name, and who is a member already costs no call to Okta.
 */
const OVERLAP = HOUR;

/**
 * How far back a lost cursor is made up for, in milliseconds: for at most so long does the queue itself keep a task, and so
 * far does Okta's log reach back by default (Okta, "System Log API": since).
 */
const LOST_REACH = 7 * DAY;

/** How old the state bucket may be for a missing cursor to mean that there has not been one yet, in milliseconds. */
const YOUNG = HOUR;

/** When `reconcile` came into being, and how far before that it is to look. */
export interface Origin {
  /** In milliseconds since the epoch. */
  readonly stateSince: number;
  readonly backfillDays: number;
}

/** Where to begin where nothing is known of an earlier run. In milliseconds since the epoch. */
export function beginWithout(
  { stateSince, backfillDays }: Origin,
  now: number,
): {
  readonly since: number;
  /** There must have been a cursor, so something has gone wrong. */
  readonly lost: boolean;
} {
  const backfill = backfillDays * DAY;
  const origin = stateSince - OVERLAP - backfill;
  const lost = now - stateSince >= YOUNG;
  const reach = lost ? Math.max(LOST_REACH, backfill) : LOG_RETENTION_DAYS * DAY;
  return { since: Math.max(origin, now - reach), lost };
}

/** Where to begin anew when everything up to a moment has been read once. In milliseconds since the epoch. */
export function beginAgain(reached: number, now: number): number {
  return Math.max(Math.min(reached, now) - OVERLAP, now - LOG_RETENTION_DAYS * DAY);
}
