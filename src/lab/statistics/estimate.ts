import { median, quantile, sampleWithReplacement } from 'simple-statistics';
import type { Frozen } from '../../words/frozen';
import { z } from '../../words/zod';
import { seededRandom } from './random';

/** A median with a 95 % interval. */
export const Estimate = z.object({ median: z.number(), low: z.number(), high: z.number() });
export type Estimate = Frozen<z.output<typeof Estimate>>;

const RESAMPLES = 1000;

/** Median of some repeats and its percentile bootstrap interval (Efron, 1979), with a fixed seed. */
export function estimate(samples: readonly number[]): Estimate {
  const values = [...samples];
  const random = seededRandom(1);
  const medians = Array.from({ length: RESAMPLES }, () => median(sampleWithReplacement(values, values.length, random)));
  return { median: median(values), low: quantile(medians, 0.025), high: quantile(medians, 0.975) };
}

/** Ratios a[i] / b[i] of paired runs. */
export const estimateRatio = (a: readonly number[], b: readonly number[]): Estimate =>
  estimate(a.map((value, i) => value / b[i]!));
