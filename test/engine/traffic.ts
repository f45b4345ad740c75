import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clouds } from "../../sandbox/environment.ts";
import type { GoogleNotice } from "../../sandbox/google/notices.ts";
import type { Refusal } from "../../sandbox/okta/model/faults.ts";
import type { OktaNotice } from "../../sandbox/okta/model/notices.ts";
import type { Person } from "../../sandbox/okta/model/person.ts";

/** What went on while people signed in. */
export interface Ledger {
  readonly signIns: number;
  /** Runs of `reconcile` that ended well. */
  readonly polls: number;
  readonly tokens: number;
  /** Attempts of deliveries that were not answered by 200 or 204. */
  readonly refusedDeliveries: readonly string[];
  /** Token requests that were not answered by 200. */
  readonly refusedTokens: readonly string[];
  /** Calls of Okta's API by an app that were answered by 401 or 403, besides those that a fault causes. */
  readonly refusedCalls: readonly string[];
  /** Runs of `reconcile` that did not end well. */
  readonly failedPolls: readonly string[];
  /** Logins that no delivery brought with success. */
  readonly unannounced: readonly string[];
  /** Verifications of hooks that succeeded. */
  readonly verifications: number;
}

/** People who sign in one after another, and `reconcile` that polls at the same time. */
export interface Traffic {
  readonly people: readonly Person[];
  /** Resolves when so many more have signed in and were delivered. */
  more(signIns: number): Promise<void>;
  /** Resolves when another run of `reconcile` has ended well. */
  polled(): Promise<void>;
  /** Ends it, and waits until all that follows of it is over. */
  stop(): Promise<Ledger>;
}

/** How traffic goes. */
export interface TrafficOptions {
  readonly clouds: Clouds;
  /** Name of the stack's job of Cloud Scheduler; without one nothing is polled. */
  readonly job?: string | undefined;
  /** Asked about each request to Okta, as by the org's own faults. */
  readonly refuse?: (method: string, path: string) => Refusal | undefined;
}

/** People who sign in between two polls, at least. */
const SIGN_INS_BETWEEN_POLLS = 20;

/** The tasks that may wait; with more nobody signs in until some are done. */
const WAITING_TASKS = 20;

/** The part of the memberships for which Okta does not take the token, so that new ones are asked for all the time. */
const MEMBERSHIPS_PER_TOKEN = 10;

/** Hears what the clouds report, and makes traffic in them. */
export interface TrafficWatch {
  readonly watch: (notice: OktaNotice | GoogleNotice) => void;
  start(options: TrafficOptions): Traffic;
}

/** Makes a watch; the clouds report to it what they do. */
export function createTrafficWatch(): TrafficWatch {
  const listeners = new Set<(notice: OktaNotice | GoogleNotice) => void>();
  let made = 0;
  return {
    watch: (notice) => {
      for (const listener of listeners) listener(notice);
    },
    start: (options) => startTraffic(options, listeners, () => `person-${++made}@example.com`),
  };
}

