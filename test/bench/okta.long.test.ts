import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);
const command = join(import.meta.dirname, "../../bench/okta.ts");

it("npm run bench:okta shows that members cost next to nothing and newcomers drain as fast as Okta lets them", {
  timeout: 600_000,
}, async () => {
  const { stdout } = await run(process.execPath, [command, "--json"]);
  const { members, newcomers, largeGroups, backlog, bytesPerMember } = JSON.parse(stdout);

  expect(members.callsPer10000).toBeLessThanOrEqual(100);
  // Until the list is read, some members cost a call.
  expect(members.calls.memberships).toBeLessThanOrEqual(30);
  expect(members.plainCallsPer10000).toBe(10_000);

  for (const ours of [newcomers.ours, newcomers.reserved]) {
    expect(ours.lost).toBe(0);
    expect(ours.overShortestPercent).toBeLessThanOrEqual(5);
    // Faster than possible would be a fault of the measurement.
    expect(ours.overShortestPercent).toBeGreaterThanOrEqual(0);
    expect(ours.refusedPercent).toBeLessThan(1);
  }
  expect(newcomers.plain.lost).toBeGreaterThan(9_000);
  expect(newcomers.plain.overShortestPercent).toBeNull();
  for (const { missing, wait, calls } of [...largeGroups.newcomersAlone, ...largeGroups.withMembers]) {
    expect(missing).toBe(0);
    expect(wait.median).toBeLessThan(1);
    // A list costs no more calls than the sign-ins themselves would.
    expect(calls.memberships + calls.lists + calls.groups).toBeLessThan(360 + 10_000);
  }
  for (const { calls } of largeGroups.newcomersAlone) expect(calls.lists).toBeLessThan(360);
  expect(largeGroups.rush[0].missing).toBe(0);
  for (const { missing, calls } of backlog) {
    expect(missing).toBe(0);
    // Nothing is read or queued twice, and pages don't wait for the cursor.
    expect(calls.pages).toBeLessThanOrEqual(1_001);
    expect([calls.refused, calls.tasks]).toEqual([0, 1_000_000]);
    expect(calls.cursorWrites).toBeLessThan(calls.pages);
  }
  const [workforce, raised] = backlog;
  expect(workforce.seconds).toBeLessThan(1.05 * workforce.shortestSeconds);
  expect(raised.seconds).toBeLessThan(12 * 60);
  // The most that grant keeps, 500,000, stays far from its 512 MiB.
  expect(bytesPerMember * 500_000).toBeLessThan(128 * 1024 * 1024);
});
