import { afterAll, beforeAll, expect, it } from "vitest";
import { recordFigure } from "../figures.ts";
import { expectUnharmed, runCase } from "./run-case.ts";
import { type RunningSubject, SECRETS, startReconcile } from "./subjects.ts";
import { table } from "./table.ts";

const cases = table.filter((one) => one.function === "reconcile");

let subject: RunningSubject;

beforeAll(async () => {
  subject = await startReconcile();
});

afterAll(() => subject.stop());

it.each(cases)("meets $name", async (one) => {
  await runCase(subject, one);
});

it("is unharmed, and has logged nothing that is nobody's business", () => {
  expectUnharmed(subject, [...SECRETS, ...subject.assertions, "canary-token"]);
  expect(cases.length).toBeGreaterThan(0);
  recordFigure("cases", cases.length);
});
