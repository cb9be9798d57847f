import { mean } from 'simple-statistics';
import type { TaskScore } from './score_tasks';

/** Of a normal distribution, 95 % lie within so many deviations. */
const DEVIATIONS = 1.96;

/**
 * How much larger the share of right answers is than that of a first model, mean over tasks, with the 95 % interval of
 * the questions drawn: item by item the two are paired, items of one question count together, and means over many
 * questions are taken as normal.
 */
export function differenceOf(
  first: readonly TaskScore[],
  other: readonly TaskScore[],
): { readonly mean: number; readonly low: number; readonly high: number } {
  const tasks = first.map(({ right, question }, i) => {
    const pairs = right.map((own, item) => Number(other[i]!.right[item]) - Number(own));
    return { mean: mean(pairs), variance: varianceOfMean(pairs, question) };
  });
  const middle = mean(tasks.map((own) => own.mean));
  const variance = tasks.reduce((sum, own) => sum + own.variance, 0) / tasks.length ** 2;
  const half = DEVIATIONS * Math.sqrt(variance);
  return { mean: middle, low: middle - half, high: middle + half };
}

/** Variance of the mean of values that come in clusters, by numbers (Liang and Zeger, 1986). */
function varianceOfMean(values: readonly number[], cluster: readonly number[]): number {
  const middle = mean([...values]);
  const sums = new Map<number, number>();
  for (const [i, value] of values.entries()) sums.set(cluster[i]!, (sums.get(cluster[i]!) ?? 0) + value - middle);
  const squares = [...sums.values()].reduce((sum, own) => sum + own ** 2, 0);
  return sums.size < 2 ? 0 : ((sums.size / (sums.size - 1)) * squares) / values.length ** 2;
}
