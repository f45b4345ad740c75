/** A group of calls that share one limit a minute. */
export type Bucket = "token" | "clients" | "group" | "groups" | "user" | "logs" | "other";

/** How much the org takes and gives. Each can be changed while it runs. */
export interface Limits {
  /** Calls a minute, by bucket. An OAuth app may use half of each. */
  readonly rates: Record<Bucket, number>;
  /** Calls at the same time. */
  concurrentRequests: number;
  /** Members that one page of a group's list shows at most. */
  memberPage: number;
  /** Events that hooks get in 24 hours, which begin with the first of them. */
  hookEventsPerDay: number;
}

/** Those of the limits that are to be others than Okta's. */
export interface LimitsGiven {
  readonly rates?: Partial<Record<Bucket, number>>;
  readonly concurrentRequests?: number;
  readonly memberPage?: number;
  readonly hookEventsPerDay?: number;
}

/**
 * Calls a minute of a Workforce org (Okta, "Rate limits": management and end-user APIs).
 *
 * @decision An org of Workforce Identity takes so many calls a minute in each bucket: 500 for members, 120 for logs,
 *   2,000 for tokens.
 * @evidence documentation: okta/okta-developer-docs ec652bd59e, docs/reference/rl-global-mgmt (removed on 2025-12-16;
 *   since then only an org's own dashboard shows them).
 * @matters late: `grant` goes by the headers, not by these figures; docs/benchmarks.md by the figures.
 */
const WORKFORCE: Readonly<Record<Bucket, number>> = {
  token: 2000,
  clients: 100,
  group: 1000,
  groups: 500,
  user: 2000,
  logs: 120,
  other: 1200,
};

/**
 * The limits of a Workforce org, but for those given (Okta, "Concurrent rate limits"; "Event hooks": rate limits).
 *
 * @decision An org answers at most 75 calls at the same time.
 * @evidence documentation: okta/okta-developer-docs 468de9c, docs/reference/rl2-concurrency.
 * @matters late: `grant` makes fewer.
 */
export function createLimits(given: LimitsGiven = {}): Limits {
  return {
    rates: { ...WORKFORCE, ...given.rates },
    concurrentRequests: given.concurrentRequests ?? 75,
    memberPage: given.memberPage ?? 1000,
    hookEventsPerDay: given.hookEventsPerDay ?? 400_000,
  };
}
