import { randomUUID } from "node:crypto";
import { type PlannedDelivery, planDeliveries } from "./delivery-faults.ts";
import type { EventHook } from "./event-hooks.ts";
import type { LogEvent } from "./events.ts";
import { deservesRetry, type HookAnswer, type HookCaller } from "./hook-calls.ts";
import { createHookQuota } from "./hook-quota.ts";
import { type Org, timestamp } from "./state.ts";
import { recordHookEvent } from "./system-log.ts";

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