function startTraffic(
  { clouds, job, refuse = () => undefined }: TrafficOptions,
  listeners: Set<(notice: OktaNotice | GoogleNotice) => void>,
  newLogin: () => string,
): Traffic {
  const { okta } = clouds;
  const people: Person[] = [];
  const announced = new Set<string>();
  const eventOf = new Map<string, string>();
  const refusedDeliveries: string[] = [];
  const refusedTokens: string[] = [];
  const refusedCalls: string[] = [];
  const failedPolls: string[] = [];
  const openTasks = new Set<string>();
  const changes = new Set<() => void>();
  let [delivered, polls, tokens, verifications] = [0, 0, 0, 0];
  let [memberships, toldToRefuse] = [0, 0];
  let stopping = false;

  const change = () => {
    for (const look of [...changes]) look();
  };
  /** Resolves when the condition holds, or when the traffic ends. */
  const until = (condition: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = () => {
        if (!stopping && !condition()) return;
        changes.delete(look);
        resolve();
      };
      changes.add(look);
      look();
    });

  const listen = (notice: OktaNotice | GoogleNotice): void => {
    switch (notice.kind) {
      case "delivery":
        if (notice.status === 200 || notice.status === 204) {
          for (const uuid of notice.eventUuids) announced.add(uuid);
        } else refusedDeliveries.push(`${notice.status ?? notice.reason} of ${notice.eventUuids.join(" ")}`);
        break;
      case "verification":
        if (notice.ok) verifications += 1;
        break;
      case "task":
        if (notice.event === "created") openTasks.add(notice.task);
        if (notice.event === "finished" && notice.status !== undefined && notice.status < 300) {
          openTasks.delete(notice.task);
        }
        break;
      case "schedule":
        if (notice.event !== "finished") break;
        if (notice.status === undefined || notice.status >= 300) failedPolls.push(String(notice.status));
        else polls += 1;
        break;
      case "request": {
        const call = `${notice.status} ${notice.method} ${notice.path} (${notice.principal})`;
        if (notice.path === "/oauth2/v1/token") {
          tokens += 1;
          if (notice.status !== 200) refusedTokens.push(call);
        } else if (!("requestId" in notice)) break;
        else if (notice.path.startsWith("/api/v1/") && (notice.status === 401 || notice.status === 403)) {
          if (isMembership(notice.method, notice.path) && toldToRefuse > 0) toldToRefuse -= 1;
          else refusedCalls.push(call);
        }
        break;
      }
    }
    change();
  };
  listeners.add(listen);

  okta.faults.refuse = (method, path) => {
    const refusal = refuse(method, path);
    if (refusal !== undefined || !isMembership(method, path)) return refusal;
    memberships += 1;
    if (memberships % MEMBERSHIPS_PER_TOKEN !== 0) return undefined;
    toldToRefuse += 1;
    return { status: 401 };
  };

  const signIn = async (): Promise<void> => {
    while (!stopping) {
      const login = newLogin();
      people.push(okta.createPerson({ login, displayName: login }));
      for (const { uuid } of okta.signIn([{ kind: "success", login }])) eventOf.set(login, uuid);
      await okta.idle();
      // While no hook listens nothing is delivered, and others must have their turn all the same.
      await nextTurn();
      delivered += 1;
      change();
      await until(() => openTasks.size < WAITING_TASKS);
    }
  };
  const poll = async (): Promise<void> => {
    while (!stopping && job !== undefined) {
      const [signIns, ended] = [delivered, polls + failedPolls.length];
      await runJob(clouds, job);
      await until(() => polls + failedPolls.length > ended && delivered >= signIns + SIGN_INS_BETWEEN_POLLS);
    }
  };
  const underWay = Promise.all([signIn(), poll()]);

  return {
    people,
    more(signIns) {
      const enough = delivered + signIns;
      return until(() => delivered >= enough);
    },
    polled() {
      const enough = polls + 1;
      return until(() => polls >= enough);
    },
    async stop() {
      stopping = true;
      change();
      await underWay;
      await clouds.idle();
      listeners.delete(listen);
      okta.faults.refuse = undefined;
      return {
        signIns: people.length,
        polls,
        tokens,
        refusedDeliveries,
        refusedTokens,
        refusedCalls,
        failedPolls,
        unannounced: [...eventOf].flatMap(([login, uuid]) => (announced.has(uuid) ? [] : [login])),
        verifications,
      };
    },
  };
}

function isMembership(method: string, path: string): boolean {
  return method === "PUT" && /^\/api\/v1\/groups\/[^/]+\/users\/[^/]+$/.test(path);
}

/** Has a job of Cloud Scheduler run now (Google Cloud, "Cloud Scheduler REST API": jobs.run). */
async function runJob({ google }: Clouds, job: string): Promise<void> {
  const response = await fetch(`${google.url}/v1/${job}:run`, {
    method: "POST",
    headers: { authorization: `Bearer ${google.deployerToken}` },
  });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`The job could not be run: ${response.status}`);
}
