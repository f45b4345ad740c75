import type { AlertNames } from "./alerts.ts";
import { ANSWER_WITHIN_MS } from "./objectives.ts";

/** A line of a chart. */
interface Line {
  readonly filter: string;
  readonly aligner: string;
  readonly reducer?: string;
  readonly groupBy?: string;
  readonly legend?: string;
}

/** A chart; its width is a share of a row. */
interface Chart {
  readonly title: string;
  readonly width: 12 | 16 | 24 | 48;
  readonly lines: readonly Line[];
  /** A line that the values must not cross. */
  readonly limit?: number;
  readonly kind?: "LINE" | "STACKED_BAR";
}

/** The dashboard's JSON (Google Cloud, "Cloud Monitoring API": Dashboard), as far as the program uses it. */
export interface Dashboard {
  readonly displayName: string;
  readonly mosaicLayout: { readonly columns: number; readonly tiles: readonly Tile[] };
}

/** A chart in its place. */
export interface Tile {
  readonly xPos?: number;
  readonly yPos?: number;
  readonly width: number;
  readonly height: number;
  readonly widget: Widget;
}

interface Widget {
  readonly title: string;
  readonly xyChart: {
    readonly dataSets: readonly DataSet[];
    readonly thresholds?: readonly { readonly targetAxis: "Y1"; readonly value: number }[];
  };
}

/** A line of a chart. */
export interface DataSet {
  readonly plotType: "LINE" | "STACKED_BAR";
  readonly targetAxis: "Y1";
  readonly legendTemplate?: string;
  readonly timeSeriesQuery: {
    readonly timeSeriesFilter: {
      readonly filter: string;
      readonly aggregation: {
        readonly alignmentPeriod: string;
        readonly perSeriesAligner: string;
        readonly crossSeriesReducer?: string;
        readonly groupByFields?: readonly string[];
      };
    };
  };
}

/** Columns of Google's mosaic, and how high a chart is. */
const COLUMNS = 48;
const HEIGHT = 16;

