import type { Cloud } from "../cloud.ts";
import type { ScheduleNotice } from "../notices.ts";
import { type Answer, createSender, type OutgoingRequest, type Send } from "../tasks/send.ts";
import { backoffMilliseconds, isExhausted, type RetryConfig } from "../tasks/settings.ts";
import type { Timers } from "../timers.ts";
import type { JobSettings, JobTarget } from "./settings.ts";

/** A job that runs by the clock. */
export interface Job {
  readonly name: string;
  /** As the API answers it. */
  resource(): Readonly<Record<string, unknown>>;
  configure(settings: JobSettings): void;
  setPaused(paused: boolean): void;
  /** Runs it now, even if it runs already. */
  run(): void;
  /** Whether no run is under way. */
  isIdle(): boolean;
  close(): void;
}

/** What a job needs of its surroundings. */
export interface JobOptions {
  readonly name: string;
  readonly settings: JobSettings;
  readonly cloud: Pick<Cloud, "clock" | "notify" | "tokens">;
  readonly send: Send;
  /** Whether it runs at its times; otherwise only when it is asked to. */
  readonly followsSchedule: boolean;
  /** Called whenever the job may have become idle. */
  readonly onChange: () => void;
}

/** Makes a job and sets its clock (Cloud Scheduler, REST reference v1: projects.locations.jobs). */
export function createJob(options: JobOptions): Job {
  const { name, followsSchedule, onChange } = options;
  const { clock, notify, tokens } = options.cloud;
  const id = name.slice(name.lastIndexOf("/") + 1);
  const sender = createSender(options.send, clock);
  const runs = new Set<Run>();
  let settings = options.settings;
  let paused = false;
  let closed = false;
  let userUpdateTime = clock.now();
  let lastAttempt: { readonly time: number; readonly answer?: Answer | undefined } | undefined;
  let nextTime = Number.POSITIVE_INFINITY;
  let cancelTimer = () => {};
  /** The run that the schedule began; there is never a second one at the same time. */
  let scheduled: Run | undefined;

  function setClock(): void {
    cancelTimer();
    if (closed || paused) return;
    const now = clock.now();
    nextTime = settings.schedule.next(now);
    cancelTimer = clock.setTimer(onTime, nextTime - now);
  }

  function onTime(): void {
    const now = clock.now();
    // A timer may be early by a part of a millisecond.
    if (now < nextTime) {
      cancelTimer = clock.setTimer(onTime, nextTime - now);
      return;
    }
    const time = nextTime;
    setClock();
    if (!followsSchedule) return;
    const before = scheduled;
    if (before === undefined) beginScheduled(time);
    else {
      // It is not tried again from now on; what is under way is waited for.
      before.giveUp();
      void before.ended.then(() => {
        if (scheduled === undefined && !closed && !paused) beginScheduled(time);
      });
    }
  }

  function beginScheduled(time: number): void {
    const run = begin("schedule", time);
    scheduled = run;
    void run.ended.then(() => {
      scheduled = undefined;
    });
  }

  function begin(begunBy: ScheduleNotice["begunBy"], time: number): Run {
    const { target, retry, attemptDeadline } = settings;
    const body = target.body.toString();
    const report = (event: ScheduleNotice["event"], facts: Pick<ScheduleNotice, "attempt" | "status">) =>
      notify({ kind: "schedule", event, job: id, begunBy, body, ...facts });

    async function attempt(count: number): Promise<Answer | undefined> {
      const started = clock.now();
      lastAttempt = { time: started };
      report("dispatched", { attempt: count });
      const answer = await sender.send(await buildRequest(target, time), attemptDeadline);
      if (closed) return answer;
      lastAttempt = { time: started, answer };
      const facts = { attempt: count, milliseconds: clock.now() - started };
      report("finished", answer ? { status: answer.status, ...facts } : facts);
      return answer;
    }

    const run = startRun({
      retry,
      clock,
      attempt,
      dropped: (attempts) => {
        /**
         * @decision A run of which the last attempt failed is over: the job comes again at its next time.
         * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/scheduler/v1/job.proto,
         * RetryConfig.retry_count: "If retry_count is 0, a job attempt will not be retried if it fails. Instead the
         * Cloud Scheduler system will wait for the next scheduled execution time".
         * @matters late: `reconcile` catches up at its next time.
         */
        if (!closed) report("dropped", { attempt: attempts });
      },
    });
    runs.add(run);
    void run.ended.then(() => {
      runs.delete(run);
      onChange();
    });
    return run;
  }

  async function buildRequest(target: JobTarget, time: number): Promise<OutgoingRequest> {
    const { uri, method, body, oidcToken } = target;
    const headers: Record<string, string> = {
      ...target.headers,
      "X-CloudScheduler": "true",
      "X-CloudScheduler-JobName": id,
      "X-CloudScheduler-ScheduleTime": new Date(time).toISOString(),
    };
    if (oidcToken) {
      for (const header of Object.keys(headers)) if (/^authorization$/i.test(header)) delete headers[header];
      const token = await tokens.issueIdentityToken(oidcToken.serviceAccountEmail, oidcToken.audience || uri);
      headers["Authorization"] = `Bearer ${token}`;
    }
    return { url: new URL(uri), method, headers, body };
  }

  setClock();
  return {
    name,
    resource: () => ({
      ...settings.described,
      name,
      state: paused ? "PAUSED" : "ENABLED",
      userUpdateTime: new Date(userUpdateTime).toISOString(),
      ...(paused ? {} : { scheduleTime: new Date(nextTime).toISOString() }),
      ...(lastAttempt
        ? { lastAttemptTime: new Date(lastAttempt.time).toISOString(), status: rpcStatus(lastAttempt.answer) }
        : {}),
    }),
    configure(next) {
      settings = next;
      userUpdateTime = clock.now();
      setClock();
    },
    setPaused(next) {
      paused = next;
      setClock();
    },
    run: () => void begin("call", clock.now()),
    isIdle: () => runs.size === 0,
    close() {
      closed = true;
      cancelTimer();
      for (const run of runs) run.giveUp();
      sender.close();
    },
  };
}

