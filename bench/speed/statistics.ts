/** What several rounds of one measure gave. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** @param part from 0 to 1 @throws RangeError when there are no values */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
  if (value === undefined) throw new RangeError("There are no values.");
  return value;
}

/** The middle value, or the mean of the two in the middle. @throws RangeError when there are no values */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new RangeError("There are no values.");
  return (upper + lower) / 2;
}

/** @throws RangeError when there are no values */
export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * The ratios of two contenders, round by round: what slows the machine down for a while slows both, so a ratio moves less than
 * either. @throws RangeError when they have no round in common
 */
export function ratiosOf(ours: readonly number[], theirs: readonly number[]): Spread {
  return spreadOf(
    ours.flatMap((value, round) => {
      const other = theirs[round];
      return other === undefined || other === 0 ? [] : [value / other];
    }),
  );
}
/**
 * The exponent of the power law through points, by least squares of their logarithms: 1 is a cost that grows as the work does.
 *
 * @throws RangeError when there are fewer than two points
 */
export function exponentOf(points: readonly { readonly work: number; readonly cost: number }[]): number {
  if (points.length < 2) throw new RangeError("A curve needs two points.");
  const logarithms = points.map(({ work, cost }) => ({ x: Math.log(work), y: Math.log(cost) }));
  const mean = (pick: (point: { x: number; y: number }) => number) =>
    logarithms.reduce((sum, point) => sum + pick(point), 0) / logarithms.length;
  const [middleX, middleY] = [mean(({ x }) => x), mean(({ y }) => y)];
  const product = mean(({ x, y }) => (x - middleX) * (y - middleY));
  return product / mean(({ x }) => (x - middleX) ** 2);
}
