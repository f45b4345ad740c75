import { auditRetentionDays } from "../settings.ts";
import { type Alert, alertNamesOf, alerts, onlyWith } from "./alerts.ts";
import { type LogMetric, logMetrics } from "./metrics.ts";

/** How many sign-ins a day the table is for. */
const SIGN_INS = [1_000, 10_000, 100_000];

const DAYS = 30;
const MINUTES = DAYS * 24 * 60;

/**
 * List prices in US dollars (Google Cloud: "Google Cloud Observability pricing", https://cloud.google.com/stackdriver/pricing, and its
 * pricing examples; "Manage alerting costs", https://cloud.google.com/monitoring/alerts/cost-control; "Cloud Tasks pricing",
 * https://cloud.google.com/tasks/pricing; "Cloud Scheduler pricing",
 * https://cloud.google.com/scheduler/pricing; "BigQuery pricing", https://cloud.google.com/bigquery/pricing). What is free is free each month.
 */
const prices = {
  logGiB: 0.5,
  freeLogGiB: 50,
  metricMiB: 0.258,
  freeMetricMiB: 150,
  condition: 1.5,
  millionSeries: 0.35,
  thousandUptimeChecks: 0.3,
  freeUptimeChecks: 1_000_000,
  job: 0.1,
  millionTaskOperations: 0.4,
  freeTaskOperations: 1_000_000,
  writtenGB: 0.05,
  storedGB: 0.02,
  freeStoredGB: 10,
} as const;

/**
 * What one sign-in writes into the log: about 1.5 KiB by the functions themselves (test/operations/costs.test.ts), two request logs of Cloud
 * Run of about 1.5 KiB, and three entries of the queue of about 0.8 KiB (Google Cloud, LogEntry: HttpRequest and labels).
 */
const LOG_BYTES = 1.5 * 1024 + 2 * 1.5 * 1024 + 3 * 0.8 * 1024;

/** Conditions are evaluated every 30 s (Google Cloud, "Google Cloud Observability pricing examples"). */
const EVALUATIONS = 2 * MINUTES;

/** Regions from which Google asks, once a minute (Google Cloud, "Create public uptime checks"). */
const UPTIME_REGIONS = 6;

/** Bytes of a point: 8 of a number, 80 of a distribution (Google Cloud, "Google Cloud Observability pricing": Monitoring data). */
const POINT_BYTES = { number: 8, distribution: 80 } as const;

/** Series that one metric has at most, on a usual day. */
const SERIES = 4;

/** A row of the table. */
interface Cost {
  readonly what: string;
  readonly how: string;
  /** In US dollars a month, without and with what is free. */
  readonly of: (signInsADay: number) => { readonly full: number; readonly free: number };
}

const same = (full: number, free = 0) => ({ full, free: Math.min(full, free) });

