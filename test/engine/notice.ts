import { findCli, howToGetCli } from "../../sandbox/engine/cli.ts";

/** Says before a test run, once, why the tests with the real engine are skipped, if they are. */
export async function setup(): Promise<void> {
  if ((await findCli()) !== undefined) return;
  process.stderr.write(`The tests in test/engine are skipped: there is no Pulumi CLI here. ${howToGetCli}\n`);
}
