/** `npm start`: the whole integration on this machine. */
import { exitCodes, runCommand } from "../cli/command.ts";
import { readOptions, usage } from "./options.ts";
import { createScreen } from "./screen.ts";

async function main(words: readonly string[]): Promise<number> {
  const options = readOptions(words, process.stdout.isTTY);
  // Loads both clouds, which a mistake on the command line need not wait for.
  const { run } = await import("./run.ts");
  const screen = createScreen(options.json ? process.stderr : process.stdout, Date.now);
  const report = await run(options, screen);
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  return report.ok ? exitCodes.well : exitCodes.failed;
}

await runCommand(usage, main);
