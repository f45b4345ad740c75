import { type Countdown, strikes } from "./countdown.ts";
import type { LogEvent } from "./events.ts";

/** What goes wrong with a delivery to a hook. */
export type DeliveryTrouble =
  /** It is never sent, and nothing tells of it. */
  | { readonly kind: "lost" }
  /** Nobody is reached, twice; the System Log tells of it. */
  | { readonly kind: "failed" }
  /** The same events come again, in a delivery with an id of its own, so much later or at once. */
  | { readonly kind: "duplicated"; readonly milliseconds?: number }
  /** It is sent so much later. */
  | { readonly kind: "delayed"; readonly milliseconds: number }
  /** Each event comes in a delivery of its own, the last one first. */
  | { readonly kind: "out-of-order" };

/** Trouble with some deliveries: with all, or those of which `when` holds. */
export interface DeliveryFault extends Countdown {
  readonly trouble: DeliveryTrouble;
  readonly when?: (delivery: { readonly hookId: string; readonly events: readonly LogEvent[] }) => boolean;
}

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
