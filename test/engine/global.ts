import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findCli, howToGetCli } from "../../sandbox/engine/cli.ts";
import { figuresTable, noteFiguresIn } from "./figures.ts";

/**
 * Says before a test run, once, why the tests with the real engine are skipped, if they are; and after it, what the engine
 * did.
 */
export async function setup(): Promise<() => Promise<void>> {
  if ((await findCli()) === undefined) {
    process.stderr.write(
      `The tests with Pulumi's own engine are skipped: there is no Pulumi CLI here. ${howToGetCli}\n`,
    );
  }
  const folder = await mkdtemp(join(tmpdir(), "signin-groups-figures-"));
  const file = join(folder, "figures.jsonl");
  noteFiguresIn(file);
  return async () => {
    const table = await figuresTable(file);
    if (table !== "") process.stdout.write(`\nWhat the Pulumi engine did:\n${table}\n`);
    await rm(folder, { recursive: true });
  };
}
