import { type Clock, type Deadline, within } from "./clock.ts";

/**
 * Shares one run of the work among all callers that wait for it. A run has its own deadline, so no caller's deadline ends it for
 * the others. After that deadline the next call starts a new run, even if the work ignores its signal. Each caller waits until
 * its own signal is aborted, not longer.
 *
 * @param timeoutMs how long one run may take, in milliseconds
 */
export function singleFlight<T>(
  work: (deadline: Deadline) => Promise<T>,
  { clock, timeoutMs }: { readonly clock: Clock; readonly timeoutMs: number },
): (signal: AbortSignal) => Promise<T> {
  let underWay: Promise<T> | undefined;
  const start = (): Promise<T> => {
    const deadline = clock.deadline(timeoutMs);
    return within(work(deadline), deadline.signal).finally(() => {
      deadline[Symbol.dispose]();
      underWay = undefined;
    });
  };
  return async (signal) => {
    signal.throwIfAborted();
    underWay ??= start();
    return within(underWay, signal);
  };
}
