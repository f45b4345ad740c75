import type { SystemLogEvent } from "../../function/shared/events.ts";
import type { Judge } from "../../function/shared/rules.ts";

/** The groups that an event leads to, in the order in which they are found. */
export function groupsOf(judge: Judge, event: SystemLogEvent): string[] {
  return judge(event).flatMap((check) => check(event));
}
