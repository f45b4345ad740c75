import { assert, constantFrom, date, integer, property, tuple } from "fast-check";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../../cli/command.ts";
import { formatTime, parseTime, readWindow } from "../../../cli/replay/window.ts";

const now = Date.parse("2026-11-23T09:00:00Z");

const days = date({
  min: new Date("0001-01-01T00:00:00.000Z"),
  max: new Date("9998-12-31T23:59:59.999Z"),
  noInvalidDate: true,
});

it("a formatted time parses back", () => {
  assert(
    property(days, (day) => {
      expect(parseTime(formatTime(day.getTime()), now)).toBe(day.getTime());
    }),
  );
});

it("so does a time of any zone", () => {
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

it("a day that exists is its 00:00 UTC, and one that does not exist is none", () => {
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

it("a span reaches back from now", () => {
  assert(
    property(integer({ min: 0, max: 999_999 }), (hours) => {
      expect(parseTime(`${hours}h`, now)).toBe(now - hours * 3_600_000);
    }),
  );
  expect(parseTime("7d", now)).toBe(Date.parse("2026-11-16T09:00:00Z"));
});

it.each([
  ["2026-11-01", "2026-11-01T00:00:00.000Z"],
  ["2026-11-01T08:30Z", "2026-11-01T08:30:00.000Z"],
  ["2026-11-01T08:30:15.250Z", "2026-11-01T08:30:15.250Z"],
  ["2026-11-01T08:30:15+02:00", "2026-11-01T06:30:15.000Z"],
])("%s is %s", (text, expected) => {
  expect(new Date(parseTime(text, now) ?? 0).toISOString()).toBe(expected);
});

it.each([
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
])("%j is not a time", (text) => {
  expect(parseTime(text, now)).toBeUndefined();
});

describe("the window", () => {
  const now = Date.parse("2026-11-23T09:20:00Z");
  const time = Date.parse;

  it.each([
    ["2026-11-01", undefined, time("2026-11-01T00:00Z"), now],
    ["7d", "36h", time("2026-11-16T09:20Z"), time("2026-11-21T21:20Z")],
    ["90d", "2026-11-23T09:20:00Z", time("2026-08-25T09:20Z"), now],
  ])("from %s until %s", (since, until, from, to) => {
    expect(readWindow({ since, until }, now)).toEqual({ since: from, until: to });
  });

  it.each([
    ["soon", undefined, '--since "soon" is not a valid time: give a date (2026-11-01, meaning 00:00 UTC)'],
    ["7d", "soon", '--until "soon" is not a valid time'],
    ["2026-11-24", undefined, "--since 2026-11-24T00:00:00Z is in the future: only the past"],
    ["7d", "2026-11-24", "--until 2026-11-24T00:00:00Z is in the future: leave it out"],
    ["1d", "7d", "--since 2026-11-22T09:20:00Z is not before --until 2026-11-16T09:20:00Z"],
    ["7d", "7d", "is not before --until"],
    [
      "91d",
      undefined,
      "is too long ago: Okta keeps its System Log for 90 days. A replay is possible from 2026-08-25T11:00:00Z on.",
    ],
  ])("refuses from %s until %s", (since, until, message) => {
    expect(() => readWindow({ since, until }, now)).toThrow(message);
    expect(() => readWindow({ since, until }, now)).toThrow(UsageError);
  });

  it("says the earliest time so that it is still possible when it is typed", () => {
    const [, earliest = ""] =
      /possible from (\S+) on/.exec(
        String(catching(() => readWindow({ since: "99d", until: undefined }, now))),
      ) ?? [];
    const later = now + 3_600_000;
    expect(readWindow({ since: earliest, until: undefined }, later).since).toBe(time(earliest));
  });
});

function catching(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
