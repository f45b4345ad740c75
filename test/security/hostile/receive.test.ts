import { describe } from "vitest";
import { meetCases } from "./meet-cases.ts";
import { startReceive } from "./subjects.ts";

describe.each([
  ["receive", true],
  ["receive, not rotated", false],
] as const)("%s", (target, rotated) => meetCases(target, () => startReceive(rotated)));
