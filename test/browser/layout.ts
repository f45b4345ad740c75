import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";

const script = readFileSync(join(import.meta.dirname, "in-page/layout.js"), "utf8");

/**
 * What is wrong with the layout of a page: something reaches beyond the window or beyond its own box, or two boxes that stand next to each
 * other overlap. Empty when nothing is.
 */
export function layoutFaults(page: Page): Promise<readonly string[]> {
  return page.evaluate<readonly string[]>(script);
}
