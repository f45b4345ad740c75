import type { Log, LogFields } from "../log.ts";

/** A fault that lasts until somebody mends it, whoever signs in meanwhile. */
export interface StandingFault {
  /** Such as `role-missing`; with the group it tells one fault from another. */
  readonly reason: string;
  readonly groupId?: string;
  /** What to do, with the command. */
  readonly remedy: string;
  /** What Okta said: status, code, request id. */
  readonly details: LogFields;
}

/** Reports faults that last: one error for each, not one for each sign-in. */
export interface StandingFaults {
  report(fault: StandingFault): void;
  /** The group can be written to; whatever was wrong with it is mended. */
  mended(groupId: string): void;
}

/** After this long an error is repeated, so that it is not forgotten; in milliseconds. */
const REPEAT_AFTER = 3600_000;

/** @param now the clock, in milliseconds */
export function createStandingFaults(log: Log, now: () => number): StandingFaults {
  const open = new Map<
    string,
    { since: number; reportedAt: number; tasks: number; groupId: string | undefined }
  >();
  return {
    report({ reason, groupId, remedy, details }) {
      const key = `${reason} ${groupId ?? ""}`;
      const fault = open.get(key) ?? {
        since: now(),
        reportedAt: Number.NEGATIVE_INFINITY,
        tasks: 0,
        groupId,
      };
      open.set(key, fault);
      fault.tasks += 1;
      if (now() < fault.reportedAt + REPEAT_AFTER) return;
      fault.reportedAt = now();
      log.error("Nobody can be added until this is mended.", {
        fault: reason,
        ...(groupId === undefined ? {} : { groupId }),
        since: new Date(fault.since).toISOString(),
        tasks: fault.tasks,
        remedy,
        ...details,
      });
    },
    mended(groupId) {
      for (const [key, fault] of open) {
        if (fault.groupId !== undefined && fault.groupId !== groupId) continue;
        open.delete(key);
        const since = new Date(fault.since).toISOString();
        log.info("A fault is mended.", { fault: key.split(" ", 1)[0], groupId, since, tasks: fault.tasks });
      }
    },
  };
}
