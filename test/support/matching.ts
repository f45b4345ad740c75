import type { SystemLogEvent } from "../../function/shared/events.ts";
import type { RuleMatcher } from "../../function/shared/rules.ts";

/** The groups that an event leads to, in the order in which they are found. */
export function groupsOf(matchRules: RuleMatcher, event: SystemLogEvent): string[] {
  return matchRules(event).flatMap((check) => check(event).map(({ groupId }) => groupId));
}
