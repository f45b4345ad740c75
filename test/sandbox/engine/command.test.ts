import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";

const command = join(import.meta.dirname, "../../../sandbox/engine/command.ts");

it.each([
  [["--help"], 0, /^Usage: npm run sandbox/, /^$/],
  [[], 2, /^$/, /^Usage: npm run sandbox/],
  [["--twice", "preview"], 2, /^$/, /Unknown option '--twice'[\s\S]*Usage: npm run sandbox/],
  [["--pid", "0", "preview"], 3, /^$/, /^No sandbox is up/],
])("npm run sandbox -- %j exits with %i", async (words, code, standardOutput, standardError) => {
  const child = spawn(process.execPath, [command, ...words], { stdio: ["ignore", "pipe", "pipe"] });
  const [output, errors, end] = [text(child.stdout), text(child.stderr), once(child, "close")];
  expect(await end).toEqual([code, null]);
  expect(await output).toMatch(standardOutput);
  expect(await errors).toMatch(standardError);
});
