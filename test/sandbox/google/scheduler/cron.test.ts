import { describe, expect, it } from "vitest";
import { readSchedule } from "../../../../sandbox/google/scheduler/cron.ts";

describe("the next time of", () => {
  it.each([
    ["every five minutes", "*/5 * * * *", "Etc/UTC", "2026-01-05T09:00:00.000Z", "2026-01-05T09:05:00.000Z"],
    [
      "every five minutes, from within",
      "*/5 * * * *",
      "utc",
      "2026-01-05T09:04:59.999Z",
      "2026-01-05T09:05:00.000Z",
    ],
    [
      "an hour of the day elsewhere",
      "0 2 * * *",
      "America/New_York",
      "2026-01-05T09:00:00Z",
      "2026-01-06T07:00:00.000Z",
    ],
    [
      "an hour that a change of the clock leaves out",
      "30 2 * * *",
      "Europe/Berlin",
      "2026-03-28T12:00:00Z",
      "2026-03-29T01:00:00.000Z",
    ],
    [
      "an hour after the change of the clock",
      "0 9 * * *",
      "Europe/Berlin",
      "2026-03-29T08:00:00Z",
      "2026-03-30T07:00:00.000Z",
    ],
    [
      "a day of the month or of the week, whichever comes first",
      "0 0 1 * SAT",
      "UTC",
      "2026-01-01T00:00:00Z",
      "2026-01-03T00:00:00.000Z",
    ],
    ["a Sunday by 7", "0 0 * * 7", "UTC", "2026-01-05T09:00:00Z", "2026-01-11T00:00:00.000Z"],
    [
      "lists, spans and steps",
      "0,30 8-18/2 * JAN-mar 1-5",
      "UTC",
      "2026-01-05T10:30:00Z",
      "2026-01-05T12:00:00.000Z",
    ],
  ])("%s", (_case, schedule, timeZone, after, expected) => {
    const next = readSchedule(schedule, timeZone).next(Date.parse(after));
    expect(new Date(next).toISOString()).toBe(expected);
  });
});

describe("refused", () => {
  it.each([
    ["four fields", "* * * *", "UTC"],
    ["six fields", "* * * * * *", "UTC"],
    ["a minute too high", "60 * * * *", "UTC"],
    ["a day that never comes", "0 0 31 2 *", "UTC"],
    ["the last day of a month", "0 0 L * *", "UTC"],
    ["the third Friday", "0 0 * * FRI#3", "UTC"],
    ["no matter which day", "0 0 ? * *", "UTC"],
    ["a nickname", "@hourly", "UTC"],
    ["English", "every 5 minutes", "UTC"],
    ["a zone that is none", "* * * * *", "Mars/Olympus_Mons"],
    ["an offset for a zone", "* * * * *", "+01:00"],
  ])("%s", (_case, schedule, timeZone) => {
    expect(() => readSchedule(schedule, timeZone)).toThrow(/Invalid value for (schedule|timeZone)/);
  });
});
