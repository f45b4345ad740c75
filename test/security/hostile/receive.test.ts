import { describe } from "vitest";
import { meetCases } from "./meet-cases.ts";
import { startReceive } from "./subjects.ts";
import { casesOfServer } from "./table.ts";

describe.concurrent.each([
  ["receive", true],
  ["receive, not rotated", false],
] as const)("%s", (target, rotated) => meetCases(target, () => startReceive(rotated)));

// The handlers are the same with both hostings; the server is not.
describe.concurrent("receive on Cloud Run, started by Node.js only", () =>
  meetCases("receive", () => startReceive(true, "node"), casesOfServer));
