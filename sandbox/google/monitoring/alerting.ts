import { own } from "../../../function/shared/json.ts";
import type { Aggregation, Alert, Condition } from "../../../infra/operations/alerts.ts";
import { fieldOf, type Point, type Series, type TimeSeries } from "./time-series.ts";

/** A service-level objective: of the values of a distribution, a share must not be above a limit. */
export interface EvaluatedObjective {
  readonly filter: string;
  readonly limit: number;
  readonly goal: number;
}

/** When an alert fired, and when it was over. */
export interface Incident {
  readonly alert: string;
  /** In milliseconds since the epoch. */
  readonly openedAt: number;
  closedAt: number | undefined;
}

/** Evaluates alerting policies as Cloud Monitoring does. */
export interface Alerting {
  /** To be called once a minute. @param now in milliseconds since the epoch */
  evaluate(now: number): void;
  readonly incidents: readonly Incident[];
}

/** What a condition says at one time: undefined without data. */
type State = boolean | undefined;

/** A policy whose conditions have been evaluated before. */
interface Evaluated {
  readonly alert: string;
  readonly conditions: readonly Evaluating[];
  readonly autoCloseMs: number;
  open: Incident | undefined;
  /** When a condition had data for the last time. */
  dataAt: number;
}

/** A condition, and since when it has been met. */
interface Evaluating {
  readonly condition: Condition;
  metSince: number | undefined;
}

/**
 * @param policies the conditions of each alert; all of them must be met
 * @param objectives by their full names
 * @param autoCloseSeconds how long after the end of all data an incident is closed
 */
export function createAlerting(
  series: TimeSeries,
  policies: Readonly<Record<string, ReturnType<Alert["conditions"]>>>,
  {
    objectives,
    autoCloseSeconds,
    startedAt,
  }: {
    readonly objectives: Readonly<Record<string, EvaluatedObjective>>;
    readonly autoCloseSeconds: number;
    readonly startedAt: number;
  },
): Alerting {
  const incidents: Incident[] = [];
  const evaluated: readonly Evaluated[] = Object.entries(policies).map(([alert, conditions]) => ({
    alert,
    conditions: conditions.map((condition) => ({ condition, metSince: undefined })),
    autoCloseMs: autoCloseSeconds * 1000,
    open: undefined,
    dataAt: startedAt,
  }));

  const stateOf = ({ conditionThreshold, conditionAbsent }: Condition, now: number): State => {
    if (conditionAbsent !== undefined) return isAbsent(series, conditionAbsent, startedAt, now);
    if (conditionThreshold === undefined)
      throw new Error("The condition is of a kind that is not known here.");
    const { filter, thresholdValue, aggregations = [] } = conditionThreshold;
    const [, name = "", seconds = ""] = /^select_slo_burn_rate\("([^"]+)", "(\d+)s"\)$/.exec(filter) ?? [];
    const objective = own(objectives, name);
    const values =
      objective === undefined
        ? aligned(series.matching(filter), aggregations[0], now)
        : burnRate(series, objective, Number(seconds) * 1000, now);
    if (values.length === 0) return undefined;
    return values.some((value) => value > thresholdValue);
  };

  /**
   * @decision A condition is met when its threshold has been crossed at each evaluation for its duration. Without data a condition
   * keeps its state, unless it says that it is inactive then. An incident opens when all conditions are met, and closes when one is
   * not; or when there has been no data for as long as auto-close says. Here conditions are evaluated once a minute, and data is there
   * as soon as it was written; at Google, metrics from logs may come some minutes late.
   * @evidence documentation: Cloud Monitoring, "Behavior of metric-based alerting policies"
   * (https://cloud.google.com/monitoring/alerts/concepts-indepth): alignment period and duration, partial metric data, incidents per
   * condition with AND; googleapis/googleapis f8291d2, google/monitoring/v3/alert.proto: MetricThreshold.duration,
   * evaluation_missing_data, AlertStrategy.auto_close.
   * @matters late: a person learns of a fault by the alert.
   */
  const evaluatePolicy = (policy: Evaluated, now: number): void => {
    const states = policy.conditions.map((one) => {
      const { conditionThreshold } = one.condition;
      const state = stateOf(one.condition, now);
      if (state !== undefined) policy.dataAt = now;
      const isInactive = conditionThreshold?.evaluationMissingData === "EVALUATION_MISSING_DATA_INACTIVE";
      if (state === true) one.metSince ??= now;
      else if (state === false || isInactive) one.metSince = undefined;
      const durationMs = conditionThreshold === undefined ? 0 : secondsOf(conditionThreshold.duration) * 1000;
      return one.metSince !== undefined && now - one.metSince >= durationMs;
    });
    const isMet = states.every(Boolean);
    if (isMet && policy.open === undefined) {
      policy.open = { alert: policy.alert, openedAt: now, closedAt: undefined };
      incidents.push(policy.open);
    }
    const isOver = !isMet || now - policy.dataAt >= policy.autoCloseMs;
    if (policy.open !== undefined && isOver) {
      policy.open.closedAt = now;
      policy.open = undefined;
      for (const one of policy.conditions) one.metSince = undefined;
    }
  };

  return {
    incidents,
    evaluate(now) {
      for (const policy of evaluated) evaluatePolicy(policy, now);
    },
  };
}

