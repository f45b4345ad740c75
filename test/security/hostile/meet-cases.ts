import { afterAll, beforeAll, expect, it } from "vitest";
import { recordFigure } from "../figures.ts";
import type { Case, Target } from "./case.ts";
import { expectUnharmed, runCase } from "./run-case.ts";
import { type RunningSubject, SECRETS } from "./subjects.ts";
import { table } from "./table.ts";

/** Also where processes meet their cases at the same time: what one logs between two cases is the first one's. */
const inTurn = { concurrent: false };

/**
 * Declares the tests of a function: it meets each of its cases, and is unharmed after all of them.
 *
 * @param among the cases of all functions
 */
export function meetCases(
  target: Target,
  start: () => Promise<RunningSubject>,
  among: readonly Case[] = table,
): void {
  const cases = among.filter((one) => one.function === target);
  let subject: RunningSubject;

  beforeAll(async () => {
    subject = await start();
  });

  afterAll(() => subject.stop());

  it.each(cases)("meets $name", inTurn, async (one) => {
    await runCase(subject, one);
  });

  it("is unharmed, and has logged nothing that is nobody's business", inTurn, () => {
    expectUnharmed(subject, [...SECRETS, ...subject.assertions, "canary-token"]);
    expect(cases.length).toBeGreaterThan(0);
    recordFigure("cases", cases.length);
  });
}
