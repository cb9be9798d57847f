import { median } from 'simple-statistics';
import { linksOf, type Topology } from '../../../network/topology';
import { PHASES, type Program } from '../../../program/program';
import { independentOf } from '../../../schedule/bound';
import { exposuresOf, meanExposures, reasonOf } from '../../../trace/exposure';
import { hiddenShare } from '../../../trace/overlap';
import { type Estimate, estimate, MISSES } from '../../statistics/estimate';
import { MISSES_OF_LOOK } from '../../statistics/looks';
import { mean, mediansOf } from '../../statistics/numbers';
import { boundsOf, hiddenBoundIn, isBroken, isExact } from './bounds';
import { type Calibration, ratioReachedIn } from './calibration';
import { bytesSentIn, imbalanceOf } from './imbalance';
import { type KeptRun, meanOf, speedupOf, typicalSpans } from './kept_run';
import { paidOf } from './paid';
import type { CombinationResult } from './result';
import type { MeasureSettings } from './settings';
import { isCalibrated } from './subject';
import type { Entry } from './turns';

/** What numbers of all entries are over: the wire that was emulated, and what it takes the regular model by formula. */
export type Basis = {
  readonly topology: Topology | null;
  /** 0 where there is no wire; null where no pace was emulated. */
  readonly wireMs: number | null;
};

/**
 * The numbers of an entry's runs, among all entries, of which the first is what speed-ups are over. Intervals of runs
 * that went on until they were narrow are those of a look.
 */
export function numbersOf(
  entry: Entry,
  entries: readonly Entry[],
  settings: Pick<MeasureSettings, 'ranks' | 'until' | 'seed' | 'backing'>,
  { topology, wireMs }: Basis,
): CombinationResult {
  const { subject, combination, runs, routing, orders } = entry;
  const { ranks, until, seed, backing } = settings;
  const misses = until === null ? MISSES : MISSES_OF_LOOK;
  const estimated = (samples: readonly number[]) => estimate(samples, misses);
  const perRun = (of: (run: (typeof runs)[number]) => number | null): Estimate | null => {
    const samples = runs.map(of);
    return samples.includes(null) ? null : estimated(samples as number[]);
  };
  const overRanks = (of: 'computeMs' | 'commMs') =>
    estimated(runs.map(({ overlaps }) => mean(ranks, (rank) => overlaps[rank]![of])));
  const { program } = subject.executable;
  const bounds = runs.map((run) => boundsOf(program, run, wireMs === null ? subject.calibration : null));
  // Without a wire nothing is communicated: collectives take just what it takes the host to hear of them.
  const isWired = wireMs !== 0;
  const hidden = runs.map(({ overlaps }) => (isWired ? hiddenShare(overlaps) : null));
  const spans = typicalSpans(runs);
  const bytesBetween = bytesSentIn(spans);
  const independent = independentOf(program, costIn(mediansOf(runs.map(({ times }) => times.rounds))));
  const clockErrorMs = Math.max(...runs.map((run) => run.clockErrorMs));
  const alike = entries.filter((other) => other.combination.connectivity === combination.connectivity);
  return {
    ...combination,
    wallMs: estimated(runs.map((run) => run.wallMs)),
    computeMs: overRanks('computeMs'),
    commMs: overRanks('commMs'),
    hidden: hidden.includes(null) ? null : widened(estimated(hidden as number[]), runs),
    // Ranks on one device are ready to send at once.
    hiddenOnWire: backing === 'separate' ? perRun((run) => run.hiddenOnWire) : null,
    calibrated: isCalibrated(subject),
    hostMs: estimated(runs.map(({ categories }) => categories.host)),
    exposures: meanExposures(exposuresOf(spans, ranks)).map((exposure) => ({
      ...exposure,
      reason: reasonOf(exposure, independent.get(exposure.op) ?? 0),
    })),
    boundMs: estimated(bounds.map((bound) => bound.wallMs)),
    ...(isWired &&
      program.operations.some(({ phase }) => phase !== 'forward') && {
        phases: phasesOf(program, runs, wireMs === null ? subject.calibration : null, estimated),
      }),
    hiddenBound:
      isWired && bounds.every((bound) => bound.hidden !== null)
        ? estimated(bounds.map((bound) => bound.hidden!))
        : null,
    boundBroken:
      wireMs === null ||
      !isExact({ backing, timestamps: Number.isFinite(clockErrorMs), calibrated: isCalibrated(subject) })
        ? 0
        : bounds.filter((bound, i) => isBroken(bound, runs[i]!.wallMs, hidden[i]!)).length,
    paid: paidOf(
      runs,
      alike.map((other) => other.runs),
      wireMs,
      misses,
    ),
    categories: meanOf(runs.map(({ categories }) => categories)),
    imbalanceMs:
      topology === null
        ? null
        : perRun(({ times, repeat }) =>
            imbalanceOf(orders, ranks, times, linksOf(topology, ranks, seed + repeat), bytesBetween),
          ),
    ratioReached: isWired ? perRun(({ times }) => ratioReachedIn(times)) : null,
    speedup: speedupOf(entries[0]!.runs, runs, misses),
    logitsSha256: entry.logitsSha256!,
    clockErrorMs: Number.isFinite(clockErrorMs) ? clockErrorMs : null,
    resolutionMs: Math.max(...runs.map((run) => run.resolutionMs)),
    table: subject.table,
    spans,
    routing,
    continuation: null,
  };
}

/** What of each part of a training step was hidden, and could have been. */
function phasesOf(
  program: Program,
  runs: readonly KeptRun[],
  calibration: Calibration | null,
  estimated: (samples: readonly number[]) => Estimate,
): NonNullable<CombinationResult['phases']> {
  const whole = (samples: readonly (number | null)[]) =>
    samples.includes(null) ? null : estimated(samples as readonly number[]);
  return PHASES.flatMap((phase) => {
    const overlaps = runs.map(({ phases }) => phases.get(phase)!);
    const hidden = whole(overlaps.map(hiddenShare));
    if (!hidden) return [];
    const bounds = runs.map(({ times }, i) => hiddenBoundIn(program, times, overlaps[i]!, calibration, phase));
    return [
      {
        phase,
        commMs: estimated(overlaps.map((own) => mean(own.length, (rank) => own[rank]!.commMs))),
        hidden,
        hiddenBound: whole(bounds),
      },
    ];
  });
}

/** An interval that holds, too, what errors of kernels that were timed apart leave open. */
function widened(own: Estimate, runs: readonly KeptRun[]): Estimate {
  const within = runs.flatMap(({ hiddenWithin }) => (hiddenWithin ? [hiddenWithin] : []));
  if (within.length === 0) return own;
  const [low, high] = [median(within.map(([least]) => least)), median(within.map(([, most]) => most))];
  return { ...own, low: Math.min(own.low ?? own.median, low), high: Math.max(own.high ?? own.median, high) };
}

const costIn =
  (durations: ReadonlyMap<number, number>) =>
  ({ id }: { readonly id: number }): number =>
    durations.get(id) ?? 0;
