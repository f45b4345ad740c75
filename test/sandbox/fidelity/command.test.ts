import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const command = join(import.meta.dirname, "../../../sandbox/fidelity/index.ts");
const run = (...options: readonly string[]) =>
  promisify(execFile)(process.execPath, [command, ...options], { maxBuffer: 16 * 1024 * 1024 });

describe("npm run fidelity", () => {
  it("gives a program every decision, and the number in each class of evidence", async () => {
    const { counts, decisions, uncovered, problems } = JSON.parse((await run("--json")).stdout);
    const total = Object.values(counts).reduce<number>((sum, count) => sum + Number(count), 0);
    expect(total).toBe(decisions.length);
    expect(Object.keys(counts)).toEqual(["recorded", "vendor-code", "documentation", "assumed"]);
    expect([uncovered, problems].every(Array.isArray)).toBe(true);
  });

  it("prints the number in each class, and ends well while the documents are up to date", async () => {
    const { stdout } = await run("--check");
    expect(stdout).toMatch(/^\d+ decisions: \d+ recorded, \d+ vendor-code, \d+ documentation, \d+ assumed$/m);
  });

  it("refuses an option that it does not know, with its help", async () => {
    const failure: unknown = await run("--nonsense").catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 2, stderr: expect.stringContaining("--uncovered") });
  });
});
