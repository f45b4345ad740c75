import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { figureFileVariable } from "./figures.ts";
import { findBrowser, whyNoBrowser } from "./find-browser.ts";

/** Says before a test run why the tests in a browser are skipped, if they are; and after it, what they have measured. */
export async function setup(): Promise<() => Promise<void>> {
  if (findBrowser() === undefined) {
    process.stderr.write(`The tests in a real browser are skipped: ${whyNoBrowser}\n`);
  }
  const folder = await mkdtemp(join(tmpdir(), "signin-groups-browser-"));
  process.env[figureFileVariable] = join(folder, "figures.txt");
  return async () => {
    const figures = await readFile(join(folder, "figures.txt"), "utf8").catch(() => "");
    if (figures !== "") process.stdout.write(`\nConsole, measured in the browser:\n${figures}`);
    await rm(folder, { recursive: true });
  };
}
