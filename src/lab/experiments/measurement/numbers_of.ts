import { isCollective } from '../../../program/program';
import { type Bound, boundOf } from '../../../schedule/bound';
import { exposuresOf, meanExposures, reasonOf } from '../../../trace/exposure';
import { hiddenShare } from '../../../trace/overlap';
import { estimate, MISSES } from '../../statistics/estimate';
import { MISSES_OF_LOOK } from '../../statistics/looks';
import { mean, mediansOf } from '../../statistics/numbers';
import { speedupOf, typicalSpans } from './kept_run';
import type { CombinationResult } from './result';
import type { MeasureSettings } from './settings';
import type { Entry } from './turns';

/**
 * The numbers of an entry's runs; `first` is what speed-ups are over, `paced` whether a pace was emulated. Intervals of
 * runs that went on until they were narrow are those of a look.
 */
export function numbersOf(
  entry: Entry,
  first: Entry,
  { ranks, until }: Pick<MeasureSettings, 'ranks' | 'until'>,
  paced: boolean,
): CombinationResult {
  const { subject, combination, runs, routing } = entry;
  const estimated = (samples: readonly number[]) => estimate(samples, missesOf(until));
  const overRanks = (of: 'computeMs' | 'commMs') =>
    estimated(runs.map(({ overlaps }) => mean(ranks, (rank) => overlaps[rank]![of])));
  const hidden = runs.map(({ overlaps }) => hiddenShare(overlaps));
  const bound = boundOfRuns(entry, paced);
  const spans = typicalSpans(runs);
  const clockErrorMs = Math.max(...runs.map((run) => run.clockErrorMs));
  return {
    ...combination,
    wallMs: estimated(runs.map((run) => run.wallMs)),
    computeMs: overRanks('computeMs'),
    commMs: overRanks('commMs'),
    hidden: hidden.includes(null) ? null : estimated(hidden as number[]),
    hostMs: estimated(runs.map((run) => run.hostMs)),
    exposures: meanExposures(exposuresOf(spans, ranks)).map((exposure) => ({
      ...exposure,
      reason: reasonOf(exposure, bound.independent.get(exposure.op) ?? 0),
    })),
    boundMs: bound.wall,
    hiddenBound: bound.hidden,
    speedup: speedupOf(first.runs, runs, missesOf(until)),
    logitsSha256: entry.logitsSha256!,
    clockErrorMs: Number.isFinite(clockErrorMs) ? clockErrorMs : null,
    resolutionMs: Math.max(...runs.map((run) => run.resolutionMs)),
    table: subject.table,
    spans,
    routing,
    continuation: null,
  };
}

const missesOf = (until: number | null): number => (until === null ? MISSES : MISSES_OF_LOOK);

/**
 * The bound of what operations took, medians over the runs. Without an emulated pace messages last longer where they
 * queue behind computing: there they take what they took without a wire, when nothing was in their way.
 */
function boundOfRuns({ subject: { executable, calibration }, runs }: Entry, paced: boolean): Bound {
  const durations = mediansOf(runs.map((run) => run.durations));
  return boundOf(executable.program, (op) => {
    const took = durations.get(op.id) ?? 0;
    return isCollective(op) && !paced ? Math.min(took, calibration.durations.get(op.id) ?? 0) : took;
  });
}
