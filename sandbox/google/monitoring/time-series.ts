import { own } from "../../../function/shared/json.ts";
import type { metricInputs } from "../../../infra/operations/metrics.ts";
import { parseFilter } from "./filter.ts";

/** Labels by name. */
type Labels = Readonly<Record<string, string>>;

/** Which time series a point belongs to. */
export interface SeriesKey {
  readonly metric: string;
  readonly metricLabels: Labels;
  readonly resource: string;
  readonly resourceLabels: Labels;
}

/** A value at a time, in milliseconds since the epoch. A distribution is the values that it counts, one point each. */
export interface Point {
  readonly at: number;
  readonly value: number | boolean;
}

/** A time series; its points are in the order of time. */
export interface Series extends SeriesKey {
  readonly points: readonly Point[];
}

/** The time series of a project. */
export interface TimeSeries {
  write(key: SeriesKey, point: Point): void;
  /** Those that a filter of Cloud Monitoring means. */
  matching(filter: string): readonly Series[];
}

/** Points of a series that are kept, the latest: those of hours even under load. */
const KEPT_POINTS = 500_000;

export function createTimeSeries(): TimeSeries {
  const all = new Map<string, SeriesKey & { readonly points: Point[] }>();
  /** What each filter means of the series there are. */
  const found = new Map<string, readonly Series[]>();
  return {
    write(key, point) {
      const { metric, metricLabels, resource, resourceLabels } = key;
      const id = JSON.stringify([metric, metricLabels, resource, resourceLabels]);
      let series = all.get(id);
      if (series === undefined) {
        series = { ...key, points: [] };
        all.set(id, series);
        found.clear();
      }
      series.points.push(point);
      if (series.points.length > KEPT_POINTS) series.points.splice(0, KEPT_POINTS / 10);
    },
    matching(text) {
      let matching = found.get(text);
      if (matching === undefined) {
        const filter = parseFilter(text);
        matching = [...all.values()].filter((series) => filter((path) => fieldOf(series, path)));
        found.set(text, matching);
      }
      return matching;
    },
  };
}

/** The value of a label or a type of a series. @param path such as `metric.labels.source` */
export function fieldOf(series: SeriesKey, path: string): string | undefined {
  if (path === "metric.type") return series.metric;
  if (path === "resource.type") return series.resource;
  const [, of, name = ""] = /^(metric|resource)\.labels?\.(.+)$/.exec(path) ?? [];
  return of === "metric" ? own(series.metricLabels, name) : own(series.resourceLabels, name);
}

/** A line of a function's log, with the Cloud Run service that wrote it; or an entry of something else, of the resource `global`. */
export interface WrittenEntry {
  readonly service?: string;
  readonly entry: Readonly<Record<string, unknown>>;
  /** In milliseconds since the epoch. */
  readonly at: number;
}

/**
 * Computes log-based metrics from entries.
 *
 * @decision A metric counts the entries that its filter means from its creation on: a counter by one, a distribution by the value that
 * its extractor takes. An entry without that value is not counted. A label whose field is missing is empty. Nothing is written while
 * there is nothing to count.
 * @evidence documentation: googleapis/googleapis f8291d2, google/logging/v2/logging_metrics.proto, LogMetric.value_extractor,
 * label_extractors: "the extracted value is converted to the type defined in the label descriptor. If either the extraction or the type
 * conversion fails, the label will have a default value"; Cloud Logging, "Log-based metrics overview"
 * (https://cloud.google.com/logging/docs/logs-based-metrics). That a counter without entries has no points, and not zeros, is assumed here.
 * @matters late: an incident of a counter that has no points any more is closed for the lack of data.
 *
 * @param metrics the inputs of `gcp.logging.Metric` by name
 */
export function createLogMetrics(
  series: TimeSeries,
  metrics: Readonly<Record<string, ReturnType<typeof metricInputs>>>,
): (written: WrittenEntry) => void {
  const prepared = Object.entries(metrics).map(([name, metric]) => ({
    name,
    metric,
    filter: parseFilter(metric.filter),
  }));
  return ({ service, entry, at }) => {
    const resource = service === undefined ? "global" : "cloud_run_revision";
    const field = (path: string) => {
      if (path === "resource.type") return resource;
      if (path === "resource.labels.service_name") return service;
      const value = own(entry, path.replace(/^jsonPayload\./, ""));
      return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
        ? value
        : undefined;
    };
    for (const { name, metric, filter } of prepared) {
      if (!filter(field)) continue;
      const value = "valueExtractor" in metric ? field(extracted(metric.valueExtractor)) : 1;
      if (typeof value !== "number") continue;
      const labels = Object.entries(metric.labelExtractors).map(
        ([label, extractor]) => [label, String(field(extracted(extractor)) ?? "")] as const,
      );
      series.write(
        {
          metric: `logging.googleapis.com/user/${name}`,
          metricLabels: Object.fromEntries(labels),
          resource,
          resourceLabels: service === undefined ? {} : { service_name: service },
        },
        { at, value },
      );
    }
  };
}

/** The field in `EXTRACT(field)`. */
function extracted(extractor: string): string {
  return extractor.slice("EXTRACT(".length, -1);
}
