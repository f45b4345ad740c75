import { randomUUID } from "node:crypto";
import { type Clock, systemClock } from "./clock.ts";
import {
  createGoogleGet,
  createGooglePost,
  type GoogleGet,
  type GooglePost,
  type Send,
} from "./google/api.ts";
import { createConnections } from "./google/connections.ts";
import { createAccessToken, METADATA_HOST } from "./google/credentials.ts";
import type { ConnectionUse, OktaTransport } from "./okta/client.ts";

/** Everything by which a function reaches the outside; the simulation has its own. */
export interface Runtime {
  readonly clock: Clock;
  /** Calls Google. */
  readonly send: Send;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** A new id at every call. */
  readonly newId: () => string;
}

/** The runtime of a function that calls Okta. Separate, so that `receive` starts without a client for it. */
export interface OktaRuntime extends Runtime {
  /** @param orgUrl such as `https://acme.okta.com` */
  readonly connectToOkta: (orgUrl: string, use: ConnectionUse) => OktaTransport;
}

/** The runtime on Node.js. */
export function nodeRuntime(): Runtime {
  return {
    clock: systemClock,
    send: createConnections(),
    random: Math.random,
    newId: randomUUID,
  };
}

/** Google's APIs, called as the function's own service account. */
export interface GoogleClients {
  readonly post: GooglePost;
  readonly get: GoogleGet;
}

/** @param environment `GCE_METADATA_HOST` names another metadata server than Google's (gcp-metadata) */
export function wireGoogle(environment: NodeJS.ProcessEnv, { clock, send }: Runtime): GoogleClients {
  const host = environment["GCE_METADATA_HOST"] ?? METADATA_HOST;
  const accessToken = createAccessToken({ send, clock, host });
  return { post: createGooglePost(accessToken, send), get: createGoogleGet(accessToken, send) };
}
