import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { figuresLine, noteFiguresIn } from "./figures.ts";

/** Says after a test run, in one line, what the tests of trust have shown in figures. */
export async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "signin-groups-trust-"));
  const file = join(folder, "figures.jsonl");
  noteFiguresIn(file);
  return async () => {
    const line = figuresLine(existsSync(file) ? readFileSync(file, "utf8") : "");
    if (line !== "") process.stdout.write(`\nTrust: ${line}\n`);
    await rm(folder, { recursive: true });
  };
}