/** What watching costs, and what grows with the sign-ins besides: the functions are in docs/deployment.md. */
function costs(): readonly Cost[] {
  const conditions = Object.entries<Alert>(alerts)
    .filter(([key]) => !Object.hasOwn(onlyWith, key))
    .flatMap(([, alert]) => alert.conditions(alertNamesOf((name) => name))).length;
  const pointBytes = Object.values<LogMetric>(logMetrics).reduce(
    (sum, { value, labels }) =>
      sum + POINT_BYTES[value === undefined ? "number" : "distribution"] * (labels.length > 0 ? SERIES : 1),
    0,
  );
  const metricMiB = (pointBytes * MINUTES) / 2 ** 20;
  const uptimeChecks = UPTIME_REGIONS * MINUTES;
  return [
    {
      what: "logs",
      how: `${(LOG_BYTES / 1024).toFixed(1)} KiB for each sign-in; ${prices.logGiB} for each GiB beyond ${prices.freeLogGiB} a month in a project`,
      of: (signIns) =>
        same((signIns * DAYS * LOG_BYTES * prices.logGiB) / 2 ** 30, prices.freeLogGiB * prices.logGiB),
    },
    {
      what: "log-based metrics",
      how: `${Object.keys(logMetrics).length} metrics, at most ${metricMiB.toFixed(0)} MiB: a point for each series and minute; ${prices.metricMiB} for each MiB beyond ${prices.freeMetricMiB} of a billing account`,
      of: () => same(metricMiB * prices.metricMiB, prices.freeMetricMiB * prices.metricMiB),
    },
    {
      what: "alerts: conditions",
      how: `${conditions} × ${prices.condition}`,
      of: () => same(conditions * prices.condition),
    },
    {
      what: "alerts: time series",
      how: `${conditions} series × ${EVALUATIONS.toLocaleString("en")} evaluations × ${prices.millionSeries} for a million`,
      of: () => same((conditions * EVALUATIONS * prices.millionSeries) / 1e6),
    },
    {
      what: "uptime check",
      how: `${UPTIME_REGIONS} regions × ${MINUTES.toLocaleString("en")} minutes; ${prices.thousandUptimeChecks} for a thousand beyond a million in a project`,
      of: () =>
        same(
          (uptimeChecks * prices.thousandUptimeChecks) / 1000,
          (prices.freeUptimeChecks * prices.thousandUptimeChecks) / 1000,
        ),
    },
    {
      what: "schedules",
      how: `2 jobs × ${prices.job}; a billing account's first 3 are free`,
      of: () => same(2 * prices.job, 3 * prices.job),
    },
    {
      what: "queue (not of watching)",
      how: `3 operations for each sign-in: hook, poll and dispatch; ${prices.millionTaskOperations} for a million beyond the first`,
      of: (signIns) =>
        same(
          (3 * signIns * DAYS * prices.millionTaskOperations) / 1e6,
          (prices.freeTaskOperations * prices.millionTaskOperations) / 1e6,
        ),
    },
  ];
}

/**
 * An exported record has about 1 KB, which BigQuery counts for each row at least. The stored ones are those of a stack that has exported
 * for as long as it keeps them.
 */
function exportCost(signIns: number) {
  const [written, stored] = [DAYS, auditRetentionDays.bigquery].map((days) => (signIns * days) / 1e6);
  const full = Number(written) * prices.writtenGB + Number(stored) * prices.storedGB;
  return same(full, Math.min(Number(stored), prices.freeStoredGB) * prices.storedGB);
}

/** The table of docs/operations.md: list prices, and what is left of them where nothing else uses what is free. */
export function costTable(): string {
  const money = (dollars: number) => dollars.toFixed(2);
  const cell = ({ full, free }: ReturnType<Cost["of"]>) =>
    free === 0 ? money(full) : `${money(full - free)} (${money(full)})`;
  const all = costs();
  const total = (signIns: number) =>
    all
      .map(({ of }) => of(signIns))
      .reduce((sum, { full, free }) => ({ full: sum.full + full, free: sum.free + free }), same(0));
  return [
    `| US dollars a month, at sign-ins a day | ${SIGN_INS.map((count) => count.toLocaleString("en")).join(" | ")} | how |`,
    "|---|---|---|---|---|",
    ...all.map(
      ({ what, how, of }) => `| ${what} | ${SIGN_INS.map((count) => cell(of(count))).join(" | ")} | ${how} |`,
    ),
    `| together | ${SIGN_INS.map((count) => cell(total(count))).join(" | ")} | |`,
    `| besides, with \`auditExport: bigquery\` | ${SIGN_INS.map((count) => cell(exportCost(count))).join(" | ")} | a record of 1 KB for each sign-in, written for ${prices.writtenGB} a GB, and kept for ${auditRetentionDays.bigquery} days at ${prices.storedGB} for each GB and month beyond ${prices.freeStoredGB} GB of a billing account |`,
    "",
  ].join("\n");
}
