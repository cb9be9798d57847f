import { median } from 'simple-statistics';
import type { Frozen } from '../../words/frozen';
import { z } from '../../words/zod';

/** A median with its interval, which holds the true one in at least 95 of 100 cases; null: too few samples for one. */
export const Estimate = z.object({ median: z.number(), low: z.number().nullable(), high: z.number().nullable() });
export type Estimate = Frozen<z.output<typeof Estimate>>;

/** How often the interval of a given number of samples may miss what it is of. */
export const MISSES = 0.05;

/**
 * Median of independent samples and its exact interval: the innermost pair of order statistics, as far from either end,
 * that misses the true median with a probability of at most `misses`, whatever the distribution (Thompson, 1936).
 */
export function estimate(samples: readonly number[], misses = MISSES): Estimate {
  const sorted = samples.toSorted((a, b) => a - b);
  const place = placeOf(sorted.length, misses);
  return {
    median: median(sorted),
    low: place === null ? null : sorted[place]!,
    high: place === null ? null : sorted[sorted.length - 1 - place]!,
  };
}

/**
 * Place of the interval's lower end among `count` samples in order; null where not even the outermost pair will do. The
 * pair at a place misses when no more samples than that lie on one side of the true median: twice a binomial's tail.
 */
function placeOf(count: number, misses: number): number | null {
  let place: number | null = null;
  /**
   * Logarithm of the chance that just `below` samples lie below the median: 2^−count itself is no float64 from 1,075.
   */
  let chance = -count * Math.LN2;
  let tail = 0;
  for (let below = 0; 2 * below < count - 1; below++) {
    tail += Math.exp(chance);
    if (2 * tail > misses) break;
    place = below;
    chance += Math.log((count - below) / (below + 1));
  }
  return place;
}

/** Ratios a[i] / b[i] of paired runs. */
export const estimateRatio = (a: readonly number[], b: readonly number[], misses = MISSES): Estimate =>
  estimate(
    a.map((value, i) => value / b[i]!),
    misses,
  );
