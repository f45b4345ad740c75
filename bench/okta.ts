import { exitCodes, flag, parseOptions, runCommand, text, UsageError } from "../cli/command.ts";
import { type Backlog, measureBacklog } from "./backlog.ts";
import { type LargeGroup, measureLargeGroup } from "./large-groups.ts";
import { bytesPerMember } from "./member-memory.ts";
import { type Measured, measure, type Scenario, shortestDrain } from "./okta-scenarios.ts";

const HELP = `Measures how the functions treat Okta, in simulated time, next to the plain design: a hook that adds each user itself
and answers 204 whatever came of it.

  npm run bench:okta -- [--people N] [--json]

  --people N   how many people sign in, 10000 by default
  --json       one JSON object for a program
  --help       print this
`;

/** Calls a minute that Okta gives one app for memberships on Workforce plans: half of 500. */
const BUCKET = 250;

const MINUTE = 60_000;

/** An hour with a large group, of which Okta takes 2 s for each page. */
const NEWCOMERS = 360;
const MEMBER_SIGN_INS = 10_000;
const PAGE_TAKES = 2_000;
const SIZES = [1_000, 10_000, 100_000, 500_000];

/** Sign-ins in the System Log that no hook got. */
const BACKLOG = 1_000_000;
/** Requests for the log that Okta takes from an org in a minute on Workforce plans, and where it was asked for more. */
const ORG_LOGS = [120, 1200];
const progress = (text: string) => process.stderr.write(`${text}\n`);

await runCommand(HELP, async (words) => {
  const { people, json } = readOptions(words);
  const base = { people, bucket: BUCKET, batch: 20 } as const;
  const run = (name: string, scenario: Scenario) => {
    progress(`  ${name} …`);
    return measure(scenario);
  };
  const members = { ...base, members: true, reservePercent: 10, within: 60 * MINUTE };
  const newcomers = { ...base, members: false, reservePercent: 0, within: MINUTE };
  const reserved = { ...newcomers, reservePercent: 10 };
  const results = {
    members: {
      ours: await run("members sign in", { ...members, design: "signin-groups" }),
      plain: await run("members sign in, plain hook", { ...members, design: "plain hook" }),
    },
    newcomers: {
      ours: await run("newcomers sign in", { ...newcomers, design: "signin-groups" }),
      reserved: await run("newcomers sign in, a tenth of the bucket left to others", {
        ...reserved,
        design: "signin-groups",
      }),
      plain: await run("newcomers sign in, plain hook", { ...newcomers, design: "plain hook" }),
    },
    bytesPerMember: bytesPerMember(200_000),
  };
  const largeGroups = async (memberSignIns: number, within: number, sizes: readonly number[]) => {
    const measured: LargeGroup[] = [];
    for (const members of sizes) {
      progress(`  ${members} members, of whom ${memberSignIns} sign in within ${within / MINUTE} minutes …`);
      const scenario = { members, newcomers: NEWCOMERS, memberSignIns, within, pageTakes: PAGE_TAKES };
      measured.push(await measureLargeGroup(scenario));
    }
    return measured;
  };
  const backlog: Backlog[] = [];
  for (const orgLogsPerMinute of ORG_LOGS) {
    progress(`  a backlog of ${BACKLOG} sign-ins, ${orgLogsPerMinute} requests for the log a minute …`);
    backlog.push(await measureBacklog({ events: BACKLOG, orgLogsPerMinute }));
  }
  const summary = {
    people,
    bucket: BUCKET,
    members: {
      callsPer10000: per10000(results.members.ours),
      plainCallsPer10000: per10000(results.members.plain),
      calls: results.members.ours.calls,
    },
    newcomers: {
      ours: drain(results.newcomers.ours, 0),
      reserved: drain(results.newcomers.reserved, reserved.reservePercent),
      plain: drain(results.newcomers.plain, 0),
    },
    largeGroups: {
      newcomersAlone: await largeGroups(0, 60 * MINUTE, SIZES),
      withMembers: await largeGroups(MEMBER_SIGN_INS, 60 * MINUTE, SIZES),
      rush: await largeGroups(MEMBER_SIGN_INS, MINUTE, [100_000]),
    },
    backlog,
    bytesPerMember: results.bytesPerMember,
  };
  process.stdout.write(json ? `${JSON.stringify(summary)}\n` : table(summary));
  return exitCodes.well;
});

function total({ calls }: Measured): number {
  return calls.memberships + calls.lists + calls.groups + calls.logs + calls.tokens;
}

function per10000(measured: Measured): number {
  return Math.round((total(measured) / measured.people) * 10_000);
}

function drain(measured: Measured, reservePercent: number) {
  const { people, calls, refused, lost, seconds } = measured;
  const shortest = shortestDrain(people, BUCKET, reservePercent);
  const inBucket = calls.memberships + calls.lists;
  return {
    lost,
    seconds: Math.round(seconds),
    shortestSeconds: shortest,
    // A design that loses people has not drained.
    overShortestPercent: lost > 0 ? null : Number(((seconds / shortest - 1) * 100).toFixed(1)),
    calls: inBucket,
    refusedPercent: Number(((refused / inBucket) * 100).toFixed(2)),
  };
}

