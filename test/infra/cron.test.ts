import { Cron } from "croner";
import { describe, expect, it } from "vitest";
import { cronFault } from "../../infra/cron.ts";

describe("a schedule of five cron fields", () => {
  it.each([
    "* * * * *",
    "*/5 * * * *",
    "0 0 1 1 0",
    "59 23 31 12 7",
    "0,15,30,45 6-20 * * MON-FRI",
    "7-59/10 */2 1,15 JAN,JUL *",
    "0 8 * JAN-MAR SUN",
  ])("may be %s", (schedule) => {
    expect(cronFault(schedule)).toBeUndefined();
    // Another parser finds times for it.
    expect(new Cron(schedule).nextRun()).toBeInstanceOf(Date);
  });

  it.each([
    ["nothing", ""],
    ["four fields", "* * * *"],
    ["six fields", "0 */5 * * * *"],
    ["two spaces", "*/5  * * * *"],
    ["a space before it", " */5 * * * *"],
    ["words", "every 5 minutes"],
    ["a nickname", "@hourly"],
  ])("is not %s", (_name, schedule) => {
    expect(cronFault(schedule)).toMatch(/^it must be five cron fields/);
  });

  it.each([
    ["60 * * * *", '"60" is not a valid minute: write *, */2, or values and ranges from 0 to 59.'],
    ["* 24 * * *", '"24" is not a valid hour: write *, */2, or values and ranges from 0 to 23.'],
    ["* * 0 * *", '"0" is not a valid day of the month: write *, */2, or values and ranges from 1 to 31.'],
    ["* * 32 * *", '"32" is not a valid day of the month'],
    ["* * L * *", '"L" is not a valid day of the month'],
    ["* * * 0 *", '"0" is not a valid month: write *, */2, or values and ranges from 1 to 12.'],
    ["* * * 13 *", '"13" is not a valid month'],
    ["* * * MON *", '"MON" is not a valid month'],
    ["* * * jan *", '"jan" is not a valid month'],
    ["* * * * 8", '"8" is not a valid day of the week: write *, */2, or values and ranges from 0 to 7.'],
    ["* * * * MON#1", '"MON#1" is not a valid day of the week'],
    ["*/0 * * * *", '"*/0" is not a valid minute'],
    ["*/60 * * * *", '"*/60" is not a valid minute'],
    ["*/5/5 * * * *", '"*/5/5" is not a valid minute'],
    ["5/10 * * * *", '"5/10" is not a valid minute'],
    ["/5 * * * *", '"/5" is not a valid minute'],
    ["30-10 * * * *", '"30-10" is not a valid minute'],
    ["1-2-3 * * * *", '"1-2-3" is not a valid minute'],
    ["1-60 * * * *", '"1-60" is not a valid minute'],
    ["1, * * * *", '"1," is not a valid minute'],
    ["-5 * * * *", '"-5" is not a valid minute'],
    ["1.5 * * * *", '"1.5" is not a valid minute'],
    ["? * * * *", '"?" is not a valid minute'],
  ])("says what is wrong with %s", (schedule, fault) => {
    expect(cronFault(schedule)?.startsWith(fault)).toBe(true);
  });
});
