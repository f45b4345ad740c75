import type { ReplayProgress } from "../../function/contract.ts";
import { plural } from "./numbers.ts";

/** What a replay that has ended came to, in words. */
export function summarize({ state, dryRun, counts }: ReplayProgress): string {
  const events = plural(counts.events, "event");
  const found = dryRun ? counts.wanted : counts.queued;
  const memberships = plural(found, "membership");
  const were = found === 1 ? "was" : "were";
  if (state === "failed") {
    return `Before it failed, ${memberships} of ${events} ${were} ${dryRun ? "counted" : "queued"}.`;
  }
  if (counts.events === 0) return "There was no event that the rules name in this window.";
  if (found === 0) return `No membership follows from the ${events} of this window.`;
  return dryRun
    ? `${memberships} of ${events} would be queued; people who are members already would cost no call.`
    : `${memberships} of ${events} ${were} queued; people who were members already cost no call.`;
}
