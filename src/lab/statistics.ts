import { median, quantile, sampleWithReplacement } from 'simple-statistics';

/** A median with a 95 % interval. */
export type Estimate = { readonly median: number; readonly low: number; readonly high: number };

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

/** Uniform numbers in [0, 1): mulberry32 (Tommy Ettinger). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
