/** The time and its timers, passed in so that a test can use its own. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after the given time, or as soon as the signal is aborted. Never rejects. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** A deadline after the given time. It holds a timer until the caller disposes of it. */
  deadline(milliseconds: number): Deadline & Disposable;
}

/** Until when something must be done. */
export interface Deadline {
  /** In milliseconds since the epoch. */
  readonly at: number;
  /** Aborted at that moment, unless the deadline was disposed of before. */
  readonly signal: AbortSignal;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: Date.now,
  sleep: (milliseconds, signal) =>
    new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      signal?.addEventListener("abort", end);
      if (signal?.aborted) end();
    }),
  deadline: (milliseconds) => {
    const controller = new AbortController();
    const timer = setTimeout(abortLate, milliseconds, controller).unref();
    return {
      at: Date.now() + milliseconds,
      signal: controller.signal,
      [Symbol.dispose]: () => clearTimeout(timer),
    };
  },
};

/** Aborts with the same reason as `AbortSignal.timeout`, which cannot be cancelled. */
export function abortLate(controller: AbortController): void {
  controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"));
}

/** A time in milliseconds since the epoch, in ISO 8601. */
export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/**
 * The result of the work, unless the signal is aborted before: then its reason is thrown, and the later result is ignored. For
 * work that may ignore its signal.
 */
export function within<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason);
    const ended = () => signal.removeEventListener("abort", end);
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
    work.then(resolve, reject).finally(ended);
  });
}
