import { join } from "node:path";
import { expect, it } from "vitest";
import { runScriptHere } from "../support/script-here.ts";

const command = join(import.meta.dirname, "../../bench/okta.ts");

it.each([["--people", "12"], ["--people", "many"], ["--nonsense"]])("refuses %s %s", async (...options) => {
  const ended = await runScriptHere(command, options);
  expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining("--help") });
});
