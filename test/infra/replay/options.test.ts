import { describe, expect, it, test } from "vitest";
import { UsageError } from "../../../infra/replay/errors.ts";
import { readOptions, usage } from "../../../infra/replay/options.ts";
import { readWindow } from "../../../infra/replay/window.ts";

const id = "0b0e7d4e-7c3b-4f43-9f0d-6a1c4a0f8e11";

describe("the command line", () => {
  it.each([
    [
      ["--stack", "dev", "--since", "7d"],
      {
        kind: "begin",
        source: { stack: "dev" },
        since: "7d",
        until: undefined,
        dryRun: false,
        wait: true,
        json: false,
      },
    ],
    [
      ["--outputs", "o.json", "--since=7d", "--until=1d", "--dry-run", "--no-wait", "--json"],
      {
        kind: "begin",
        source: { outputsFile: "o.json" },
        since: "7d",
        until: "1d",
        dryRun: true,
        wait: false,
        json: true,
      },
    ],
    [
      ["--stack", "acme/signin-groups/prod", "--watch", id.toUpperCase(), "--json"],
      { kind: "watch", source: { stack: "acme/signin-groups/prod" }, id, json: true },
    ],
    [["--help", "--since", "x"], { kind: "help" }],
  ])("%j", (words, expected) => {
    expect(readOptions(words)).toEqual(expected);
  });

  it.each([
    [[], "--stack is missing"],
    [["--stack", "", "--since", "7d"], "--stack is missing"],
    [["--since", "7d"], "--stack is missing"],
    [["--stack", "dev", "--outputs", "o.json", "--since", "7d"], "--outputs takes the place of --stack"],
    [["--stack", "dev"], "--since is missing"],
    [["--stack", "dev", "--since"], "Option '--since <value>' argument missing"],
    [["--stack", "dev", "--since", "7d", "--dryrun"], "Unknown option '--dryrun'"],
    [["dev", "--since", "7d"], "Unexpected argument 'dev'"],
    [["--stack", "dev", "--watch", "latest"], '--watch "latest" is not the id of a replay: give the UUID'],
    [["--stack", "dev", "--watch", id, "--since", "7d"], "--since does not go with --watch"],
    [["--stack", "dev", "--watch", id, "--until", "7d"], "--until does not go with --watch"],
    [["--stack", "dev", "--watch", id, "--dry-run"], "--dry-run does not go with --watch"],
    [["--stack", "dev", "--watch", id, "--no-wait"], "--no-wait does not go with --watch"],
  ])("refuses %j", (words, message) => {
    expect(() => readOptions(words)).toThrow(message);
    expect(() => readOptions(words)).toThrow(UsageError);
  });

  it("has its help say what every option does", () => {
    for (const option of [
      "stack",
      "outputs",
      "since",
      "until",
      "dry-run",
      "no-wait",
      "watch",
      "json",
      "help",
    ]) {
      expect(usage).toMatch(new RegExp(`^  --${option} `, "m"));
    }
  });
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

  test.each([
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
