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
