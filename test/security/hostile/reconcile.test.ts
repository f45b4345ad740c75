import { describe } from "vitest";
import { meetCases } from "./meet-cases.ts";
import { startReconcile } from "./subjects.ts";
import { table } from "./table.ts";

const cases = table.filter((one) => one.function === "reconcile");

// Some wait for the time of a run, or until the cursor may be written again: so two processes share them.
describe.concurrent.each([0, 1])("process %i of reconcile", (place) =>
  meetCases(
    "reconcile",
    startReconcile,
    cases.filter((_case, index) => index % 2 === place),
  ),
);
