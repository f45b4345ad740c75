import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAXIMUM_LENGTH, type Report, renderReport, summaryOf } from "../../.github/scripts/report.ts";

const report = (output: string): Report => ({
  marker: "<!-- signin-groups: preview -->",
  heading: "Preview of `production`",
  verdict: "This is what merging would change.",
  output,
  open: false,
  origin: "of 0c0ffee",
  runUrl: "https://github.example/acme/identity/actions/runs/77",
});

const output = `Previewing update (production):
  pulumi:pulumi:Stack: (same)
  + okta:index/eventHook:EventHook: (create)

Resources:
    + 1 to create
    ~ 2 to update
    40 unchanged
`;

describe("a report", () => {
  it("says how it went, with the counts, and has the output in a collapsed block", () => {
    expect(renderReport(report(output))).toBe(`<!-- signin-groups: preview -->
### Preview of \`production\`

This is what merging would change.

\`+ 1 to create\` · \`~ 2 to update\` · \`40 unchanged\`

<details><summary>What Pulumi says</summary>

\`\`\`\`\`\`\`\`diff
${output.trimEnd()}
\`\`\`\`\`\`\`\`

</details>

<sub>of 0c0ffee, [run](https://github.example/acme/identity/actions/runs/77)</sub>`);
  });

  it("is open where that is asked for", () => {
    expect(renderReport({ ...report(output), open: true })).toContain("<details open><summary>");
  });

  it("is cut in the middle to what GitHub takes, and says so", () => {
    const begin = "the beginning\n";
    const end = `\nerror: why\n${"in detail\n".repeat(1_000)}the end`;
    const body = renderReport(report(begin + "+ one line more 🙂\n".repeat(10_000) + end));
    expect(body.length).toBeLessThanOrEqual(MAXIMUM_LENGTH);
    expect(body.length).toBeGreaterThan(MAXIMUM_LENGTH - 10);
    expect(body).toContain(begin);
    expect(body).toContain(end);
    expect(body).toContain("… cut here …");
    expect(body).toContain("cut in the middle to GitHub's limit of 65536 characters");
  });

  it("is not cut when it just fits", () => {
    const frame = renderReport(report("x")).length - 1;
    const body = renderReport(report("x".repeat(MAXIMUM_LENGTH - frame)));
    expect(body).toHaveLength(MAXIMUM_LENGTH);
    expect(body).not.toContain("cut here");
  });

  it("stays within the limit, in one block and whole characters, whatever Pulumi prints", () => {
    const piece = fc.oneof(
      fc.constantFrom("`", "```", "🙂", "\n", "Resources:\n    + 1 to create\n"),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece), fc.integer({ min: 1, max: 20_000 }), (pieces, times) => {
        const body = renderReport(report(pieces.join("").repeat(times)));
        expect(body.length).toBeLessThanOrEqual(MAXIMUM_LENGTH);
        expect(body.isWellFormed()).toBe(true);
        expect(body.match(/`{8,}/g)).toHaveLength(2);
      }),
      { numRuns: 50 },
    );
  });
});

describe("the counts", () => {
  it("are the last ones of the output, without what follows", () => {
    const up = `${output}\nUpdating (production):\nResources:\n    ~ 1 updated\n\nDuration: 4s\n`;
    expect(summaryOf(up)).toBe("`~ 1 updated`");
  });

  it("are no more than Pulumi counts, however many lines a program prints below the word", () => {
    const lines = Array.from({ length: 5000 }, (_, index) => `  + ${index} to create${"!".repeat(500)}`);
    expect(summaryOf(`Resources:\n${lines.join("\n")}`).length).toBeLessThan(1500);
  });

  it("are left out where there are none", () => {
    expect(summaryOf("error: no stack named 'x' found")).toBe("");
    expect(summaryOf("Resources:\n\nDuration: 1s\n")).toBe("");
  });
});
