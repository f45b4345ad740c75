import { createReconcile } from "../function/reconcile/reconcile.ts";
import { createLogReader, EVENTS_PER_PAGE } from "../function/reconcile/system-log.ts";
import type { PollTask } from "../function/shared/contract.ts";
import { createLog } from "../function/shared/log.ts";
import type { OktaAnswer, OktaTransport } from "../function/shared/okta/client.ts";
import { followRateLimit } from "../function/shared/okta/rate-limit.ts";
import { createRuleMatcher } from "../function/shared/rules.ts";
import { defaultSettings, runSeconds } from "../infra/settings.ts";
import { createRateLimiter } from "../sandbox/okta/limits/rate-limit.ts";
import { createLimits } from "../sandbox/okta/model/limits.ts";
import { createRandom, createSimulatedClock, type SimulatedClock } from "../sandbox/simulation/clock.ts";
import { exchange } from "../sandbox/simulation/service.ts";
import { shortestDrain } from "./okta-scenarios.ts";

/** How long `reconcile` took to put a backlog of the System Log into the queue. */
export interface Backlog {
  readonly events: number;
  /** Requests for the log that Okta takes from the app in a minute. */
  readonly logsPerMinute: number;
  /** In simulated time. */
  readonly seconds: number;
  /** The shortest time into which the pages fit by Okta's rate limit, of which a part is left to others. */
  readonly shortestSeconds: number;
  /** Sign-ins that have no task at the end. */
  readonly missing: number;
  readonly runs: number;
  readonly calls: {
    readonly pages: number;
    readonly refused: number;
    readonly tasks: number;
    readonly cursorWrites: number;
  };
}

export interface BacklogScenario {
  /** Sign-ins in the log, every one of which a rule wants. */
  readonly events: number;
  /** Requests for the log that Okta takes from the whole org in a minute, of which an app may make half. */
  readonly orgLogsPerMinute: number;
}

const ORG = "https://acme.okta.simulated";
const HOUR = 3600_000;

/** How long calls take, in milliseconds: from the first up to the second. */
const PAGE_TAKES = [300, 1_000] as const;
const TASK_TAKES = [20, 50] as const;
const STORAGE_TAKES = 50;

/** Tasks end on this grid, in milliseconds, so that those of the same moment share a timer. */
const GRID = 10;

