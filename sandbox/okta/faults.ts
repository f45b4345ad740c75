import type { CallFault } from "./call-faults.ts";
import type { DeliveryFault } from "./delivery-faults.ts";
import type { LogEvent } from "./events.ts";

/** What the org answers in place of doing what it was asked. */
export interface Refusal {
  /** From 400. */
  readonly status: number;
  /** Such as `x-rate-limit-reset`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Troubles that can be switched on and off while the org runs; none at first. */
export interface Faults {
  /** Asked about each request before anything else; the path is without its query. */
  refuse?: ((method: string, path: string) => Refusal | undefined) | undefined;
  /** Troubles of calls. */
  calls: CallFault[];
  /** Troubles of deliveries to hooks. */
  deliveries: DeliveryFault[];
  /** Troubles of the System Log. */
  readonly log: LogFaults;
}

/** What goes wrong with the System Log. */
export interface LogFaults {
  /** How many more requests with a cursor are refused, counted down here; Infinity until it is changed. */
  refuseCursors: number;
  /** Where next links lead in place of the org, such as `https://elsewhere.example`. */
  nextLinkOrigin?: string | undefined;
  /**
   * Asked about each event when it happens: how many milliseconds later it comes into the log. Hooks are told at once.
   */
  lateness?: ((event: LogEvent) => number) | undefined;
  /** Asked about each event when it happens: how many characters longer it stands in the log. Hooks get it without them. */
  padding?: ((event: LogEvent) => number) | undefined;
}

/** No troubles. */
export function createFaults(): Faults {
  return { calls: [], deliveries: [], log: { refuseCursors: 0 } };
}
