import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const run = promisify(execFile);
const command = join(import.meta.dirname, "../../bench/okta.ts");

it.each([["--people", "12"], ["--people", "many"], ["--nonsense"]])("refuses %s %s", async (...options) => {
  const failure: unknown = await run(process.execPath, [command, ...options]).catch(
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ code: 2, stderr: expect.stringContaining("--help") });
});
