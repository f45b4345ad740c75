import { randomUUID } from "node:crypto";
import { type Clock, systemClock } from "../clock.ts";
import type { Send } from "../google/api.ts";
import { createConnections } from "../google/connections.ts";
import type { ConnectionUse, OktaSend } from "../okta/client.ts";

/** All by which a function reaches beyond itself; a simulation has one of its own. */
export interface Outside {
  readonly clock: Clock;
  /** Calls Google. */
  readonly send: Send;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** A new id at every call. */
  readonly newId: () => string;
}

/** The same for a function that calls Okta; apart, so that the others start without a client for it. */
export interface OktaOutside extends Outside {
  /** @param orgUrl such as `https://acme.okta.com` */
  readonly connectToOkta: (orgUrl: string, use: ConnectionUse) => OktaSend;
}

/** The machine that the function runs on. */
export function realOutside(): Outside {
  return {
    clock: systemClock,
    send: createConnections(),
    random: Math.random,
    newId: randomUUID,
  };
}
