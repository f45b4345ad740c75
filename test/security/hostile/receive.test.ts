import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recordFigure } from "../figures.ts";
import { expectUnharmed, runCase } from "./run-case.ts";
import { type RunningSubject, SECRETS, startReceive } from "./subjects.ts";
import { table } from "./table.ts";

describe.each([
  ["receive", true],
  ["receive, not rotated", false],
])("%s", (target, rotated) => {
  const cases = table.filter((one) => one.function === target);
  let subject: RunningSubject;

  beforeAll(async () => {
    subject = await startReceive(rotated);
  });

  afterAll(() => subject.stop());

  it.each(cases)("meets $name", async (one) => {
    await runCase(subject, one);
  });

  it("is unharmed, and has logged nothing that is nobody's business", () => {
    expectUnharmed(subject, SECRETS);
    expect(cases.length).toBeGreaterThan(0);
    recordFigure("cases", cases.length);
  });
});
