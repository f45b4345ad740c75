import { describe, expect, it } from "vitest";
import type { Condition } from "../../../../infra/operations/alerts.ts";
import { createAlerting } from "../../../../sandbox/google/monitoring/alerting.ts";
import { createTimeSeries } from "../../../../sandbox/google/monitoring/time-series.ts";

const MINUTE = 60_000;
const FILTER = 'metric.type="m"';
const key = { metric: "m", metricLabels: {}, resource: "r", resourceLabels: {} };

/** One policy, evaluated every minute. @param points value by minute */
function incidentsOf(
  conditions: readonly Condition[],
  points: Readonly<Record<number, number | boolean>>,
  minutes: number,
): readonly (readonly [opened: number, closed: number | undefined])[] {
  const series = createTimeSeries();
  const alerting = createAlerting(
    series,
    { alert: conditions },
    { objectives: { slo: { filter: FILTER, limit: 300, goal: 0.9 } }, autoCloseSeconds: 1800, startedAt: 0 },
  );
  for (let minute = 0; minute <= minutes; minute += 1) {
    const value = points[minute];
    if (value !== undefined) series.write(key, { at: minute * MINUTE, value });
    alerting.evaluate(minute * MINUTE);
  }
  return alerting.incidents.map(({ openedAt, closedAt }) => [
    openedAt / MINUTE,
    closedAt === undefined ? undefined : closedAt / MINUTE,
  ]);
}

function threshold(
  more: Partial<NonNullable<Condition["conditionThreshold"]>>,
  aggregation: Partial<
    NonNullable<NonNullable<Condition["conditionThreshold"]>["aggregations"]>[number]
  > = {},
): Condition {
  return {
    displayName: "c",
    conditionThreshold: {
      filter: FILTER,
      comparison: "COMPARISON_GT",
      thresholdValue: 2,
      duration: "0s",
      aggregations: [{ alignmentPeriod: "300s", perSeriesAligner: "ALIGN_DELTA", ...aggregation }],
      ...more,
    },
  };
}

const INACTIVE = { evaluationMissingData: "EVALUATION_MISSING_DATA_INACTIVE" } as const;

describe("a threshold", () => {
  it("is crossed by the sum of the last alignment period, and over when no point of it is left", () => {
    expect(incidentsOf([threshold(INACTIVE)], { 3: 1, 4: 1, 6: 1 }, 20)).toEqual([[6, 8]]);
  });

  it("is not crossed by a value that equals it", () => {
    expect(incidentsOf([threshold({})], { 3: 2 }, 10)).toEqual([]);
  });

  it("has to be crossed for the whole duration", () => {
    const values = { 3: 9, 4: 9, 5: 9 };
    expect(incidentsOf([threshold({ ...INACTIVE, duration: "420s" })], values, 20)).toEqual([]);
    expect(incidentsOf([threshold({ ...INACTIVE, duration: "360s" })], values, 20)).toEqual([[9, 10]]);
  });

  it("keeps its state without data, until the incident is closed by itself after 30 minutes", () => {
    expect(incidentsOf([threshold({})], { 3: 9 }, 60)).toEqual([[3, 37]]);
  });

  it("takes the lowest value, the last one, or the highest but for one of a hundred", () => {
    const values = { 1: 1, 2: 9, 3: 5 };
    const with_ = (perSeriesAligner: "ALIGN_MIN" | "ALIGN_NEXT_OLDER" | "ALIGN_PERCENTILE_99") =>
      incidentsOf([threshold(INACTIVE, { perSeriesAligner })], values, 12);
    expect(with_("ALIGN_MIN")).toEqual([[6, 8]]);
    expect(with_("ALIGN_NEXT_OLDER")).toEqual([[2, 8]]);
    expect(with_("ALIGN_PERCENTILE_99")).toEqual([[2, 8]]);
  });

  it("counts the series that are false", () => {
    const aggregation = {
      alignmentPeriod: "120s",
      perSeriesAligner: "ALIGN_NEXT_OLDER",
      crossSeriesReducer: "REDUCE_COUNT_FALSE",
    } as const;
    const condition = threshold({ ...INACTIVE, thresholdValue: 0 }, aggregation);
    expect(incidentsOf([condition], { 1: true, 2: false, 3: true }, 6)).toEqual([[2, 3]]);
  });
});

it("absence is met only after there was data, and until there is data again", () => {
  const absence: Condition = {
    displayName: "c",
    conditionAbsent: { filter: FILTER, duration: "600s", aggregations: [] },
  };
  expect(incidentsOf([absence], {}, 60)).toEqual([]);
  expect(incidentsOf([absence], { 5: 1, 30: 1 }, 35)).toEqual([[15, 30]]);
});

it("the burn rate is the bad share of the look-back time over the share that the goal allows", () => {
  const burning = (seconds: number): Condition => ({
    displayName: "c",
    conditionThreshold: {
      filter: `select_slo_burn_rate("slo", "${seconds}s")`,
      comparison: "COMPARISON_GT",
      thresholdValue: 4.9,
      duration: "0s",
    },
  });
  // One of two is bad: half of all, where a tenth is allowed.
  expect(incidentsOf([burning(600)], { 1: 100, 2: 301, 3: 300 }, 8)).toEqual([[2, 3]]);
  // Both windows have to burn: the short one does no longer.
  expect(incidentsOf([burning(600), burning(60)], { 1: 100, 2: 301, 3: 300 }, 8)).toEqual([[2, 3]]);
  // What was before the look-back time no longer counts.
  expect(incidentsOf([burning(120)], { 1: 301, 4: 300 }, 8)).toEqual([[1, 4]]);
});

it("an incident needs all conditions", () => {
  const other = threshold({ filter: 'metric.type="other"' });
  expect(incidentsOf([threshold({}), other], { 1: 9 }, 5)).toEqual([]);
});
