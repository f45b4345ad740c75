import type { LogEvent } from "./log-event.ts";

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
  /** Asked about each answer: another one in its place, for an org that decides otherwise. */
  alter?: ((call: Call, answer: Response) => Promise<Response | undefined>) | undefined;
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
   * Asked about each event when it happens: how many milliseconds later it comes into the log. Hooks get it at once.
   */
  lateness?: ((event: LogEvent) => number) | undefined;
  /** Asked about each event when it happens: how many characters longer it stands in the log. Hooks get it without them. */
  padding?: ((event: LogEvent) => number) | undefined;
}

/** No troubles. */
export function createFaults(): Faults {
  return { calls: [], deliveries: [], log: { refuseCursors: 0 } };
}

/** A call of the API. */
export interface Call {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
}

/** What goes wrong with a call. */
export type CallTrouble =
  /** 429: others have used up the bucket that it counts in, which therefore refuses all calls until its window ends. */
  | { readonly kind: "rate-limit" }
  /** 429 in the form for too many calls at the same time. */
  | { readonly kind: "concurrency" }
  /** 500. */
  | { readonly kind: "server-error" }
  /** 503: the org is in read-only mode. */
  | { readonly kind: "read-only" }
  /** Something in between, such as a proxy, answers with a page and this status; the org never sees the call. */
  | { readonly kind: "foreign"; readonly status: number }
  /** 404 for the user that the path ends with: they are so new that Okta does not know them everywhere. */
  | { readonly kind: "unknown-user" }
  /** What was asked is done at once, and answered so much later. */
  | { readonly kind: "slow"; readonly milliseconds: number }
  /** The connection is reset before anything is done or, with `done`, when all is done but not answered. */
  | { readonly kind: "reset"; readonly done?: boolean };

/**
 * Trouble with some calls: with those of which `method`, `path` and `when` hold, as far as they are given.
 *
 * A call can meet three troubles at once: of its connection (reset), of its pace (slow) and of its answer (all others).
 * Of several of one sort the first in the list strikes.
 */
export interface CallFault extends Countdown {
  readonly trouble: CallTrouble;
  readonly method?: string;
  /** What the path begins with. */
  readonly path?: string;
  readonly when?: (call: Call) => boolean;
}

/** What goes wrong with a delivery to a hook. */
export type DeliveryTrouble =
  /** It is never sent, and nothing reports that. */
  | { readonly kind: "lost" }
  /** Nobody is reached, twice; the System Log reports it. */
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

/** What strikes so many times. */
interface Countdown {
  /** How many more times, counted down here; without, until it is taken out of its list. */
  times?: number;
}

/** Whether it strikes now. Then that is one time less. */
export function strikes(fault: Countdown): boolean {
  if (fault.times === undefined) return true;
  if (fault.times <= 0) return false;
  fault.times -= 1;
  return true;
}
