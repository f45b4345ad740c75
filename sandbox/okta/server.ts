import { once } from "node:events";
import { createAdaptorServer } from "@hono/node-server";
import { createApi } from "./api.ts";
import { createDeliveries } from "./delivery.ts";
import type { LogEvent } from "./events.ts";
import type { Faults } from "./faults.ts";
import { createHookCaller } from "./hook-calls.ts";
import { listLeftovers } from "./leftovers.ts";
import type { OktaNotice } from "./notices.ts";
import { createPerson, type Person } from "./people.ts";
import { type SignInAttempt, signInEvent } from "./sign-in-events.ts";
import { createOrg } from "./state.ts";
import { record } from "./system-log.ts";
import { createVerification } from "./verification.ts";

/** How to start the org. */
export interface LocalOktaOptions {
  /** Hears what happens; must not throw. */
  readonly observe?: (notice: OktaNotice) => void;
  /** The clock, in milliseconds since the epoch: tokens, rate limits and all times that the org writes go by it. */
  readonly now?: () => number;
}

/** An Okta org on this machine. */
export interface LocalOkta {
  /** The org's URL, `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** A random API token (SSWS) of a super administrator. */
  readonly apiToken: string;
  /** What goes wrong, to be changed at any time; nothing at first. */
  readonly faults: Faults;
  /**
   * Makes an active user, who can sign in.
   *
   * @throws OktaError when the login is blank or taken
   */
  createPerson(profile: { readonly login: string; readonly displayName: string }): Person;
  /**
   * Records the attempts in the System Log and delivers them, as one batch, to every active and verified hook that
   * subscribes to them. Deliveries run on after the return: `idle` awaits them.
   *
   * @throws SignInError when an attempt cannot be; then none of them is recorded
   */
  signIn(attempts: readonly SignInAttempt[]): LogEvent[];
  /** False when there is no such group. */
  isMember(groupId: string, userId: string): boolean;
  /** Resolves when no delivery (or retry) is under way. */
  idle(): Promise<void>;
  /** What a deployment made and is still there, worded for a person: `group "App Users" (00g…)`. */
  leftovers(): string[];
  /** Ends deliveries and connections. */
  close(): Promise<void>;
}

/** Starts an org on a free port of 127.0.0.1. */
export async function startOkta(options: LocalOktaOptions = {}): Promise<LocalOkta> {
  let answer = (_request: Request): Response | Promise<Response> => new Response(null, { status: 503 });
  const server = createAdaptorServer({ fetch: (request) => answer(request), overrideGlobalObjects: false });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");

  const { observe = () => undefined, now = Date.now } = options;
  const org = createOrg({ url: `http://127.0.0.1:${address.port}`, now, notify: observe });
  const caller = createHookCaller();
  const deliveries = createDeliveries(org, caller);
  const signIn = (attempts: readonly SignInAttempt[]): LogEvent[] => {
    const events = attempts.map((attempt) => signInEvent(org, attempt));
    for (const event of events) record(org, event);
    deliveries.deliver(events);
    return events;
  };
  const faults: Faults = {};
  answer = createApi(org, createVerification(org, caller), signIn, faults).fetch;

  return {
    url: org.url,
    apiToken: org.apiToken,
    faults,
    createPerson: (profile) => createPerson(org, profile),
    signIn,
    isMember: (groupId, userId) => org.groups.get(groupId)?.members.has(userId) === true,
    idle: deliveries.idle,
    leftovers: () => listLeftovers(org),
    async close() {
      await caller.stop();
      await deliveries.idle();
      const closed = once(server, "close");
      server.close();
      if ("closeAllConnections" in server) server.closeAllConnections();
      await closed;
    },
  };
}
