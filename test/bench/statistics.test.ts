import fc from "fast-check";
import { expect, it } from "vitest";
import { exponentOf, median, quantile, ratiosOf, spreadOf } from "../../bench/speed/statistics.ts";

it("takes the middle of an odd number of values and the mean of the two middle ones of an even number", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([9, 1, 5, 7])).toBe(6);
  expect(() => median([])).toThrow(RangeError);
});

it("finds quantiles among the values themselves, in any order", () => {
  const values = Array.from({ length: 100 }, (_, index) => 99 - index);
  expect(quantile(values, 0.5)).toBe(50);
  expect(quantile(values, 0.99)).toBe(99);
  expect(quantile(values, 1)).toBe(99);
});

it("keeps a median between the least and the most", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1 }), (values) => {
      const spread = spreadOf(values);
      expect(spread.min).toBeLessThanOrEqual(spread.median);
      expect(spread.median).toBeLessThanOrEqual(spread.max);
    }),
  );
});

it("compares contenders round by round, so that a slow moment of the machine does not count", () => {
  // The second round was ten times as slow for both.
  expect(ratiosOf([10, 100, 12], [20, 200, 24])).toEqual({ median: 0.5, min: 0.5, max: 0.5 });
});

it("finds the exponent of a power law", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 3, noNaN: true }),
      fc.integer({ min: 1, max: 1000 }),
      (exponent, factor) => {
        const points = [1, 10, 100, 1000].map((work) => ({ work, cost: factor * work ** exponent }));
        expect(exponentOf(points)).toBeCloseTo(exponent, 6);
      },
    ),
  );
});
