import type { Settings } from "../../infra/settings.ts";
import type { QueueSettings } from "../google/tasks/settings.ts";

/** A queue as the program declares it (infra/google/queue.ts), and with the burst that Cloud Tasks gives it. */
export function queueSettings(settings: Settings): QueueSettings {
  const milliseconds = (duration: string) => Number(duration.slice(0, -1)) * 1000;
  return {
    rateLimits: {
      maxDispatchesPerSecond: settings.queueDispatchesPerSecond,
      maxBurstSize: settings.queueDispatchesPerSecond,
      maxConcurrentDispatches: settings.queueConcurrentDispatches,
    },
    retryConfig: {
      maxAttempts: 10,
      maxRetryMilliseconds: milliseconds(settings.queueRetryDuration),
      minBackoffMilliseconds: milliseconds(settings.queueMinBackoff),
      maxBackoffMilliseconds: milliseconds(settings.queueMaxBackoff),
      maxDoublings: 16,
    },
    httpTarget: undefined,
    loggedRatio: 1,
  };
}
