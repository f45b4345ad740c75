import { randomUUID } from "node:crypto";
import type { EventHook } from "./event-hooks.ts";
import type { LogEvent } from "./events.ts";
import { deservesRetry, type HookAnswer, type HookCaller } from "./hook-calls.ts";
import { type Org, timestamp } from "./state.ts";
import { recordHookEvent } from "./system-log.ts";

/** Delivers events to hooks, in the background. */
export interface Deliveries {
  /** Sends each active, verified hook those of the events that it subscribes to, in one request. */
  deliver(events: readonly LogEvent[]): void;
  /** Resolves when no delivery is under way. */
  idle(): Promise<void>;
}

/**
 * Deliveries as Okta makes them (Okta, "Event hooks": request, time-out and retry): 3 seconds for an answer; one retry
 * after a time-out or a 5xx, none after anything else; 200 and 204 are success. A delivery that failed for good is
 * written to the System Log.
 */
export function createDeliveries(org: Org, caller: HookCaller): Deliveries {
  const underWay = new Set<Promise<void>>();

  const deliverTo = async (hook: EventHook, events: readonly LogEvent[]): Promise<void> => {
    const eventId = randomUUID();
    const attempt = async (number: 1 | 2): Promise<HookAnswer> => {
      const body = JSON.stringify(envelope(org, hook, eventId, events));
      const answer = await caller.call(hook.channel, { "content-type": "application/json" }, body);
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

  return {
    deliver(events) {
      for (const hook of org.eventHooks.values()) {
        if (hook.status !== "ACTIVE" || hook.verificationStatus !== "VERIFIED") continue;
        const wanted = events.filter(({ eventType }) => hook.events.includes(eventType));
        if (wanted.length === 0) continue;
        const delivery = deliverTo(hook, wanted).finally(() => underWay.delete(delivery));
        underWay.add(delivery);
      }
    },
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
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
