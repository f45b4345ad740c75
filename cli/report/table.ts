import { objectives } from "../../infra/operations/objectives.ts";
import { amount } from "../screen.ts";
import type { Count, Figures, Report } from "./collect.ts";

/** The report for a terminal of 80 columns. */
export function describeReport(report: Report, stack: string): string {
  const { since, until, total, days, groups, failures, faults } = report;
  const lines = [
    `Stack ${stack}, ${since.slice(0, 10)} to ${until.slice(0, 10)} (UTC)`,
    "",
    row("sign-ins that rules name", total.signIns),
    row("memberships added", total.added),
    row("of people who were members already", total.known),
    row("found by reconcile, not delivered by Okta", countIn(total.bySource, "reconcile")),
    row("found by replays", countIn(total.bySource, "replay")),
    row("failures", total.failures),
    "",
    ...describeDelay(total),
    "",
    ...list(
      "Groups",
      groups.map(({ group, added, known }) => [group, `${amount(added)} added, ${amount(known)} known`]),
    ),
    ...list(
      "Failures",
      failures.map(({ name, count }) => [name, amount(count)]),
    ),
    ...list(
      "Faults for an administrator, in entries",
      faults.map(({ name, count }) => [name, amount(count)]),
    ),
    ...describeDays(days),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

/** How often there was something. */
export function countIn(counts: readonly Count[], name: string): number {
  return counts.find((one) => one.name === name)?.count ?? 0;
}

/** A time in seconds, for people. */
export function seconds(value: number): string {
  if (value < 10) return `${value.toFixed(2)} s`;
  return value < 600 ? `${Math.round(value)} s` : `${amount(Math.round(value / 60))} min`;
}

/** A part of a whole, to two digits after the point and never rounded up. */
export function percent(part: number): string {
  return `${(Math.floor(part * 10_000) / 100).toFixed(2)} %`;
}

function row(name: string, value: number): string {
  return `  ${name.padEnd(44)}${amount(value).padStart(10)}`;
}

function describeDelay({ delay }: Figures): readonly string[] {
  if (delay === undefined) return ["From the sign-in to the membership: nothing to measure."];
  const { p50, p95, p99, longest, inTime } = delay;
  return [
    "From the sign-in to the membership, without replays",
    `  50 %: ${seconds(p50)}   95 %: ${seconds(p95)}   99 %: ${seconds(p99)}   longest: ${seconds(longest)}`,
    `  within 5 minutes: ${percent(inTime)}   objective: ${objectives.memberships.goal * 100} %`,
  ];
}

function list(title: string, rows: readonly (readonly [string, string])[]): readonly string[] {
  if (rows.length === 0) return [];
  return [title, ...rows.map(([name, value]) => `  ${name.padEnd(44)}${value.padStart(10)}`), ""];
}

function describeDays(days: Report["days"]): readonly string[] {
  if (days.length === 0) return [];
  const cells = (values: readonly string[]) => values.map((value) => value.padStart(11)).join("");
  return [
    `  ${"day".padEnd(10)}${cells(["sign-ins", "added", "reconcile", "failures", "95 %"])}`,
    ...days.map(
      ({ day, signIns, added, bySource, failures, delay }) =>
        `  ${day}${cells([
          ...[signIns, added, countIn(bySource, "reconcile"), failures].map(amount),
          delay === undefined ? "–" : seconds(delay.p95),
        ])}`,
    ),
  ];
}
