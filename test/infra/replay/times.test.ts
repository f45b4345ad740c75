import { assert, constantFrom, date, integer, property, tuple } from "fast-check";
import { expect, test } from "vitest";
import { formatTime, parseTime } from "../../../infra/replay/times.ts";

const now = Date.parse("2026-11-23T09:00:00Z");

const days = date({
  min: new Date("0001-01-01T00:00:00.000Z"),
  max: new Date("9998-12-31T23:59:59.999Z"),
  noInvalidDate: true,
});

test("a formatted time parses back", () => {
  assert(
    property(days, (day) => {
      expect(parseTime(formatTime(day.getTime()), now)).toBe(day.getTime());
    }),
  );
});

test("so does a time of any zone", () => {
  const offsets = tuple(constantFrom(1, -1), integer({ min: 0, max: 23 }), integer({ min: 0, max: 59 }));
  assert(
    property(days, offsets, (day, [sign, hours, minutes]) => {
      const local = new Date(day.getTime() + sign * (hours * 60 + minutes) * 60_000);
      const two = (part: number) => String(part).padStart(2, "0");
      const zone = `${sign < 0 ? "-" : "+"}${two(hours)}:${two(minutes)}`;
      expect(parseTime(local.toISOString().replace("Z", zone), now)).toBe(day.getTime());
    }),
  );
});

test("a day that exists is its 00:00 UTC, and one that does not exist is none", () => {
  const parts = tuple(
    integer({ min: 1, max: 9999 }),
    integer({ min: 1, max: 12 }),
    integer({ min: 1, max: 31 }),
  );
  assert(
    property(parts, ([year, month, day]) => {
      const text = [
        String(year).padStart(4, "0"),
        String(month).padStart(2, "0"),
        String(day).padStart(2, "0"),
      ].join("-");
      const midnight = new Date(0);
      midnight.setUTCFullYear(year, month - 1, day);
      const exists = midnight.getUTCDate() === day;
      expect(parseTime(text, now)).toBe(exists ? midnight.getTime() : undefined);
    }),
  );
});

test("a span reaches back from now", () => {
  assert(
    property(integer({ min: 0, max: 999_999 }), (hours) => {
      expect(parseTime(`${hours}h`, now)).toBe(now - hours * 3_600_000);
    }),
  );
  expect(parseTime("7d", now)).toBe(Date.parse("2026-11-16T09:00:00Z"));
});

test.each([
  ["2026-11-01", "2026-11-01T00:00:00.000Z"],
  ["2026-11-01T08:30Z", "2026-11-01T08:30:00.000Z"],
  ["2026-11-01T08:30:15.250Z", "2026-11-01T08:30:15.250Z"],
  ["2026-11-01T08:30:15+02:00", "2026-11-01T06:30:15.000Z"],
])("%s is %s", (text, expected) => {
  expect(new Date(parseTime(text, now) ?? 0).toISOString()).toBe(expected);
});

test.each([
  "",
  "yesterday",
  "2026-11-1",
  "2026-13-01",
  "2026-02-30",
  "2026-02-30T10:00:00Z",
  "2026-11-01T08:30:00",
  "2026-11-01T25:00:00Z",
  "2026-11-01 08:30:00Z",
  "01.11.2026",
  "7",
  "7 d",
  "-7d",
  "7w",
  "1.5d",
  "1793520000",
])("%j is no time", (text) => {
  expect(parseTime(text, now)).toBeUndefined();
});
