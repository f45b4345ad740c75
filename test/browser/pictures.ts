import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";

const folder = join(import.meta.dirname, "../../docs/images");

/** Whether a picture of the documents is not there: to have one made anew, delete it and run the test. */
export function isMissing(name: string): boolean {
  return !existsSync(fileOf(name));
}

/** Writes what a page shows as a picture for the documents. */
export async function takePicture(page: Page, name: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  // WebP is a third of PNG; the driver's own function for screenshots does not know it.
  const { data } = await session.send("Page.captureScreenshot", { format: "webp", quality: 82 });
  await writeFile(fileOf(name), Buffer.from(data, "base64"));
}

function fileOf(name: string): string {
  return join(folder, `${name}.webp`);
}
