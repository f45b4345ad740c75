import type { Hosting } from "../../sandbox/environment.ts";
import { isLong } from "./long.ts";

/** What a test is repeated for that is the same with both hostings: both in the long run, and one in `npm test`. */
export function hostings(inShortRun: Hosting): readonly Hosting[] {
  return isLong ? ["functions", "service"] : [inShortRun];
}
