import { describe, expect, it } from "vitest";
import { UsageError } from "../../../cli/command.ts";
import { readOptions, replay } from "../../../cli/replay/index.ts";

const DAY = 86_400_000;
const now = Date.parse("2026-11-23T09:20:00Z");
const id = "0b0e7d4e-7c3b-4f43-9f0d-6a1c4a0f8e11";

describe("the command line", () => {
  it.each([
    [
      ["--stack", "dev", "--since", "7d"],
      {
        kind: "begin",
        source: { stack: "dev" },
        window: { since: now - 7 * DAY, until: now },
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
        window: { since: now - 7 * DAY, until: now - DAY },
        dryRun: true,
        wait: false,
        json: true,
      },
    ],
    [
      ["--stack", "acme/signin-groups/prod", "--watch", id.toUpperCase(), "--json"],
      { kind: "watch", source: { stack: "acme/signin-groups/prod" }, id, json: true },
    ],
  ])("%j", (words, expected) => {
    expect(readOptions(words, now)).toEqual(expected);
  });

  it.each([
    [[], "--stack is missing"],
    [["--stack", "", "--since", "7d"], "--stack is missing"],
    [["--since", "7d"], "--stack is missing"],
    [["--stack", "dev", "--outputs", "o.json", "--since", "7d"], "--outputs takes the place of --stack"],
    [["--stack", "dev"], "--since is missing"],
    [["--stack", "dev", "--since", "1d", "--until", "2d"], "is not before --until"],
    [["--stack", "dev", "--since"], "Option '--since <value>' argument missing"],
    [["--stack", "dev", "--since", "7d", "--dryrun"], "Unknown option '--dryrun'"],
    [["dev", "--since", "7d"], "Unexpected argument 'dev'"],
    [["--stack", "dev", "--watch", "latest"], '--watch "latest" is not the id of a replay: give the UUID'],
    [["--stack", "dev", "--watch", id, "--since", "7d"], "--since does not go with --watch"],
    [["--stack", "dev", "--watch", id, "--until", "7d"], "--until does not go with --watch"],
    [["--stack", "dev", "--watch", id, "--dry-run"], "--dry-run does not go with --watch"],
    [["--stack", "dev", "--watch", id, "--no-wait"], "--no-wait does not go with --watch"],
  ])("refuses %j", (words, message) => {
    expect(() => readOptions(words, now)).toThrow(message);
    expect(() => readOptions(words, now)).toThrow(UsageError);
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
      expect(replay.usage).toMatch(new RegExp(`^  --${option} `, "m"));
    }
  });
});
