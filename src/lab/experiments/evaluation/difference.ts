import { mean, sampleVariance } from 'simple-statistics';
import type { TaskScore } from './score_tasks';

/** Of a normal distribution, 95 % lie within so many deviations. */
const DEVIATIONS = 1.96;

/**
 * How much larger the share of right answers is than that of a first model, mean over tasks, with the 95 % interval of
 * the items drawn: item by item the two are paired, and means over many items are taken as normal.
 */
export function differenceOf(
  first: readonly TaskScore[],
  other: readonly TaskScore[],
): { readonly mean: number; readonly low: number; readonly high: number } {
  const pairs = first.map(({ right }, i) => right.map((own, item) => Number(other[i]!.right[item]) - Number(own)));
  const middle = mean(pairs.map((own) => mean(own)));
  const variance = pairs.reduce((sum, own) => sum + sampleVariance(own) / own.length, 0) / pairs.length ** 2;
  const half = DEVIATIONS * Math.sqrt(variance);
  return { mean: middle, low: middle - half, high: middle + half };
}
