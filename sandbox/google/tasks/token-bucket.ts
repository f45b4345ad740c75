/** Lets dispatches through at a rate, with a burst (Cloud Tasks, RateLimits: token bucket). */
export interface TokenBucket {
  /** Takes a token if there is one. */
  take(): boolean;
  /** Milliseconds until there is a token. */
  wait(): number;
}

/** @param now the time in milliseconds */
export function createTokenBucket(perSecond: number, burst: number, now: () => number): TokenBucket {
  let tokens = burst;
  let filled = now();

  function fill(): void {
    const time = now();
    tokens = Math.min(burst, tokens + ((time - filled) * perSecond) / 1000);
    filled = time;
  }

  return {
    take() {
      fill();
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
    wait() {
      fill();
      return tokens >= 1 ? 0 : Math.ceil(((1 - tokens) * 1000) / perSecond);
    },
  };
}
