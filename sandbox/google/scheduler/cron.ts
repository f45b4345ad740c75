import { Cron } from "croner";
import { invalidField } from "../errors.ts";

/** When a job runs. */
export interface Schedule {
  /** The first time after this one, both in milliseconds since the epoch. */
  next(after: number): number;
}

/** Numbers, names, and what joins them: nothing of what other crons know besides, such as L, W, # and ?. */
const FORM = /^(?:[*\d,/A-Z-]+ ){4}[*\d,/A-Z-]+$/i;
const NAMES = /^(?:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC|SUN|MON|TUE|WED|THU|FRI|SAT)$/i;

/**
 * Reads a schedule in the format of unix-cron, in a time zone of the tz database (Cloud Scheduler, Cron job format and time
 * zone). The service takes schedules in English too; here they are refused.
 *
 * @decision A schedule that Cloud Scheduler can't read is refused with 400.
 * @evidence recorded: htsuruo/firebase-extensions#16 and hashicorp/terraform#31571: 400 INVALID_ARGUMENT, "Schedule
 * or time zone is invalid." The words here are the sandbox's own.
 * @matters deployment fails: the program checks its schedule itself.
 *
 * @own Schedules in English are refused here: the product uses none.
 * @throws GoogleError naming what is wrong
 */
export function readSchedule(schedule: string, timeZone: string): Schedule {
  requireTimeZone(timeZone);
  const words = schedule.match(/[a-z]+/gi) ?? [];
  if (!FORM.test(schedule) || !words.every((word) => NAMES.test(word))) {
    throw invalidField("schedule", `"${schedule}" is not five fields of unix-cron`);
  }
  try {
    // Without a function it does not run: it only computes the times.
    const cron = new Cron(schedule, { timezone: timeZone, mode: "5-part" });
    const next = (after: number) => cron.nextRun(new Date(after))?.getTime();
    if (next(Date.now()) === undefined) throw new Error("it never comes");
    return { next: (after) => next(after) ?? Number.POSITIVE_INFINITY };
  } catch (error) {
    throw invalidField(
      "schedule",
      `"${schedule}": ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/**
 * @decision A time zone that is none of the tz database is refused with 400.
 * @evidence recorded: hashicorp/terraform#31571: 400 INVALID_ARGUMENT, "Schedule or time zone is invalid.";
 * googleapis/googleapis f8291d2, google/cloud/scheduler/v1/job.proto, Job.time_zone has the rule.
 * @matters deployment fails: a mistyped time zone stops `pulumi up`.
 */
function requireTimeZone(timeZone: string): void {
  // Intl takes offsets such as +01:00, too, which are not names.
  const isName = /^[a-z]/i.test(timeZone);
  try {
    if (isName) return void new Intl.DateTimeFormat("en", { timeZone });
  } catch {
    // Reported below.
  }
  throw invalidField("timeZone", `"${timeZone}" is not a name of the tz database`);
}
