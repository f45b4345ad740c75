import { challengeSecretOf } from "../../function/shared/challenge-secret.ts";
import type { FunctionName } from "../../function/shared/contract.ts";
import { type Alert, type AlertNames, alerts } from "../../infra/operations/alerts.ts";
import {
  type LogMetric,
  type LogMetricKey,
  logMetrics,
  metricInputs,
} from "../../infra/operations/metrics.ts";
import { type Objective, objectives } from "../../infra/operations/objectives.ts";
import { type Alerting, createAlerting } from "../google/monitoring/alerting.ts";
import { createLogMetrics, createTimeSeries } from "../google/monitoring/time-series.ts";
import type { SimulatedClock } from "./clock.ts";
import { type Company, type CompanyOptions, createCompany, HOOK_SECRET } from "./company.ts";

/** A company that is watched as the program declares it: the same metrics, objectives and alerts. */
export interface MonitoredCompany extends Company {
  readonly alerting: Alerting;
  /** What stands between the internet and the receiver, for uptime checks; nothing unless set. */
  readonly front: { isBroken: boolean };
  /** The drift check finds everything as declared. */
  driftChecked(): void;
}

const MINUTE_MS = 60_000;

/** As many regions as Google checks from (Google Cloud, "Create public uptime checks": at least three). */
const REGIONS = ["eur-belgium", "usa-oregon", "apac-singapore"];

const services: Readonly<Record<FunctionName, string>> = {
  receive: "receive",
  grant: "grant",
  reconcile: "reconcile",
};

/** Names in the simulation, where metrics are called by their keys. */
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
    pollMinutes,
  };
}

function objectiveName(id: string): string {
  return `projects/1/services/simulated/serviceLevelObjectives/${id}`;
}

/**
 * Makes a company, and evaluates its alerts once a minute over what its functions log, what the receiver answers, how deep the queues
 * are, and what uptime checks see.
 */
export async function createMonitoredCompany(options: CompanyOptions): Promise<MonitoredCompany> {
  const { clock } = options;
  const series = createTimeSeries();
  const inputs = Object.entries<LogMetric>(logMetrics).map(([key, metric]) => [
    key,
    metricInputs(metric, services, "simulated"),
  ]);
  const takeEntry = createLogMetrics(series, Object.fromEntries(inputs));
  const company = await createCompany({
    ...options,
    onEntry: (name, entry) => takeEntry({ service: services[name], entry, at: clock.now() }),
    onAnswer: (name, { status, milliseconds }) => {
      const key = {
        metricLabels: { response_code: String(status), response_code_class: `${Math.floor(status / 100)}xx` },
        resource: "cloud_run_revision",
        resourceLabels: { service_name: services[name] },
      };
      const at = clock.now();
      series.write({ ...key, metric: "run.googleapis.com/request_count" }, { at, value: 1 });
      series.write({ ...key, metric: "run.googleapis.com/request_latencies" }, { at, value: milliseconds });
    },
  });
  const names = namesFor(options.pollInterval / MINUTE_MS);
  const alerting = createAlerting(
    series,
    Object.fromEntries(
      Object.entries<Alert>(alerts).map(([key, { conditions }]) => [key, conditions(names)]),
    ),
    {
      objectives: Object.fromEntries(
        Object.entries<Objective>(objectives).map(([key, { filter, limit, goal }]) => [
          objectiveName(key),
          { filter: filter({ delay: "delay", receive: services.receive }), limit, goal },
        ]),
      ),
      autoCloseSeconds: 1800,
      startedAt: clock.now(),
    },
  );
  const front = { isBroken: false };
  const stop = watch(clock, async () => {
    for (const [name, queue] of Object.entries(company.google.queues)) {
      series.write(
        {
          metric: "cloudtasks.googleapis.com/queue/depth",
          metricLabels: {},
          resource: "cloud_tasks_queue",
          resourceLabels: { queue_id: name },
        },
        { at: clock.now(), value: queue.list().length },
      );
    }
    alerting.evaluate(clock.now());
    await Promise.all(
      REGIONS.map(async (region) => {
        const isPassed = !front.isBroken && (await answersChallenge(company));
        series.write(
          {
            metric: "monitoring.googleapis.com/uptime_check/check_passed",
            metricLabels: { check_id: "receiver", checker_location: region },
            resource: "uptime_url",
            resourceLabels: { host: "receive.simulated" },
          },
          { at: clock.now(), value: isPassed },
        );
      }),
    );
  });
  return {
    ...company,
    alerting,
    front,
    driftChecked: () => takeEntry({ entry: { event: "drift-checked", stack: "simulated" }, at: clock.now() }),
    async close() {
      stop();
      await company.close();
    },
  };
}

/** Does something every minute. @returns stops it */
function watch(clock: SimulatedClock, act: () => Promise<void>): () => void {
  let cancel = () => {};
  const next = () => {
    cancel = clock.setTimer(() => {
      next();
      void act();
    }, MINUTE_MS);
  };
  next();
  return () => cancel();
}

/** What the uptime check of the program asks, and expects. */
async function answersChallenge({ functions }: Company): Promise<boolean> {
  const headers = {
    authorization: `Bearer ${challengeSecretOf(HOOK_SECRET)}`,
    "x-okta-verification-challenge": "uptime",
  };
  try {
    const { status, body } = await functions.receive.request({ method: "GET", headers });
    return status === 200 && body === '{"verification":"uptime"}';
  } catch {
    return false;
  }
}
