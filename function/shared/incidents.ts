import { isoTime } from "./clock.ts";
import type { Log, LogFields } from "./log.ts";

/** A fault that lasts until an administrator fixes it. */
export interface Incident {
  /** What is wrong, such as `role-missing`. With the scope it identifies the fault. */
  readonly fault: string;
  /** What does not work because of it, such as a group's id. */
  readonly scope: string;
  /** What is wrong, in one sentence. */
  readonly message: string;
  /** What to do, with the command. */
  readonly remedy: string;
  /** Ids, statuses and codes. */
  readonly details: LogFields;
  /** Since when the work that met the fault waits, in milliseconds since the epoch. */
  readonly waitingSince?: number | undefined;
  /**
   * How long the fault may last before it is an error, in milliseconds from the error's `since`; 0 by default. For faults that often
   * pass by themselves.
   */
  readonly toleratedMs?: number;
}

/** Reports each fault as one error, repeated every hour while work meets it, instead of one error for each piece of work. */
export interface Incidents {
  /** A piece of work has met the fault. */
  report(fault: Incident): void;
  /** Something in this scope works, so all its incidents are resolved. */
  resolve(scope: string): void;
}

/** How often the error of an open incident is repeated. */
const REPEAT_AFTER_MS = 3600_000;

/** An incident that is not resolved. */
interface Open {
  readonly firstMetAt: number;
  waitingSince: number;
  reportedAt: number | undefined;
  tasks: number;
  last: Incident;
}

/**
 * An entry has the fields `fault`, `since`, `tasks`, `remedy` and the details. `since` is the time since when the oldest work that
 * met the fault waits, but not before the scope last worked, as far as this instance knows. So it survives a restart of the
 * instance. `tasks` counts the work that met the fault in this instance.
 *
 * @param now the clock, in milliseconds
 */
export function createIncidents(log: Log, now: () => number): Incidents {
  const open = new Map<string, Open>();
  const workedAt = new Map<string, number>();

  const sinceOf = ({ firstMetAt, waitingSince, last }: Open): number => {
    const since = Math.min(firstMetAt, waitingSince);
    return Math.max(since, workedAt.get(last.scope) ?? since);
  };

  return {
    report(fault) {
      const key = JSON.stringify([fault.fault, fault.scope]);
      const time = now();
      const known = open.get(key) ?? {
        firstMetAt: time,
        waitingSince: time,
        reportedAt: undefined,
        tasks: 0,
        last: fault,
      };
      open.set(key, known);
      known.tasks += 1;
      known.last = fault;
      known.waitingSince = Math.min(known.waitingSince, fault.waitingSince ?? time);
      if (time < sinceOf(known) + (fault.toleratedMs ?? 0)) return;
      if (known.reportedAt !== undefined && time < known.reportedAt + REPEAT_AFTER_MS) return;
      known.reportedAt = time;
      const { message, remedy, details } = fault;
      const since = isoTime(sinceOf(known));
      const fields = { fault: fault.fault, since, tasks: known.tasks, remedy, ...details };
      log.signal("fault", fields, { message });
    },
    resolve(scope) {
      for (const [key, known] of open) {
        if (known.last.scope !== scope) continue;
        open.delete(key);
        if (known.reportedAt === undefined) continue;
        const { fault, details } = known.last;
        const { groupId } = details;
        log.signal("fault-resolved", {
          fault,
          ...(groupId === undefined ? {} : { groupId }),
          since: isoTime(sinceOf(known)),
          tasks: known.tasks,
        });
      }
      workedAt.set(scope, now());
    },
  };
}
