import { defaultCounts } from "../infra/expected.ts";

/** How many resources an integration has that creates one group. The component itself is none. */
export const RESOURCES = Object.entries(defaultCounts)
  .filter(([type]) => !type.startsWith("signin-groups:"))
  .reduce((sum, [, count]) => sum + count, 0);
