/** A group of calls that share one limit a minute. */
export type Bucket = "token" | "clients" | "group" | "groups" | "user" | "logs" | "other";

/** How much the org takes and gives. Each can be changed while it runs. */
export interface Limits {
  /** Calls a minute, by bucket. An OAuth app may use half of each. */
  readonly rates: Record<Bucket, number>;
  /** Calls at the same time. */
  concurrentRequests: number;
  /** Events that hooks are told of in 24 hours, which begin with the first of them. */
  hookEventsPerDay: number;
}

/** Those of the limits that are to be others than Okta's. */
export interface LimitsGiven {
  readonly rates?: Partial<Record<Bucket, number>>;
  readonly concurrentRequests?: number;
  readonly hookEventsPerDay?: number;
}

/** Calls a minute of a Workforce org (Okta, "Rate limits": management and end-user APIs). */
const WORKFORCE: Readonly<Record<Bucket, number>> = {
  token: 2000,
  clients: 100,
  group: 1000,
  groups: 500,
  user: 2000,
  logs: 120,
  other: 1200,
};

/** The limits of a Workforce org, but for those given (Okta, "Concurrent rate limits"; "Event hooks": rate limits). */
export function createLimits(given: LimitsGiven = {}): Limits {
  return {
    rates: { ...WORKFORCE, ...given.rates },
    concurrentRequests: given.concurrentRequests ?? 75,
    hookEventsPerDay: given.hookEventsPerDay ?? 400_000,
  };
}

/** The bucket that a call counts in: the one whose path fits most closely. Undefined when it counts in none. */
export function bucketOf(method: string, path: string): Bucket | undefined {
  if (path === "/oauth2/v1/token") return "token";
  if (path.startsWith("/oauth2/v1/clients")) return "clients";
  if (/^\/api\/v1\/groups\/[^/]+$/.test(path)) return "group";
  if (/^\/api\/v1\/groups(\/|$)/.test(path)) return "groups";
  if (method === "GET" && /^\/api\/v1\/users\/[^/]+$/.test(path)) return "user";
  if (path === "/api/v1/logs") return "logs";
  if (path.startsWith("/api/v1/")) return "other";
  return undefined;
}