/** Lets the real reconcile work a backlog off, from the first poll to the last continuation. */
export async function measureBacklog({ events, orgLogsPerMinute }: BacklogScenario): Promise<Backlog> {
  const clock = createSimulatedClock();
  const random = createRandom(1);
  const between = ([least, most]: readonly [number, number]) => Math.round(least + random() * (most - least));
  const log = createLog("simulated", () => undefined);
  const calls = { pages: 0, refused: 0, tasks: 0, cursorWrites: 0 };
  const began = clock.now();

  const limiter = createRateLimiter(clock.now, createLimits({ rates: { logs: orgLogsPerMinute } }));
  const sendToOkta: OktaTransport = async ({ path }) => {
    const url = new URL(path, ORG);
    const takes = between(PAGE_TAKES);
    await clock.sleep(takes / 2);
    const allowance = limiter.take("GET", url.pathname, "app");
    const isRefused = allowance?.allowed === false;
    calls[isRefused ? "refused" : "pages"] += 1;
    const answer = isRefused ? { status: 429, link: "", body: {} } : pageOf(url, events, began);
    await clock.sleep(takes / 2);
    const headers = {
      link: answer.link,
      date: new Date(clock.now()).toUTCString(),
      "x-rate-limit-limit": String(allowance?.limit),
      "x-rate-limit-remaining": String(allowance?.remaining),
      "x-rate-limit-reset": String(allowance?.reset),
    };
    return { status: answer.status, headers, body: answer.body };
  };

  const queued = new Set<string>();
  const sleep = createSharedSleep(clock);
  const queue = {
    enqueue: async ({ eventUuid }: { readonly eventUuid: string }) => {
      calls.tasks += 1;
      await sleep(between(TASK_TAKES));
      const isNew = !queued.has(eventUuid);
      queued.add(eventUuid);
      return isNew ? ("created" as const) : ("exists" as const);
    },
  };
  let cursor: { readonly content: string; readonly generation: string } | undefined;
  const waiting: unknown[] = [];
  const rules = [{ groupId: "00gAppUsers", on: ["user.session.start"] }];
  const reserve = defaultSettings.rateLimitReservePercent / 100;
  const handler = createReconcile({
    grantClientIds: new Set(),
    readLog: createLogReader(followRateLimit(sendToOkta, { clock, reserve, random }), ORG),
    objects: {
      async read() {
        await clock.sleep(STORAGE_TAKES);
        return cursor;
      },
      async write(_name, value) {
        calls.cursorWrites += 1;
        await clock.sleep(STORAGE_TAKES);
        cursor = { content: JSON.stringify(value), generation: String(calls.cursorWrites) };
        return cursor.generation;
      },
    },
    queue,
    queueOf: () => queue,
    continuations: {
      async enqueue(_queue, task) {
        await clock.sleep(between(TASK_TAKES));
        waiting.push(task);
        return "created";
      },
    },
    rules,
    matchRules: await createRuleMatcher(rules, log, clock.now),
    orgUrl: ORG,
    origin: { stackSince: began - HOUR / 2, backfillDays: 0 },
    stack: "simulated",
    log,
    clock,
    timeoutMs: runSeconds(defaultSettings) * 1000,
  });

  const poll: PollTask = {
    kind: "poll",
    continuationQueue: "projects/simulated/locations/l/queues/continuations",
  };
  let runs = 0;
  waiting.push(poll);
  for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) {
    runs += 1;
    const headers = { "content-type": "application/json" };
    const { status } = await clock.until(
      exchange(handler, { method: "POST", headers, body: JSON.stringify(task) }),
    );
    // Whatever goes wrong goes on with the next poll.
    if (status !== 200) {
      await clock.advance(HOUR / 12);
      waiting.push(poll);
    }
    await clock.advance(between(TASK_TAKES));
  }
  return {
    events,
    logsPerMinute: orgLogsPerMinute / 2,
    seconds: (clock.now() - began) / 1000,
    shortestSeconds: shortestDrain(
      Math.ceil(events / EVENTS_PER_PAGE),
      orgLogsPerMinute / 2,
      defaultSettings.rateLimitReservePercent,
    ),
    missing: events - queued.size,
    runs,
    calls,
  };
}

/** A page of sign-ins of the hour before. */
function pageOf(
  url: URL,
  events: number,
  now: number,
): Pick<OktaAnswer, "status" | "body"> & { link: string } {
  const place = Number(url.searchParams.get("after") ?? 0);
  const end = Math.min(events, place + Number(url.searchParams.get("limit")));
  url.searchParams.delete("since");
  url.searchParams.set("after", String(end));
  const body = Array.from({ length: end - place }, (_, index) => ({
    uuid: `event-${place + index}`,
    eventType: "user.session.start",
    published: new Date(now - HOUR + ((place + index) / events) * HOUR).toISOString(),
    outcome: { result: "SUCCESS" },
    actor: { id: `00u${place + index}`, type: "User" },
  }));
  return { status: 200, body, link: `<${url.href}>; rel="next"` };
}

/** Sleeps that end at the same moment are one timer. */
function createSharedSleep(clock: SimulatedClock): (milliseconds: number) => Promise<void> {
  const timers = new Map<number, Promise<void>>();
  return (milliseconds) => {
    const at = Math.round((clock.now() + milliseconds) / GRID) * GRID;
    let timer = timers.get(at);
    if (timer === undefined) {
      timer = clock.sleep(at - clock.now()).then(() => void timers.delete(at));
      timers.set(at, timer);
    }
    return timer;
  };
}
