import type { FunctionName } from "../../function/shared/contract.ts";
import type { SignalName, Signals } from "../../function/shared/signals.ts";

/** Names of the functions' Cloud Run services, which a filter needs. */
export type ServiceNames = Readonly<Record<FunctionName, string>>;

/** A metric that Cloud Logging computes from entries of the functions. */
export interface LogMetric {
  readonly description: string;
  /** Functions that write the entries; none where the drift check does. */
  readonly of: readonly FunctionName[];
  /** The entries that count: their events, and other conditions on their fields. */
  readonly events: readonly SignalName[];
  readonly where?: string;
  /** The field whose values a distribution counts, with its unit and the bounds of its buckets; without it the entries are counted. */
  readonly value?: { readonly field: string; readonly unit: string; readonly bounds: readonly number[] };
  /** Fields that become labels: each has few values, and none is about a person. */
  readonly labels: readonly string[];
}

/** Takes the fields from the event, so that the compiler finds a field that no entry has. */
function metricOf<Name extends SignalName>(
  events: readonly Name[],
  rest: Omit<LogMetric, "events" | "labels" | "value"> & {
    readonly labels?: readonly Extract<keyof Signals[Name], string>[];
    readonly value?: { readonly field: Extract<keyof Signals[Name], string> } & NonNullable<
      LogMetric["value"]
    >;
  },
): LogMetric {
  return { labels: [], ...rest, events };
}

/** How long a sign-in may take to become a membership, in seconds: the objective. */
export const MEMBERSHIP_WITHIN_SECONDS = 300;

/** The metrics by their keys, which are parts of their names. */
export const logMetrics = {
  memberships: metricOf(["membership"], {
    description: "Sign-ins that ended as a membership, by how they were found, and whether Okta was called.",
    of: ["grant"],
    labels: ["source", "known"],
  }),
  delay: metricOf(["membership"], {
    description: "Seconds from a sign-in to the end of its task.",
    of: ["grant"],
    // The objective's limit is a bound, so that the share below it is exact.
    value: {
      field: "delaySeconds",
      unit: "s",
      bounds: [0.5, 1, 2, 5, 10, 20, 30, 60, 120, MEMBERSHIP_WITHIN_SECONDS, 600, 1800, 3600, 21_600, 86_400],
    },
    labels: ["source"],
  }),
  late: metricOf(["membership-waits"], {
    description: "Attempts for sign-ins that should be memberships by now, by the reason why they are not.",
    of: ["grant"],
    where: `jsonPayload.delaySeconds>=${MEMBERSHIP_WITHIN_SECONDS}`,
    labels: ["reason"],
  }),
  refused: metricOf(["membership-refused"], {
    description: "Tasks that ended without a membership, by the reason.",
    of: ["grant"],
    labels: ["reason"],
  }),
  faults: metricOf(["fault"], {
    description: "Errors that an administrator has to fix, by fault.",
    of: ["receive", "grant", "reconcile"],
    labels: ["fault"],
  }),
  defects: metricOf(["request-failed", "start-failed"], {
    description: "Errors of the functions themselves.",
    of: ["receive", "grant", "reconcile"],
  }),
  unexpected: metricOf(["grant-unexpected"], {
    description: "Memberships to which no sign-in in Okta's System Log leads.",
    of: ["reconcile"],
    labels: ["reason"],
  }),
  reports: metricOf(["okta-reported"], {
    description: "What Okta's System Log reports about the event hook and rate limits, by the event's type.",
    of: ["reconcile"],
    labels: ["eventType"],
  }),
  limit: metricOf(["okta-limit-used"], {
    description: "Percent of one of Okta's rate limits that all clients have used in a minute, from 50 on.",
    of: ["grant", "reconcile"],
    value: { field: "usedPercent", unit: "%", bounds: [50, 60, 70, 80, 90, 95, 100] },
    labels: ["bucket"],
  }),
  drift: metricOf(["drift-checked"], {
    description: "Checks that found the stack as the program says.",
    of: [],
  }),
  lag: metricOf(["polled"], {
    description: "Seconds by which a poll of Okta's System Log ended behind its end.",
    of: ["reconcile"],
    value: {
      field: "behindSeconds",
      unit: "s",
      bounds: [10, 60, 300, 600, 1800, 3600, 7200, 21_600, 86_400],
    },
  }),
} as const satisfies Readonly<Record<string, LogMetric>>;

/** The key of a metric. */
export type LogMetricKey = keyof typeof logMetrics;

/** Which entries a metric counts, in the language of Cloud Logging (Google Cloud, "Logging query language"). */
export function logFilter({ of, events, where }: LogMetric, services: ServiceNames, stack: string): string {
  return [
    ...(of.length === 0
      ? ['resource.type="global"', `jsonPayload.stack=${JSON.stringify(stack)}`]
      : [
          'resource.type="cloud_run_revision"',
          `resource.labels.service_name=${oneOf(of.map((name) => services[name]))}`,
        ]),
    `jsonPayload.event=${oneOf(events)}`,
    ...(where === undefined ? [] : [where]),
  ].join(" AND ");
}

/** One of some values, in the same language. */
export function oneOf(values: readonly string[]): string {
  const texts = values.map((value) => JSON.stringify(value));
  return texts.length === 1 ? texts.join("") : `(${texts.join(" OR ")})`;
}

/** The inputs of `gcp.logging.Metric`, without its name. A label's `valueType` and a default that a server fills in are written out. */
export function metricInputs(metric: LogMetric, services: ServiceNames, stack: string) {
  const { value, labels, description } = metric;
  return {
    description,
    filter: logFilter(metric, services, stack),
    metricDescriptor: {
      metricKind: "DELTA",
      valueType: value === undefined ? "INT64" : "DISTRIBUTION",
      unit: value?.unit ?? "1",
      labels: labels.map((key) => ({ key, valueType: key === "known" ? "BOOL" : "STRING" })),
    },
    labelExtractors: Object.fromEntries(labels.map((key) => [key, `EXTRACT(jsonPayload.${key})`])),
    ...(value === undefined
      ? {}
      : {
          valueExtractor: `EXTRACT(jsonPayload.${value.field})`,
          bucketOptions: { explicitBuckets: { bounds: [...value.bounds] } },
        }),
  };
}
