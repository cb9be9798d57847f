import { quantile } from 'simple-statistics';
import type { RunResult } from '../../../cluster/run_contract';
import type { Program } from '../../../program/program';
import { hiddenShare } from '../../../trace/overlap';
import type { Span } from '../../../trace/span';
import { type Estimate, estimate, estimateRatio } from '../../statistics/estimate';
import { boundsOf, isBroken, isExact } from '../measurement/bounds';
import { ratioReachedIn } from '../measurement/calibration';
import { keptOf, meanOf } from '../measurement/kept_run';
import type { Decoding, GenerationResult, StepResult } from './result';

/**
 * A step with the numbers of its run. Its wall time may be longer than the run's: tokens are drawn after it. Without a
 * wire nothing is communicated that could be hidden.
 */
export function stepOf(
  program: Program,
  run: RunResult,
  spans: readonly Span[],
  ranks: number,
  isWired: boolean,
  step: Pick<StepResult, 'tokens' | 'prefill' | 'wallMs'>,
): StepResult {
  const { wallMs } = step;
  const kept = keptOf({ ...run, wallMs }, spans, ranks, {
    repeat: 0,
    unwiredMs: null,
    bareMs: null,
    hiddenWithin: null,
  });
  const hidden = isWired ? hiddenShare(kept.overlaps) : null;
  const bounds = boundsOf(program, kept, null);
  const timestamps = Number.isFinite(run.clockErrorMs);
  // Timestamps that are rounded say little of kernels as short as these.
  const exact = run.resolutionMs === 0 && isExact({ backing: 'shared', timestamps, calibrated: false });
  return {
    ...step,
    hidden,
    numbers: {
      boundMs: bounds.wallMs,
      hiddenBound: isWired ? bounds.hidden : null,
      exact,
      boundBroken: exact && isBroken(bounds, run.wallMs, hidden),
      categories: kept.categories,
      ratioReached: isWired ? ratioReachedIn(kept.times) : null,
    },
  };
}

const decodes = ({ prefill }: StepResult): boolean => !prefill;

/** Time between tokens: a step is one sample, for all requests that share it wait for it alike. */
export function betweenTokensOf(steps: readonly StepResult[]): GenerationResult['tbtMs'] {
  return tokenTimesOf(steps.filter(decodes).map(({ wallMs }) => wallMs));
}

/** Times between tokens, a sample a step: their median, its interval, and the 95th percentile; null without any. */
export const tokenTimesOf = (walls: readonly number[]): GenerationResult['tbtMs'] =>
  walls.length > 0 ? { ...estimate(walls), p95: quantile([...walls], 0.95) } : null;

/** What the decoding steps of a combination come to, beside those of the first one; null where there are none. */
export function decodingOf(steps: readonly StepResult[], first: readonly StepResult[]): Decoding | null {
  const own = steps.filter(decodes);
  const numbers = own.flatMap((step) => step.numbers ?? []);
  if (numbers.length === 0) return null;
  return {
    steps: own.length,
    hidden: estimateOfAll(own.map(({ hidden }) => hidden)),
    boundMs: estimate(numbers.map(({ boundMs }) => boundMs)),
    hiddenBound: estimateOfAll(numbers.map(({ hiddenBound }) => hiddenBound)),
    exact: numbers.every(({ exact }) => exact !== false),
    boundBroken: numbers.filter(({ boundBroken }) => boundBroken).length,
    categories: meanOf(numbers.map(({ categories }) => categories)),
    ratioReached: estimateOfAll(numbers.map(({ ratioReached }) => ratioReached)),
    speedup: speedupOf(first, steps),
  };
}

/** null where a step has no such number, as where nothing is communicated. */
const estimateOfAll = (samples: readonly (number | null)[]): Estimate | null =>
  samples.includes(null) ? null : estimate(samples as readonly number[]);

/** Texts of different connectivities may end at different steps: those of as many tokens are compared. */
function speedupOf(first: readonly StepResult[], steps: readonly StepResult[]): Estimate | null {
  const pairs = steps.flatMap((own, i) => {
    const other = first[i];
    const alike = other && decodes(own) && decodes(other) && own.tokens === other.tokens;
    return alike ? [{ before: other.wallMs, now: own.wallMs }] : [];
  });
  if (pairs.length === 0) return null;
  return estimateRatio(
    pairs.map(({ before }) => before),
    pairs.map(({ now }) => now),
  );
}
