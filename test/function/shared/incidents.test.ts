import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createIncidents, type Incident } from "../../../function/shared/incidents.ts";
import { createTestLog } from "../../support/log.ts";

const HOUR = 3600_000;
const START = Date.parse("2026-01-05T10:00:00.000Z");

const fault: Incident = {
  fault: "role-missing",
  scope: "00gA",
  message: "Nobody can be added until this is fixed.",
  remedy: 'Run "pulumi up --refresh".',
  details: { groupId: "00gA", status: 403 },
};

/** One instance: another one begins with nothing. */
function instance(start = START) {
  let time = start;
  const { log, entries } = createTestLog();
  const incidents = createIncidents(log, () => time);
  return {
    incidents,
    entries,
    errors: () => entries.filter(({ severity }) => severity === "ERROR"),
    pass(milliseconds: number) {
      time += milliseconds;
    },
  };
}

describe("a fault that lasts", () => {
  it("is one error with stable fields, repeated every hour while work meets it", () => {
    const { incidents, errors, pass } = instance();
    for (let minute = 0; minute < 150; minute += 1) {
      incidents.report(fault);
      pass(60_000);
    }
    expect(errors()).toHaveLength(3);
    expect(errors()[2]).toEqual({
      severity: "ERROR",
      message: fault.message,
      event: "fault",
      fault: "role-missing",
      since: "2026-01-05T10:00:00.000Z",
      tasks: 121,
      remedy: fault.remedy,
      groupId: "00gA",
      status: 403,
    });
  });

  it("lasts since its oldest work waits, also for an instance that has just started", () => {
    const waitingSince = START - 5 * HOUR;
    for (const { incidents, errors, pass } of [instance(), instance(START + HOUR)]) {
      incidents.report({ ...fault, waitingSince: START - HOUR });
      incidents.report({ ...fault, waitingSince });
      pass(HOUR);
      incidents.report(fault);
      expect(errors()[1]?.["since"]).toBe("2026-01-05T05:00:00.000Z");
    }
  });

  it("does not last since before its scope worked", () => {
    const { incidents, errors, pass } = instance();
    incidents.resolve("00gA");
    pass(HOUR);
    incidents.report({ ...fault, waitingSince: START - 5 * HOUR });
    expect(errors()[0]?.["since"]).toBe("2026-01-05T10:00:00.000Z");
  });

  it("is reported once when it is over, for its own scope only, and anew when it comes back", () => {
    const { incidents, entries, errors } = instance();
    incidents.report(fault);
    incidents.report({ ...fault, scope: "00gB", details: { groupId: "00gB" } });
    incidents.resolve("00gA");
    incidents.resolve("00gA");
    const resolved = entries.filter(({ event }) => event === "fault-resolved");
    expect(resolved).toEqual([expect.objectContaining({ groupId: "00gA", tasks: 1 })]);
    incidents.report(fault);
    expect(errors()).toHaveLength(3);
  });

  it("is an error only after what is tolerated of it", () => {
    const { incidents, entries, errors, pass } = instance();
    const tolerated = { ...fault, toleratedMs: 600_000 };
    incidents.report(tolerated);
    pass(599_999);
    incidents.report(tolerated);
    expect(entries).toEqual([]);
    pass(1);
    incidents.report(tolerated);
    expect(errors()).toHaveLength(1);
    // What passed unnoticed is not reported as resolved.
    const passing = instance();
    passing.incidents.report(tolerated);
    passing.incidents.resolve("00gA");
    expect(passing.entries).toEqual([]);
  });
});

it("counts what is tolerated of a fault by the work that waits, not by the instance that has just started", () => {
  const tolerated = { ...fault, toleratedMs: 600_000 };
  // Each instance meets the fault once and ends: so it is where few people sign in, or the queue waits long between attempts.
  const errors = [0, 5, 10, 65, 120].map((minutes) => {
    const { incidents, errors } = instance(START + minutes * 60_000);
    incidents.report({ ...tolerated, waitingSince: START });
    return errors().length;
  });
  expect(errors).toEqual([0, 0, 1, 1, 1]);
});

it("tolerates anew what comes after the scope has worked, however long the work has waited", () => {
  const { incidents, entries, pass } = instance();
  incidents.resolve("00gA");
  pass(60_000);
  incidents.report({ ...fault, toleratedMs: 600_000, waitingSince: START - 5 * HOUR });
  expect(entries).toEqual([]);
});

it("never stays silent for more than an hour of work that meets a fault, and never speaks more often", () => {
  const step = fc.record({
    pass: fc.integer({ min: 1, max: 2 * HOUR }),
    waits: fc.option(fc.integer({ min: 0, max: 100 * HOUR }), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
      const { incidents, errors, pass } = instance();
      let now = START;
      let reportedAt = Number.NEGATIVE_INFINITY;
      let since = START;
      for (const { pass: time, waits } of steps) {
        const before = errors().length;
        if (waits !== undefined) since = Math.min(since, now - waits);
        incidents.report({ ...fault, ...(waits === undefined ? {} : { waitingSince: now - waits }) });
        const isDue = now >= reportedAt + HOUR;
        expect(errors().length - before).toBe(isDue ? 1 : 0);
        if (isDue) expect(errors().at(-1)?.["since"]).toBe(new Date(since).toISOString());
        if (isDue) reportedAt = now;
        pass(time);
        now += time;
      }
    }),
  );
});