/** The codes by HTTP status (google.rpc.Code: HTTP mapping). */
const CODES: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  409: 10,
  429: 8,
  499: 1,
  500: 13,
  501: 12,
  503: 14,
  504: 4,
};
const UNKNOWN = 2;
const DEADLINE_EXCEEDED = 4;

/** What became of an attempt, as a job reports it (google.rpc.Status): nothing to say when it succeeded. */
function rpcStatus(answer: Answer | undefined): { readonly code?: number } {
  if (answer === undefined) return { code: DEADLINE_EXCEEDED };
  return answer.status >= 200 && answer.status < 300 ? {} : { code: CODES[answer.status] ?? UNKNOWN };
}

/** One run of a job: an attempt and, when it fails, those that follow it. */
interface Run {
  /** Resolves when no attempt is under way and none will follow. */
  readonly ended: Promise<void>;
  /** Lets the attempt that is under way end, and begins no other. */
  giveUp(): void;
}

/** What a run is made of. */
interface RunOptions {
  readonly retry: RetryConfig;
  readonly clock: Timers;
  /** Makes one attempt; they count from 1. */
  attempt(attempt: number): Promise<Answer | undefined>;
  /** Called when the last attempt has failed. */
  dropped(attempts: number): void;
}

/** Begins a run (Cloud Scheduler, RetryConfig). */
function startRun({ retry, clock, attempt, dropped }: RunOptions): Run {
  const began = clock.now();
  let givenUp = false;
  let wake = () => {};

  function pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.setTimer(resolve, milliseconds);
      wake = () => {
        cancel();
        resolve();
      };
    });
  }

  /** Without a count of retries there are none, whatever the other limits say. */
  const isOver = (attempts: number) =>
    givenUp || retry.maxAttempts === 1 || isExhausted(retry, attempts, clock.now() - began);

  /**
   * @decision An attempt has succeeded with an answer from 200 to 299; any other answer, or none before its deadline,
   * makes Cloud Scheduler try it again, as the job's retries say.
   * @evidence documentation: googleapis/googleapis f8291d2, google/cloud/scheduler/v1/target.proto, HttpTarget: "The
   * job will be pushed to the job handler by means of an HTTP request"; job.proto, Job.retry_config: "acknowledgement
   * is not received from the handler".
   * @matters late: `reconcile` answers 503 when Okta is not reachable.
   */
  async function attempts(): Promise<void> {
    for (let count = 1; ; count += 1) {
      const status = (await attempt(count))?.status ?? 0;
      if (status >= 200 && status < 300) return;
      if (isOver(count)) return dropped(count);
      await pause(backoffMilliseconds(retry, count));
      if (givenUp) return dropped(count);
    }
  }

  return {
    ended: attempts(),
    giveUp() {
      givenUp = true;
      wake();
    },
  };
}
