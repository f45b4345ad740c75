import { type DeliveryFault, type DeliveryTrouble, strikes } from "../model/faults.ts";
import type { LogEvent } from "../model/log-event.ts";

/** A delivery as it is to be made. */
export interface PlannedDelivery {
  readonly events: readonly LogEvent[];
  /** How long it waits before, in milliseconds. */
  readonly delay: number;
  readonly fails: boolean;
}

/** What becomes of events for a hook: one delivery at once, changed by every fault that strikes, in their order. */
export function planDeliveries(
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
