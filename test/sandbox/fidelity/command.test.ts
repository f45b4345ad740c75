import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runScriptHere } from "../../support/script-here.ts";

const command = join(import.meta.dirname, "../../../sandbox/fidelity/index.ts");
const run = (...options: readonly string[]) => runScriptHere(command, options);

describe("npm run fidelity", () => {
  it("gives a program every decision, and the number in each class of evidence", async () => {
    const { code, stdout } = await run("--json");
    expect(code).toBe(0);
    const { counts, decisions, uncovered, problems } = JSON.parse(stdout);
    const total = Object.values(counts).reduce<number>((sum, count) => sum + Number(count), 0);
    expect(total).toBe(decisions.length);
    expect(Object.keys(counts)).toEqual(["recorded", "vendor-code", "documentation", "assumed"]);
    expect([uncovered, problems].every(Array.isArray)).toBe(true);
  });

  it("prints the number in each class, and ends well while the documents are up to date", async () => {
    const { code, stdout } = await run("--check");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+ decisions: \d+ recorded, \d+ vendor-code, \d+ documentation, \d+ assumed$/m);
  });

  it("refuses an option that it does not know, with its help", async () => {
    expect(await run("--nonsense")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--uncovered"),
    });
  });
});
