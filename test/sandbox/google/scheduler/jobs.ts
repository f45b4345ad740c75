import type { GoogleNotice, ScheduleNotice } from "../../../../sandbox/google/notices.ts";
import { type HandClock, handClock } from "../../../support/hand-clock.ts";
import { type Answer, type Local, localForTest, PARENT } from "../local.ts";

/** A cloud whose clock the test moves, and its jobs. */
export interface Jobs {
  readonly local: Local;
  readonly clock: HandClock;
  /** Makes a job that runs every five minutes by default. @returns its full name */
  make(id: string, httpTarget: object, settings?: object): Promise<string>;
  get(name: string): Promise<Answer["body"]>;
  /** Resolves with the notice of this job's, past or to come, that has these fields. */
  reported(job: string, fields: Partial<ScheduleNotice>): Promise<GoogleNotice>;
  /** Every report of a job, as `event attempt status`. */
  story(job: string): readonly string[];
}

export const MINUTE = 60_000;

/** Monday, 5 January 2026, 09:00 UTC; it ends with the test. */
export async function jobsForTest(settings: Parameters<typeof localForTest>[2] = {}): Promise<Jobs> {
  const clock = handClock("2026-01-05T09:00:00Z");
  const local = await localForTest(undefined, clock, settings);
  const isAbout = (job: string, notice: GoogleNotice) => notice.kind === "schedule" && notice.job === job;
  return {
    local,
    clock,
    async make(id, httpTarget, settings = {}) {
      const body = { name: `${PARENT}/jobs/${id}`, schedule: "*/5 * * * *", httpTarget, ...settings };
      const made = await local.call("POST", `/v1/${PARENT}/jobs`, body);
      if (made.status !== 200) throw new Error(JSON.stringify(made.body));
      return made.body.name;
    },
    get: async (name) => (await local.call("GET", `/v1/${name}`)).body,
    reported: (job, fields) =>
      local.noticed(
        (notice) =>
          isAbout(job, notice) &&
          Object.entries(fields).every(([key, value]) => Reflect.get(notice, key) === value),
      ),
    story: (job) =>
      local.notices.flatMap((notice) =>
        notice.kind === "schedule" && notice.job === job
          ? [[notice.event, notice.attempt, notice.status].filter((part) => part !== undefined).join(" ")]
          : [],
      ),
  };
}
