import { randomUUID } from "node:crypto";
import { recordHookEvent, recordSystemEvent } from "../log/system-log.ts";
import type { EventHook } from "../model/event-hook.ts";
import { type DeliveryFault, type DeliveryTrouble, strikes } from "../model/faults.ts";
import type { LogEvent } from "../model/log-event.ts";
import { type Org, timestamp } from "../model/org.ts";
import { deservesRetry, type HookAnswer, type HookCaller } from "./calls.ts";

/** Delivers events to hooks, in the background. */
export interface Deliveries {
  /** Sends each active, verified hook those of the events that it subscribes to, in one request. */
  deliver(events: readonly LogEvent[]): void;
  /** Resolves when no delivery is under way. */
  idle(): Promise<void>;
}

/** What a call comes to that reaches nobody. */
const UNREACHABLE: HookAnswer = { body: "", milliseconds: 0, reason: "no answer (ECONNREFUSED)" };

/**
 * Deliveries as Okta makes them (Okta, "Event hooks": request, time-out and retry): 3 seconds for an answer; one retry
 * after a time-out or a 5xx, none after anything else; 200 and 204 are success. A delivery that failed for good is
 * written to the System Log.
 */
export function createDeliveries(org: Org, caller: HookCaller): Deliveries {
  const underWay = new Set<Promise<void>>();
  const quota = createHookQuota(org);

  /**
   * @decision 200 and 204 are success; a delivery that ends with anything else is written to the System Log as
   *   event_hook.delivery.
   * @evidence documentation: okta/okta-developer-docs 468de9c, docs/concepts/event-hooks, "Your service's responses to
   *   event delivery requests", "Debugging".
   * @matters sign-in lost: `receive` answers 204.
   *
   * @decision A 2xx other than 200 and 204 is a failure.
   * @evidence assumed: the documentation names 200 and 204, and does not say what others are.
   * @show nothing that the product needs.
   * @matters sandbox only: `receive` answers no other 2xx.
   *
   * @decision A retry carries the eventId and the events of the first try.
   * @evidence assumed: the documentation compares `eventId` for duplicates and does not say whether a retry keeps it.
   * @show whether the second delivery after a 503 has the same eventId and the same uuids.
   * @matters late: tasks are named by the events' uuid, so that nothing rests on the eventId.
   */
  const deliverTo = async (hook: EventHook, { events, fails }: PlannedDelivery): Promise<void> => {
    const eventId = randomUUID();
    const attempt = async (number: 1 | 2): Promise<HookAnswer> => {
      const body = JSON.stringify(envelope(org, hook, eventId, events));
      const headers = { "content-type": "application/json" };
      const answer = fails ? UNREACHABLE : await caller.call(hook.channel, headers, body);
      const reason = refusalOf(answer);
      org.notify({
        kind: "delivery",
        hookId: hook.id,
        eventId,
        eventUuids: events.map(({ uuid }) => uuid),
        attempt: number,
        ok: reason === undefined,
        ...(answer.status === undefined ? {} : { status: answer.status }),
        milliseconds: answer.milliseconds,
        ...(reason === undefined ? {} : { reason }),
      });
      return answer;
    };

    let answer = await attempt(1);
    if (deservesRetry(answer)) {
      await caller.pause();
      answer = await attempt(2);
    }
    const reason = refusalOf(answer);
    if (reason !== undefined) recordHookEvent(org, "delivery", hook, reason, { eventId });
  };

  const make = async (hook: EventHook, planned: PlannedDelivery): Promise<void> => {
    if (planned.delay === 0) return deliverTo(hook, planned);
    await org.sleep(planned.delay);
    const current = org.eventHooks.get(hook.id);
    if (current !== undefined && isListening(current)) await deliverTo(current, planned);
  };

  return {
    /**
     * @decision Events that happen together come in one request to each hook that wants them.
     * @evidence documentation: okta/okta-developer-docs 468de9c, docs/concepts/event-hooks, "Ongoing event delivery"
     *   ("amalgamated in the array").
     * @matters sign-in lost: `receive` judges each event of a batch.
     *
     * @decision Failed sign-ins are delivered like others.
     * @evidence documentation: okta/okta-developer-docs 468de9c, docs/guides/event-hook-filtering (outcome.result is
     *   what a filter is for).
     * @matters wrong access: `receive` takes only SUCCESS.
     */
    deliver(events) {
      const hooks = [...org.eventHooks.values()].filter(isListening);
      const counted = events.filter((event) => hooks.some((hook) => wants(hook, event)) && quota.take());
      for (const hook of hooks) {
        const wanted = counted.filter((event) => wants(hook, event));
        if (wanted.length === 0) continue;
        for (const planned of planDeliveries(org.faults.deliveries, hook.id, wanted)) {
          const delivery = make(hook, planned).finally(() => underWay.delete(delivery));
          underWay.add(delivery);
        }
      }
    },
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

/**
 * @decision Only a hook that is ACTIVE and VERIFIED gets events.
 * @evidence documentation: okta/okta-management-openapi-spec 2026.06.3, verifyEventHook.
 * @matters sign-in lost: a changed hook gets nothing until it is verified again; `reconcile` finds it.
 */
function isListening({ status, verificationStatus }: EventHook): boolean {
  return status === "ACTIVE" && verificationStatus === "VERIFIED";
}

function wants(hook: EventHook, { eventType }: LogEvent): boolean {
  return hook.events.includes(eventType);
}

function refusalOf({ status, reason }: HookAnswer): string | undefined {
  if (status === undefined) return reason;
  return status === 200 || status === 204 ? undefined : `the hook answered ${status}`;
}

/**
 * @decision A delivery is an envelope with eventType com.okta.event_hook, the hook's URL as `source`, an eventId and
 *   the LogEvents under data.events.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/concepts/event-hooks, "Sample event delivery
 *   payload".
 * @matters sign-in lost: `receive` reads data.events.
 */
function envelope(org: Org, hook: EventHook, eventId: string, events: readonly LogEvent[]): unknown {
  return {
    eventType: "com.okta.event_hook",
    eventTypeVersion: "1.0",
    cloudEventsVersion: "0.1",
    source: `${org.url}/api/v1/eventHooks/${hook.id}`,
    eventId,
    data: { events },
    eventTime: timestamp(org),
    contentType: "application/json",
  };
}

const DAY_MILLISECONDS = 24 * 3600_000;

/** At this part of the quota the System Log gets a warning. */
const WARNING_AT = 0.7;

/** How many more events the hooks of an org get. */
interface HookQuota {
  /** Whether hooks get one more event. An event that they do not get is never delivered later. */
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
function createHookQuota(org: Org): HookQuota {
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

/** A delivery as it is to be made. */
interface PlannedDelivery {
  readonly events: readonly LogEvent[];
  /** How long it waits before, in milliseconds. */
  readonly delay: number;
  readonly fails: boolean;
}

/** What becomes of events for a hook: one delivery at once, changed by every fault that strikes, in their order. */
function planDeliveries(
  faults: readonly DeliveryFault[],
  hookId: string,
  events: readonly LogEvent[],
): readonly PlannedDelivery[] {
  let planned: readonly PlannedDelivery[] = [{ events, delay: 0, fails: false }];
  for (const fault of faults) {
    if ((fault.when?.({ hookId, events }) ?? true) && strikes(fault)) {
      planned = planned.flatMap((delivery) => change(delivery, fault.trouble));
    }
  }
  return planned;
}

function change(delivery: PlannedDelivery, trouble: DeliveryTrouble): readonly PlannedDelivery[] {
  const later = (milliseconds: number) => ({ ...delivery, delay: delivery.delay + milliseconds });
  switch (trouble.kind) {
    case "lost":
      return [];
    case "failed":
      return [{ ...delivery, fails: true }];
    case "duplicated":
      return [delivery, later(trouble.milliseconds ?? 0)];
    case "delayed":
      return [later(trouble.milliseconds)];
    case "out-of-order":
      return delivery.events.map((event) => ({ ...delivery, events: [event] })).reverse();
  }
}
