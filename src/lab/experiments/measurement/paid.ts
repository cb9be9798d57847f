import { median } from 'simple-statistics';
import { type Estimate, estimate } from '../../statistics/estimate';
import type { KeptRun } from './kept_run';
import type { Paid } from './result';

/**
 * What a combination pays for communication: its wall beyond the least wall, over the connectivity's schedules, of its
 * kernels and copies alone, run by run; `wireMs` of it over an instant wire, `hostMs` the rest. `schedules`: the runs
 * of each of the connectivity's schedules. `wireMs`: what all collectives of the regular model take by the wire's
 * formula; null where there is none. null where kernels and copies alone were not run.
 */
export function paidOf(
  runs: readonly KeptRun[],
  schedules: readonly (readonly KeptRun[])[],
  wireMs: number | null,
  misses: number,
): Paid | null {
  const bare = schedules.map((own) => own.map(({ bareMs }) => bareMs)).filter(isWhole);
  if (bare.length < schedules.length) return null;
  const least = bare.reduce((best, walls) => (median(walls) < median(best) ? walls : best));
  const estimated = (of: (run: KeptRun, least: number) => number): Estimate =>
    estimate(
      runs.map((run, i) => of(run, least[i]!)),
      misses,
    );
  const unwired = runs.every(({ unwiredMs }) => unwiredMs !== null);
  return {
    ms: estimated(({ wallMs }, own) => wallMs - own),
    wireMs: unwired ? estimated(({ wallMs, unwiredMs }) => wallMs - unwiredMs!) : null,
    hostMs: unwired ? estimated(({ unwiredMs }, own) => unwiredMs! - own) : null,
    share: wireMs ? estimated(({ wallMs }, own) => (wallMs - own) / wireMs) : null,
  };
}

const isWhole = (walls: readonly (number | null)[]): walls is number[] => walls.every((wall) => wall !== null);
