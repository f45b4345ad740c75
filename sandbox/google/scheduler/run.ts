import { backoffMilliseconds, isExhausted } from "../tasks/retry.ts";
import type { Answer } from "../tasks/send.ts";
import type { RetryConfig } from "../tasks/settings.ts";
import type { Timers } from "../timers.ts";

/** One run of a job: an attempt and, when it fails, those that follow it. */
export interface Run {
  /** Resolves when no attempt is under way and none will follow. */
  readonly ended: Promise<void>;
  /** Lets the attempt that is under way end, and begins no other. */
  giveUp(): void;
}

/** What a run is made of. */
export interface RunOptions {
  readonly retry: RetryConfig;
  readonly clock: Timers;
  /** Makes one attempt; they count from 1. */
  attempt(attempt: number): Promise<Answer | undefined>;
  /** Called when the last attempt has failed. */
  dropped(attempts: number): void;
}

/** Begins a run (Cloud Scheduler, RetryConfig). */
export function startRun({ retry, clock, attempt, dropped }: RunOptions): Run {
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
   * has it tried again as the job's retries say.
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