/** The charts from the top: what people notice first, then why, then what it costs. */
export function chartsOf(names: AlertNames): readonly Chart[] {
  const { metrics, services, queue, objectives } = names;
  const log = (name: string) =>
    `metric.type="logging.googleapis.com/user/${name}" resource.type="cloud_run_revision"`;
  const run = (metric: string, service: string) =>
    `metric.type="run.googleapis.com/${metric}" resource.type="cloud_run_revision" resource.labels.service_name="${service}"`;
  const tasks = (metric: string) =>
    `metric.type="cloudtasks.googleapis.com/queue/${metric}" resource.type="cloud_tasks_queue" resource.labels.queue_id="${queue}"`;
  const percentiles = (filter: string): readonly Line[] =>
    [50, 95, 99].map((share) => ({
      filter,
      aligner: "ALIGN_DELTA",
      reducer: `REDUCE_PERCENTILE_${share}`,
      legend: `${share} %`,
    }));
  const counts = (filter: string, groupBy: string): readonly Line[] => [
    { filter, aligner: "ALIGN_DELTA", reducer: "REDUCE_SUM", groupBy },
  ];
  return [
    {
      title: "Sign-ins that became memberships, by how they were found",
      width: 24,
      kind: "STACKED_BAR",
      lines: counts(log(metrics.memberships), "metric.label.source"),
    },
    {
      title: "Seconds from the sign-in to the membership",
      width: 24,
      lines: percentiles(log(metrics.delay)),
      limit: 300,
    },
    {
      title: "Error budget left: memberships within 5 minutes",
      width: 24,
      lines: [
        { filter: `select_slo_budget_fraction("${objectives.memberships}")`, aligner: "ALIGN_NEXT_OLDER" },
      ],
    },
    {
      title: "Error budget left: answers within 3 seconds",
      width: 24,
      lines: [{ filter: `select_slo_budget_fraction("${objectives.answers}")`, aligner: "ALIGN_NEXT_OLDER" }],
    },
    {
      title: "Requests to the receiver, by answer",
      width: 24,
      kind: "STACKED_BAR",
      lines: counts(run("request_count", services.receive), "metric.label.response_code"),
    },
    {
      title: "Milliseconds until the receiver answers",
      width: 24,
      lines: percentiles(run("request_latencies", services.receive)),
      limit: ANSWER_WITHIN_MS,
    },
    {
      title: "Tasks in the queue",
      width: 24,
      lines: [{ filter: tasks("depth"), aligner: "ALIGN_MAX" }],
    },
    {
      title: "Milliseconds from a task's time to its attempt",
      width: 24,
      lines: percentiles(tasks("task_attempt_delays")),
    },
    {
      title: "Attempts for sign-ins that are late, by reason",
      width: 16,
      kind: "STACKED_BAR",
      lines: counts(log(metrics.late), "metric.label.reason"),
    },
    {
      title: "Tasks that ended without a membership, by reason",
      width: 16,
      kind: "STACKED_BAR",
      lines: counts(log(metrics.refused), "metric.label.reason"),
    },
    {
      title: "Faults for an administrator",
      width: 16,
      kind: "STACKED_BAR",
      lines: counts(log(metrics.faults), "metric.label.fault"),
    },
    {
      title: "Sign-ins that the hook did not deliver",
      width: 24,
      kind: "STACKED_BAR",
      lines: [
        {
          filter: `${log(metrics.memberships)} metric.labels.source="reconcile"`,
          aligner: "ALIGN_DELTA",
          reducer: "REDUCE_SUM",
        },
      ],
    },
    {
      title: "Seconds by which polls end behind the System Log",
      width: 24,
      lines: [
        { filter: log(metrics.lag), aligner: "ALIGN_DELTA", reducer: "REDUCE_PERCENTILE_99", legend: "99 %" },
      ],
    },
    {
      title: "Percent of Okta's rate limits that is used, from 50 on",
      width: 16,
      lines: [
        {
          filter: log(metrics.limit),
          aligner: "ALIGN_DELTA",
          reducer: "REDUCE_PERCENTILE_99",
          groupBy: "metric.label.bucket",
        },
      ],
      limit: 100,
    },
    {
      title: "What Okta reports of the hook and its rate limits",
      width: 16,
      kind: "STACKED_BAR",
      lines: counts(log(metrics.reports), "metric.label.eventType"),
    },
    {
      title: "Memberships without a sign-in, by reason",
      width: 16,
      kind: "STACKED_BAR",
      lines: counts(log(metrics.unexpected), "metric.label.reason"),
    },
    {
      title: "Instances",
      width: 16,
      lines: (["receive", "grant", "reconcile"] as const).map((name) => ({
        filter: run("container/instance_count", services[name]),
        aligner: "ALIGN_MAX",
        reducer: "REDUCE_SUM",
        legend: name,
      })),
    },
    {
      title: "Milliseconds that starts take",
      width: 16,
      lines: (["receive", "grant", "reconcile"] as const).map((name) => ({
        filter: run("container/startup_latencies", services[name]),
        aligner: "ALIGN_DELTA",
        reducer: "REDUCE_PERCENTILE_95",
        legend: name,
      })),
    },
    {
      title: "Instance time that is billed, in seconds each second",
      width: 16,
      lines: (["receive", "grant", "reconcile"] as const).map((name) => ({
        filter: run("container/billable_instance_time", services[name]),
        aligner: "ALIGN_RATE",
        reducer: "REDUCE_SUM",
        legend: name,
      })),
    },
  ];
}

/**
 * The dashboard's JSON as Google gives it back, so that a second update changes nothing: no field with a zero or empty value, and
 * 32-bit numbers as numbers (Protocol Buffers, "ProtoJSON format").
 */
export function dashboardOf(title: string, names: AlertNames): Dashboard {
  let x = 0;
  let y = 0;
  const tiles = chartsOf(names).map((chart) => {
    if (x + chart.width > COLUMNS) {
      x = 0;
      y += HEIGHT;
    }
    const tile = {
      ...(x === 0 ? {} : { xPos: x }),
      ...(y === 0 ? {} : { yPos: y }),
      width: chart.width,
      height: HEIGHT,
      widget: widgetOf(chart),
    };
    x += chart.width;
    return tile;
  });
  return { displayName: title, mosaicLayout: { columns: COLUMNS, tiles } };
}

function widgetOf({ title, lines, limit, kind = "LINE" }: Chart): Widget {
  return {
    title,
    xyChart: {
      dataSets: lines.map(({ filter, aligner, reducer, groupBy, legend }) => ({
        plotType: kind,
        targetAxis: "Y1",
        ...(legend === undefined ? {} : { legendTemplate: legend }),
        timeSeriesQuery: {
          timeSeriesFilter: {
            filter,
            aggregation: {
              alignmentPeriod: "60s",
              perSeriesAligner: aligner,
              ...(reducer === undefined ? {} : { crossSeriesReducer: reducer }),
              ...(groupBy === undefined ? {} : { groupByFields: [groupBy] }),
            },
          },
        },
      })),
      ...(limit === undefined ? {} : { thresholds: [{ targetAxis: "Y1", value: limit }] }),
    },
  };
}
