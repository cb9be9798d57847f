import type { Collective, Phase, Program } from '../../../program/program';
import { hiddenBoundOf, type RankCost, type WireCost, wallBoundOf } from '../../../schedule/bound';
import type { OperationTimes } from '../../../trace/operation_times';
import { sumOf } from '../../statistics/numbers';
import type { Calibration } from './calibration';
import type { KeptRun } from './kept_run';

/** What no schedule of a run's own kernels, over the wire's own formula, beats. */
export type RunBounds = { readonly wallMs: number; readonly hidden: number | null };

/**
 * `calibration`: where no pace is emulated there is no formula; collectives then take what they took, or what they took
 * with nothing else going on, if that was less. Such bounds are estimates.
 */
export function boundsOf(
  program: Program,
  run: Pick<KeptRun, 'times' | 'overlaps'>,
  calibration: Calibration | null,
): RunBounds {
  const { times, overlaps } = run;
  const wallMs = wallBoundOf(program, {
    compute: ({ id }) => times.rounds.get(id) ?? 0,
    wire: wireIn(times, calibration).ofAll,
  });
  return { wallMs, hidden: hiddenBoundIn(program, times, overlaps, calibration) };
}

/**
 * The most of a run's communication that could be hidden. Of a part of a training step, `phase`, and its overlaps: were
 * the collectives of the others there at once. A schedule less its waits for the others is one of that, so none beats
 * it. null where nothing was communicated.
 */
export function hiddenBoundIn(
  program: Program,
  times: KeptRun['times'],
  overlaps: KeptRun['overlaps'],
  calibration: Calibration | null,
  phase: Phase | null = null,
): number | null {
  const { ofRank } = wireIn(times, calibration);
  const wireOf =
    (rank: number): RankCost['wire'] =>
    (op) =>
      phase === null || op.phase === phase ? ofRank(rank)(op) : NOTHING;
  const shares = overlaps.flatMap(({ commMs }, rank) => {
    if (commMs === 0) return [];
    const computed = times.computed[rank]!;
    const own = wallBoundOf(program, {
      compute: ({ id }) => computed.get(id) ?? 0,
      wire: wireOf(rank),
    });
    return [hiddenBoundOf(own, sumOf(computed.values()), commMs)];
  });
  return shares.length > 0 ? sumOf(shares) / shares.length : null;
}

const wireIn = (times: OperationTimes, calibration: Calibration | null): Wire =>
  calibration ? measuredWire(times, calibration) : formulaWire(times);

/** Of rounding: ms, or a share. */
const SLACK = 1e-6;

/** Whether a run did better than its bounds allow, which shows a fault of what was measured. */
export const isBroken = ({ wallMs: least, hidden: most }: RunBounds, wallMs: number, hidden: number | null): boolean =>
  wallMs < least - SLACK || (hidden !== null && most !== null && hidden > most + SLACK);

/**
 * Whether bounds are of kernel times as they were, over the wire's own formula. Else they are estimates: between
 * devices of their own messages take what the host takes, too; a fence is passed when the host was late, too; kernels
 * that were timed apart are known to within errors.
 */
export const isExact = (known: {
  readonly backing: 'shared' | 'separate';
  readonly timestamps: boolean;
  readonly calibrated: boolean;
}): boolean => known.backing === 'shared' && known.timestamps && !known.calibrated;

type Wire = { readonly ofAll: RankCost['wire']; readonly ofRank: (rank: number) => RankCost['wire'] };

const NOTHING: WireCost = { length: 0, ports: [], latency: 0 };

/** By the formula: a rank by itself counts what it receives, since it waits for nothing else. */
const formulaWire = ({ wire }: OperationTimes): Wire => ({
  ofAll: ({ id }) => {
    const own = wire.get(id);
    return own ? { length: Math.max(...own.length), ports: [...own.out, ...own.in], latency: own.latency } : NOTHING;
  },
  ofRank:
    (rank) =>
    ({ id }) => {
      const own = wire.get(id);
      return own ? { length: own.length[rank]!, ports: [own.in[rank]!], latency: own.latency } : NOTHING;
    },
});

function measuredWire({ delivered }: OperationTimes, { durations }: Calibration): Wire {
  const of = ({ id }: Collective): WireCost => {
    const time = Math.min(delivered.get(id) ?? 0, durations.get(id) ?? 0);
    return { length: time, ports: [time], latency: 0 };
  };
  return { ofAll: of, ofRank: () => of };
}