/**
 * @decision Points are aligned in a window that ends now and is as long as the alignment period; then series are reduced, those with
 * the same labels of the groups together. A window without points has no value. Percentiles are computed from the values themselves;
 * Google computes them from the buckets of the distribution.
 * @evidence documentation: googleapis/googleapis f8291d2, google/monitoring/v3/common.proto, Aggregation: ALIGN_DELTA, ALIGN_MIN,
 * ALIGN_PERCENTILE_99, ALIGN_NEXT_OLDER, REDUCE_SUM, REDUCE_MAX, REDUCE_COUNT_FALSE; Cloud Monitoring, "Behavior of metric-based
 * alerting policies": the alignment period is a look-back interval from a particular point in time.
 * @matters late: the period decides when an alert fires, and when it is over.
 */
function aligned(
  all: readonly Series[],
  aggregation: Aggregation | undefined,
  now: number,
): readonly number[] {
  if (aggregation === undefined) throw new Error("A condition without an aggregation is not known here.");
  const { alignmentPeriod, perSeriesAligner, crossSeriesReducer, groupByFields = [] } = aggregation;
  const from = now - secondsOf(alignmentPeriod) * 1000;
  const values = all.flatMap((series) => {
    const value = align(series.points.slice(...bounds(series.points, from, now)), perSeriesAligner);
    if (value === undefined) return [];
    const group = JSON.stringify(groupByFields.map((path) => fieldOf(series, path)));
    return [{ group, value }];
  });
  if (crossSeriesReducer === undefined) return values.map(({ value }) => Number(value));
  return [...Map.groupBy(values, ({ group }) => group).values()].map((group) =>
    reduce(
      group.map(({ value }) => value),
      crossSeriesReducer,
    ),
  );
}

function align(
  points: readonly Point[],
  aligner: Aggregation["perSeriesAligner"],
): number | boolean | undefined {
  const last = points.at(-1);
  if (last === undefined) return undefined;
  const numbers = points.map(({ value }) => Number(value));
  switch (aligner) {
    case "ALIGN_DELTA":
      return numbers.reduce((sum, value) => sum + value, 0);
    case "ALIGN_MIN":
      return Math.min(...numbers);
    case "ALIGN_PERCENTILE_99":
      return numbers.sort((one, other) => one - other)[Math.ceil(0.99 * numbers.length) - 1];
    case "ALIGN_NEXT_OLDER":
      return last.value;
  }
}

function reduce(
  values: readonly (number | boolean)[],
  reducer: NonNullable<Aggregation["crossSeriesReducer"]>,
): number {
  switch (reducer) {
    case "REDUCE_SUM":
      return values.reduce<number>((sum, value) => sum + Number(value), 0);
    case "REDUCE_MAX":
      return Math.max(...values.map(Number));
    case "REDUCE_COUNT_FALSE":
      return values.filter((value) => value === false).length;
  }
}

/**
 * @decision Absence is met when there was data since the policy was made, and none for the duration.
 * @evidence documentation: Cloud Monitoring, "Behavior of metric-based alerting policies"
 * (https://cloud.google.com/monitoring/alerts/concepts-indepth): metric-absence conditions require at least one successful measurement
 * within the maximum duration window after the policy was installed or modified.
 * @matters late: a schedule that has never run is not missed.
 */
function isAbsent(
  series: TimeSeries,
  { filter, duration }: NonNullable<Condition["conditionAbsent"]>,
  startedAt: number,
  now: number,
): State {
  const last = Math.max(...series.matching(filter).map(({ points }) => points.at(-1)?.at ?? startedAt));
  if (!Number.isFinite(last)) return undefined;
  return now - last >= secondsOf(duration) * 1000;
}

/**
 * @decision The burn rate is the share of bad values within the look-back time, over the share that the goal allows; without values
 * there is none.
 * @evidence documentation: Cloud Monitoring, "Alerting on your burn rate"
 * (https://cloud.google.com/stackdriver/docs/solutions/slo-monitoring/alerting-on-budget-burn-rate), and "Retrieving SLO data":
 * select_slo_burn_rate.
 * @matters late: the burn rate decides when somebody is woken.
 */
function burnRate(
  series: TimeSeries,
  { filter, limit, goal }: EvaluatedObjective,
  lookBackMs: number,
  now: number,
): readonly number[] {
  let [all, bad] = [0, 0];
  for (const { points } of series.matching(filter)) {
    const [first, end] = bounds(points, now - lookBackMs, now);
    all += end - first;
    for (let index = first; index < end; index += 1) if (Number(points[index]?.value) > limit) bad += 1;
  }
  return all === 0 ? [] : [bad / all / (1 - goal)];
}

/** Where the points after `from` up to `to` begin and end. */
function bounds(points: readonly Point[], from: number, to: number): readonly [first: number, end: number] {
  return [countUpTo(points, from), countUpTo(points, to)];
}

/** How many points are not after a time; they are in the order of time. */
function countUpTo(points: readonly Point[], time: number): number {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle]?.at ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function secondsOf(duration: string): number {
  return Number.parseInt(duration, 10);
}
