import type { Org } from "./state.ts";
import { recordSystemEvent } from "./system-log.ts";

const DAY_MILLISECONDS = 24 * 3600_000;

/** At this part of the quota the System Log is told. */
const WARNING_AT = 0.7;

/** How many events the hooks of an org are still told of. */
export interface HookQuota {
  /** Whether hooks are told of one more event. One that they are not told of is never made up for. */
  take(): boolean;
}

/**
 * 400,000 events in 24 hours, which begin with the first event; a warning at 280,000 (Okta, "Event hooks": rate limits).
 * Retries do not count. Okta does not name the type of the warning: this org writes it as one of rate limits.
 *
 * @decision Beyond 400,000 events in 24 hours, which begin with the first, hooks get nothing; nothing is delivered
 *   later.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/concepts/event-hooks, "Rate limits".
 * @matters sign-in lost: `reconcile` finds these sign-ins.
 *
 * @decision The System Log has a warning at 280,000 events.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/concepts/event-hooks, "Rate limits". Its event type
 *   is not named; the sandbox writes system.org.rate_limit.warning.
 * @matters sandbox only: nothing of the product reads the warning.
 */
export function createHookQuota(org: Org): HookQuota {
  let end = Number.NEGATIVE_INFINITY;
  let used = 0;
  return {
    take() {
      const quota = org.limits.hookEventsPerDay;
      if (org.now() >= end) {
        end = org.now() + DAY_MILLISECONDS;
        used = 0;
      }
      if (used >= quota) return false;
      used += 1;
      if (used === Math.ceil(quota * WARNING_AT)) warn(org, used, quota);
      return true;
    },
  };
}

function warn(org: Org, used: number, quota: number): void {
  recordSystemEvent(org, {
    eventType: "system.org.rate_limit.warning",
    displayMessage: "Rate limit warning",
    severity: "WARN",
    outcome: { result: "SUCCESS", reason: null },
    target: null,
    debugData: { eventHookEvents: String(used), threshold: String(quota) },
  });
}
