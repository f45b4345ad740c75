import type { FunctionName } from "../../../function/shared/contract.ts";
import { type Alert, type AlertKey, type AlertNames, alerts } from "../../../infra/operations/alerts.ts";
import {
  type LogMetric,
  type LogMetricKey,
  logMetrics,
  metricInputs,
} from "../../../infra/operations/metrics.ts";
import { type Objective, objectives } from "../../../infra/operations/objectives.ts";
import { type Alerting, createAlerting } from "./alerting.ts";
import { createLogMetrics, createTimeSeries, type TimeSeries } from "./time-series.ts";

/** A stack that is watched as the program declares it: the same metrics, objectives and alerts. Names are those of the functions. */
export interface WatchedStack {
  readonly alerting: Alerting;
  readonly series: TimeSeries;
  /** Takes an entry that a function wrote. */
  takeEntry(name: FunctionName, entry: Readonly<Record<string, unknown>>): void;
  /** Takes an answer of a function. */
  takeAnswer(name: FunctionName, answer: { readonly status: number; readonly milliseconds: number }): void;
  /** Takes how many tasks the queue of a function has. */
  takeDepth(name: FunctionName, tasks: number): void;
  /** Takes what an uptime check has seen from a region. */
  takeUptime(region: string, isPassed: boolean): void;
  /** Takes whether the log sink has exported an audit record. */
  takeExport(isTaken: boolean): void;
  /** The drift check finds everything as declared. */
  driftChecked(): void;
}

/** As many regions as Google checks from (Google Cloud, "Create public uptime checks": at least three). */
export const REGIONS: readonly string[] = ["eur-belgium", "usa-oregon", "apac-singapore"];

const services: Readonly<Record<FunctionName, string>> = {
  receive: "receive",
  grant: "grant",
  reconcile: "reconcile",
};

/** Names where each metric is called by its key, and each queue by its function. */
function namesFor(pollMinutes: number): AlertNames {
  return {
    project: "simulated",
    services,
    // Each metric is called by its key.
    metrics: Object.fromEntries(Object.keys(logMetrics).map((key) => [key, key])) as Record<
      LogMetricKey,
      string
    >,
    objectives: { memberships: objectiveName("memberships"), answers: objectiveName("answers") },
    queue: "grant",
    continuationQueue: "reconcile",
    uptimeCheck: "receiver",
    auditSink: "audit",
    pollMinutes,
  };
}

function objectiveName(id: string): string {
  return `projects/1/services/simulated/serviceLevelObjectives/${id}`;
}

/** The values that an objective counts. */
export function filterOf({ filter }: Objective): string {
  return filter({ delay: "delay", receive: services.receive });
}

/** @param now the clock, in milliseconds */
export function createWatchedStack(now: () => number, pollMinutes: number): WatchedStack {
  const series = createTimeSeries();
  const inputs = Object.entries<LogMetric>(logMetrics).map(([key, metric]) => [
    key,
    metricInputs(metric, services, "simulated"),
  ]);
  const takeEntry = createLogMetrics(series, Object.fromEntries(inputs));
  const names = namesFor(pollMinutes);
  const alerting = createAlerting(
    series,
    Object.fromEntries(
      Object.entries<Alert>(alerts).map(([key, { conditions }]) => [key, conditions(names)]),
    ),
    {
      objectives: Object.fromEntries(
        Object.entries<Objective>(objectives).map(([key, objective]) => [
          objectiveName(key),
          { filter: filterOf(objective), limit: objective.limit, goal: objective.goal },
        ]),
      ),
      autoCloseSeconds: 1800,
      startedAt: now(),
    },
  );
  return {
    alerting,
    series,
    takeEntry: (name, entry) => takeEntry({ service: services[name], entry, at: now() }),
    takeAnswer(name, { status, milliseconds }) {
      const key = {
        metricLabels: { response_code: String(status), response_code_class: `${Math.floor(status / 100)}xx` },
        resource: "cloud_run_revision",
        resourceLabels: { service_name: services[name] },
      };
      const at = now();
      series.write({ ...key, metric: "run.googleapis.com/request_count" }, { at, value: 1 });
      series.write({ ...key, metric: "run.googleapis.com/request_latencies" }, { at, value: milliseconds });
    },
    takeDepth(name, tasks) {
      series.write(
        {
          metric: "cloudtasks.googleapis.com/queue/depth",
          metricLabels: {},
          resource: "cloud_tasks_queue",
          resourceLabels: { queue_id: name },
        },
        { at: now(), value: tasks },
      );
    },
    takeExport(isTaken) {
      if (isTaken) return;
      series.write(
        {
          metric: "logging.googleapis.com/exports/error_count",
          metricLabels: {},
          resource: "logging_sink",
          resourceLabels: { name: "audit" },
        },
        { at: now(), value: 1 },
      );
    },
    driftChecked: () => takeEntry({ entry: { event: "drift-checked", stack: "simulated" }, at: now() }),
    takeUptime(region, isPassed) {
      series.write(
        {
          metric: "monitoring.googleapis.com/uptime_check/check_passed",
          metricLabels: { check_id: "receiver", checker_location: region },
          resource: "uptime_url",
          resourceLabels: { host: "receive.simulated" },
        },
        { at: now(), value: isPassed },
      );
    },
  };
}

/** Alerts by their keys, the most urgent first. */
export function alertsByUrgency(): readonly (readonly [AlertKey, Alert])[] {
  const urgency = ["CRITICAL", "ERROR", "WARNING"];
  return Object.entries<Alert>(alerts)
    .map(([key, alert]) => [key as AlertKey, alert] as const) // The keys are those of `alerts`.
    .sort(([, one], [, other]) => urgency.indexOf(one.severity) - urgency.indexOf(other.severity));
}