function table(summary: {
  readonly people: number;
  readonly bucket: number;
  readonly members: {
    readonly callsPer10000: number;
    readonly plainCallsPer10000: number;
    readonly calls: Measured["calls"];
  };
  readonly newcomers: Readonly<Record<"ours" | "reserved" | "plain", ReturnType<typeof drain>>>;
  readonly largeGroups: Readonly<Record<"newcomersAlone" | "withMembers" | "rush", readonly LargeGroup[]>>;
  readonly backlog: readonly Backlog[];
  readonly bytesPerMember: number;
}): string {
  const { people, bucket, members, newcomers, largeGroups, backlog } = summary;
  const { memberships, lists, groups, logs, tokens } = members.calls;
  const minutes = (seconds: number) => `${(seconds / 60).toFixed(1)} min`;
  const line = (
    name: string,
    { lost, seconds, shortestSeconds, overShortestPercent, refusedPercent }: ReturnType<typeof drain>,
  ) =>
    `  ${name.padEnd(34)}${String(lost).padStart(7)}${minutes(seconds).padStart(12)}${minutes(shortestSeconds).padStart(12)}` +
    `${(overShortestPercent === null ? "never" : `${overShortestPercent} %`).padStart(10)}${`${refusedPercent} %`.padStart(10)}\n`;
  return [
    `\n${people.toLocaleString("en")} members sign in within an hour: calls to Okta per 10,000 sign-ins\n`,
    `  signin-groups ${String(members.callsPer10000).padStart(9)}   (memberships ${memberships}, lists ${lists}, changes of the group ${groups}, System Log ${logs}, tokens ${tokens})\n`,
    `  plain hook    ${String(members.plainCallsPer10000).padStart(9)}\n`,
    `\n${people.toLocaleString("en")} newcomers sign in within a minute; Okta takes ${bucket} calls a minute\n`,
    `  ${"".padEnd(34)}${"lost".padStart(7)}${"drained in".padStart(12)}${"at best".padStart(12)}${"over".padStart(10)}${"429".padStart(10)}\n`,
    line("signin-groups", newcomers.ours),
    line("signin-groups, 10 % left to others", newcomers.reserved),
    line("plain hook", newcomers.plain),
    `\n${NEWCOMERS} newcomers sign in, from a cold start on; Okta takes ${PAGE_TAKES / 1000} s for a page of the list\n`,
    `  ${"".padEnd(34)}${"PUT".padStart(7)}${"pages".padStart(7)}${"group".padStart(7)}   newcomers wait: median, 99 %, longest\n`,
    ...largeGroups.newcomersAlone.map((measured) => largeLine("nobody else, an hour", measured)),
    ...largeGroups.withMembers.map((measured) => largeLine("10,000 members, an hour", measured)),
    ...largeGroups.rush.map((measured) => largeLine("10,000 members, a minute", measured)),
    `\nreconcile finds ${BACKLOG.toLocaleString("en")} sign-ins in the System Log, each of which makes a task\n`,
    `  ${"".padEnd(34)}${"lost".padStart(7)}${"queued in".padStart(12)}${"at best".padStart(12)}${"pages".padStart(10)}${"429".padStart(10)}${"cursor".padStart(10)}${"runs".padStart(7)}\n`,
    ...backlog.map((measured) => backlogLine(measured)),
    `\nA member that grant knows takes ${summary.bytesPerMember} bytes.\n`,
  ].join("");
}

function largeLine(name: string, { members, calls, wait, missing }: LargeGroup): string {
  const figures = [calls.memberships, calls.lists, calls.groups].map((count) => String(count).padStart(7));
  const waits = [wait.median, wait.p99, wait.maximum].map((seconds) => `${seconds.toFixed(1)} s`.padStart(9));
  const lost = missing === 0 ? "" : `   ${missing} missing`;
  return `  ${`${members.toLocaleString("en")}; ${name}`.padEnd(34)}${figures.join("")}   ${waits.join("")}${lost}\n`;
}

function backlogLine({ logsPerMinute, missing, seconds, shortestSeconds, calls, runs }: Backlog): string {
  const minutes = [seconds, shortestSeconds].map((time) => `${(time / 60).toFixed(1)} min`.padStart(12));
  const counts = [calls.pages, calls.refused, calls.cursorWrites].map((count) => String(count).padStart(10));
  const name = `${logsPerMinute} requests a minute for an app`;
  return `  ${name.padEnd(34)}${String(missing).padStart(7)}${minutes.join("")}${counts.join("")}${String(runs).padStart(7)}\n`;
}

function readOptions(words: readonly string[]): { people: number; json: boolean } {
  const { people = "10000", json } = parseOptions(words, { people: text, json: flag });
  if (!/^\d+$/.test(people) || Number(people) < 1000 || Number(people) > 50_000) {
    throw new UsageError("--people must be a whole number from 1000 to 50000.");
  }
  return { people: Number(people), json };
}
