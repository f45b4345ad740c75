import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { whyNotMeasured } from "./attacks/process-figures.ts";
import { figuresLine, noteFiguresIn } from "./figures.ts";

/**
 * Says before a test run why some security tests are skipped, if they are; and after it, in one line, what they have shown
 * in figures.
 */
export async function setup(): Promise<() => Promise<void>> {
  if (process.platform !== "linux") {
    process.stderr.write(`The tests in test/security/attacks are skipped: ${whyNotMeasured}.\n`);
  }
  const folder = await mkdtemp(join(tmpdir(), "signin-groups-security-"));
  const file = join(folder, "figures.jsonl");
  noteFiguresIn(file);
  return async () => {
    const line = figuresLine(existsSync(file) ? readFileSync(file, "utf8") : "");
    if (line !== "") process.stdout.write(`\nSecurity: ${line}\n`);
    await rm(folder, { recursive: true });
  };
}
