import { describe, expect, it } from "vitest";
import { startRunner } from "./run.ts";

const CHANGELOG = `# Changelog

## [1.1.0] - not released yet

Next.

## [1.0.1] - 2026-12-24

### Fixed

- A duplicate.

## [1.0.0] - 2026-12-01

First.
`;

async function notesOf(tag: string, version: string) {
  await using runner = await startRunner();
  await runner.write("package.json", JSON.stringify({ version }));
  await runner.write("CHANGELOG.md", CHANGELOG);
  return await runner.run("release-notes.ts", [tag]);
}

describe("a release's notes", () => {
  it.each([
    ["1.0.1", "### Fixed\n\n- A duplicate.\n"],
    ["1.0.0", "First.\n"],
  ])("are what the changelog says of %s", async (version, notes) => {
    expect(await notesOf(`v${version}`, version)).toEqual({ exitCode: 0, stdout: notes, stderr: "" });
  });

  it.each([
    ["a tag of another version", "v1.0.0", "1.0.1", 'The tag "v1.0.0" must be v1.0.1'],
    ["a tag without a v", "1.0.1", "1.0.1", 'The tag "1.0.1" must be v1.0.1'],
    ["a version without a day", "v1.1.0", "1.1.0", 'must have a section "## [1.1.0] - YYYY-MM-DD"'],
    ["a version that is not in it", "v1.2.0", "1.2.0", 'must have a section "## [1.2.0] - YYYY-MM-DD"'],
  ])("are refused for %s", async (_, tag, version, message) => {
    const { exitCode, stdout, stderr } = await notesOf(tag, version);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(message);
    expect(stdout).toBe("");
  });
});
