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
  const faults = createIncidents(log, () => time);
  return {
    faults,
    entries,
    errors: () => entries.filter(({ severity }) => severity === "ERROR"),
    pass(milliseconds: number) {
      time += milliseconds;
    },
  };
}

describe("a fault that lasts", () => {
  it("is one error with stable fields, repeated every hour while work meets it", () => {
    const { faults, errors, pass } = instance();
    for (let minute = 0; minute < 150; minute += 1) {
      faults.report(fault);
      pass(60_000);
    }
    expect(errors()).toHaveLength(3);
    expect(errors()[2]).toEqual({
      severity: "ERROR",
      message: fault.message,
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
    for (const { faults, errors, pass } of [instance(), instance(START + HOUR)]) {
      faults.report({ ...fault, waitingSince: START - HOUR });
      faults.report({ ...fault, waitingSince });
      pass(HOUR);
      faults.report(fault);
      expect(errors()[1]?.["since"]).toBe("2026-01-05T05:00:00.000Z");
    }
  });

  it("does not last since before its scope worked", () => {
    const { faults, errors, pass } = instance();
    faults.works("00gA");
    pass(HOUR);
    faults.report({ ...fault, waitingSince: START - 5 * HOUR });
    expect(errors()[0]?.["since"]).toBe("2026-01-05T10:00:00.000Z");
  });

  it("is reported once when it is over, for its own scope only, and anew when it comes back", () => {
    const { faults, entries, errors } = instance();
    faults.report(fault);
    faults.report({ ...fault, scope: "00gB", details: { groupId: "00gB" } });
    faults.works("00gA");
    faults.works("00gA");
    const resolved = entries.filter(({ message }) => message === "A fault is resolved.");
    expect(resolved).toEqual([expect.objectContaining({ groupId: "00gA", tasks: 1 })]);
    faults.report(fault);
    expect(errors()).toHaveLength(3);
  });

  it("is an error only after what is tolerated of it", () => {
    const { faults, entries, errors, pass } = instance();
    const tolerated = { ...fault, tolerated: 600_000 };
    faults.report(tolerated);
    pass(599_999);
    faults.report(tolerated);
    expect(entries).toEqual([]);
    pass(1);
    faults.report(tolerated);
    expect(errors()).toHaveLength(1);
    // What passed unnoticed is not reported as resolved.
    const passing = instance();
    passing.faults.report(tolerated);
    passing.faults.works("00gA");
    expect(passing.entries).toEqual([]);
  });
});

it("counts what is tolerated of a fault by the work that waits, not by the instance that has just started", () => {
  const tolerated = { ...fault, tolerated: 600_000 };
  // Each instance meets the fault once and ends: so it is where few people sign in, or the queue waits long between attempts.
  const errors = [0, 5, 10, 65, 120].map((minutes) => {
    const { faults, errors } = instance(START + minutes * 60_000);
    faults.report({ ...tolerated, waitingSince: START });
    return errors().length;
  });
  expect(errors).toEqual([0, 0, 1, 1, 1]);
});

it("tolerates anew what comes after the scope has worked, however long the work has waited", () => {
  const { faults, entries, pass } = instance();
  faults.works("00gA");
  pass(60_000);
  faults.report({ ...fault, tolerated: 600_000, waitingSince: START - 5 * HOUR });
  expect(entries).toEqual([]);
});

it("never stays silent for more than an hour of work that meets a fault, and never speaks more often", () => {
  const step = fc.record({
    pass: fc.integer({ min: 1, max: 2 * HOUR }),
    waits: fc.option(fc.integer({ min: 0, max: 100 * HOUR }), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
      const { faults, errors, pass } = instance();
      let now = START;
      let reportedAt = Number.NEGATIVE_INFINITY;
      let since = START;
      for (const { pass: time, waits } of steps) {
        const before = errors().length;
        if (waits !== undefined) since = Math.min(since, now - waits);
        faults.report({ ...fault, ...(waits === undefined ? {} : { waitingSince: now - waits }) });
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
