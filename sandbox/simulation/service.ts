import type { Clock } from "../../function/shared/clock.ts";
import type { Handler } from "../../function/shared/http.ts";
import { createLog, type Log } from "../../function/shared/log.ts";
import type { OktaRuntime } from "../../function/shared/runtime.ts";
import type { SimulatedClock } from "./clock.ts";
import { type ExchangeAnswer, type ExchangeRequest, exchange } from "./exchange.ts";

/** Makes a function's handler of what it reaches the world by. */
export type Wire = (log: Log, runtime: OktaRuntime) => Promise<Handler>;

/** A function that is deployed: one instance at a time, started by the first request. */
export interface Service {
  /** Rejects when the instance is killed meanwhile. */
  request(request: ExchangeRequest): Promise<ExchangeAnswer>;
  /** Ends the instance in the middle of whatever it does. */
  kill(): void;
  /** From now on requests go to a new instance; the one before ends what it has begun. */
  deploy(): void;
}

/** What became of a request whose instance was killed. */
export class KilledError extends Error {
  override readonly name = "KilledError";
}

/** One instance's life. */
interface Instance {
  readonly handler: Promise<Handler>;
  readonly killed: AbortController;
}

/** How long an instance takes to start, in milliseconds. */
const COLD_START = 300;

/**
 * @param runtime how a function reaches the world
 * @param skew how far the clocks of instances are ahead of the world's, in milliseconds; asked at each start
 * @param onEntry takes each entry of the log
 */
export function createService(settings: {
  readonly wire: Wire;
  readonly clock: SimulatedClock;
  readonly runtime: OktaRuntime;
  readonly skew: () => number;
  readonly onEntry: (entry: Readonly<Record<string, unknown>>) => void;
}): Service {
  const { wire, clock, skew, onEntry } = settings;
  let instance: Instance | undefined;

  const start = (): Instance => {
    const killed = new AbortController();
    const ahead = skew();
    /** What comes back to a killed instance finds nobody. */
    const alive = <T>(promise: Promise<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        promise.then(
          (value) => killed.signal.aborted || resolve(value),
          (error: unknown) => killed.signal.aborted || reject(error),
        );
      });
    const own: Clock = {
      now: () => clock.now() + ahead,
      sleep: (milliseconds, signal) => alive(clock.sleep(milliseconds, signal)),
      deadline(milliseconds) {
        const deadline = clock.deadline(milliseconds);
        return { ...deadline, at: deadline.at + ahead };
      },
    };
    const { runtime } = settings;
    const log = createLog("simulated", (line) => {
      if (!killed.signal.aborted) onEntry(JSON.parse(line));
    });
    const isolated: OktaRuntime = {
      ...runtime,
      clock: own,
      send: (url, init) => alive(runtime.send(url, init)),
      connectToOkta: (orgUrl, use) => {
        const send = runtime.connectToOkta(orgUrl, use);
        return (request) => alive(send(request));
      },
    };
    const handler = clock.sleep(COLD_START).then(() => wire(log, isolated));
    return { handler, killed };
  };

  return {
    async request(request) {
      instance ??= start();
      const { handler, killed } = instance;
      const { promise: cut, reject } = Promise.withResolvers<never>();
      const onKill = () => reject(new KilledError("The instance was killed."));
      killed.signal.addEventListener("abort", onKill, { once: true });
      try {
        return await Promise.race([handler.then((answer) => exchange(answer, request)), cut]);
      } finally {
        killed.signal.removeEventListener("abort", onKill);
      }
    },
    kill() {
      instance?.killed.abort();
      instance = undefined;
    },
    deploy() {
      instance = undefined;
    },
  };
}
