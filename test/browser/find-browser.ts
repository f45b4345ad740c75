import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The browser that the tests use: that of the variable CHROME_PATH, or a Chromium on the PATH. Undefined where there is none. */
export function findBrowser(): string | undefined {
  const given = process.env["CHROME_PATH"];
  const places = (process.env["PATH"] ?? "").split(delimiter);
  const candidates = places.flatMap((place) => names.map((name) => join(place, name)));
  return [...(given === undefined ? [] : [given]), ...candidates].find(isProgram);
}

/** Why the tests are skipped where there is no browser, and what to do. */
export const whyNoBrowser =
  "there is no Chromium on the PATH. Install one (Debian: apt-get install chromium), or set CHROME_PATH to a browser's program.";

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
