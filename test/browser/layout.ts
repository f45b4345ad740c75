import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";

const scriptOf = (name: string) => readFileSync(join(import.meta.dirname, "in-page", `${name}.js`), "utf8");
const scripts = { layout: scriptOf("layout"), paper: scriptOf("paper"), motion: scriptOf("motion") };

/**
 * What is wrong with the layout of a page: something reaches beyond the window or beyond its own box, or two boxes that stand next to each
 * other overlap. Empty when nothing is.
 */
export function layoutFaults(page: Page): Promise<readonly string[]> {
  return page.evaluate<readonly string[]>(scripts.layout);
}

/** What is wrong with a page on paper: it is too wide, something to press is on it, or a text is not black on white. */
export function paperFaults(page: Page): Promise<readonly string[]> {
  return page.evaluate<readonly string[]>(scripts.paper);
}

/** The elements of a page with an animation or a transition that takes time. */
export function movingElements(page: Page): Promise<readonly string[]> {
  return page.evaluate<readonly string[]>(scripts.motion);
}
