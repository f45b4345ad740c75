import { MEMBERSHIP_WITHIN_SECONDS } from "./metrics.ts";

/** Okta waits so long for an answer of the receiver (Okta, "Event hooks"), in milliseconds. */
export const ANSWER_WITHIN_MS = 3_000;

/** A service-level objective: a share of values below a limit, over 30 days. */
export interface Objective {
  readonly displayName: string;
  /** From 0 to 1. */
  readonly goal: number;
  /** The distribution, in the language of Cloud Monitoring. */
  readonly filter: (names: ObjectiveNames) => string;
  /** Values up to it are good. */
  readonly limit: number;
}

/** What the filters of the objectives need. */
export interface ObjectiveNames {
  /** Name of the metric of delays. */
  readonly delay: string;
  /** Name of the Cloud Run service of `receive`. */
  readonly receive: string;
}

export const ROLLING_DAYS = 30;

/** The objectives by their ids. */
export const objectives = {
  memberships: {
    displayName: "A successful sign-in that a rule names is a membership within 5 minutes",
    goal: 0.999,
    filter: ({ delay }) =>
      `metric.type="logging.googleapis.com/user/${delay}" AND resource.type="cloud_run_revision"`,
    limit: MEMBERSHIP_WITHIN_SECONDS,
  },
  answers: {
    displayName: "The receiver answers Okta within 3 seconds",
    goal: 0.999,
    // What anybody sends without the secret is answered by 4xx, and must not count as good.
    filter: ({ receive }) =>
      [
        'metric.type="run.googleapis.com/request_latencies"',
        'resource.type="cloud_run_revision"',
        `resource.labels.service_name="${receive}"`,
        'metric.labels.response_code_class!="4xx"',
      ].join(" AND "),
    limit: ANSWER_WITHIN_MS,
  },
} as const satisfies Readonly<Record<string, Objective>>;

/** The id of an objective. */
export type ObjectiveKey = keyof typeof objectives;

/**
 * Burn rates that alert (Google, "The Site Reliability Workbook", chapter 5: multiwindow, multi-burn-rate alerts). The short window
 * lets the alert end soon after the fault.
 */
export const burnRates = {
  fast: { rate: 14.4, longSeconds: 3_600, shortSeconds: 300 },
  slow: { rate: 6, longSeconds: 21_600, shortSeconds: 1_800 },
} as const;
