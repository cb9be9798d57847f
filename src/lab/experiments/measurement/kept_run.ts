import { median } from 'simple-statistics';
import type { RunResult } from '../../../cluster/run_contract';
import { PHASES, type Phase } from '../../../program/program';
import { CATEGORIES, type Categories, categoriesOf } from '../../../trace/gaps';
import { type OperationTimes, operationTimesOf } from '../../../trace/operation_times';
import { hiddenShare, overlapOf, type RankOverlap, wireOverlapOf } from '../../../trace/overlap';
import type { Interval, Span } from '../../../trace/span';
import { type Estimate, estimateRatio } from '../../statistics/estimate';

/** What is kept of a run. Spans are many: those of a few runs are kept, near the median in wall time. */
export type KeptRun = {
  /** Its number, from 0 on. */
  readonly repeat: number;
  readonly wallMs: number;
  /**
   * Of runs of the same orders right after it: over an instant wire, and of kernels and copies alone; null: none were
   * made.
   */
  readonly unwiredMs: number | null;
  readonly bareMs: number | null;
  readonly overlaps: readonly RankOverlap[];
  /** The same of the collectives of each part of a training step. */
  readonly phases: ReadonlyMap<Phase, readonly RankOverlap[]>;
  /** Of the time with messages on the wire alone. */
  readonly hiddenOnWire: number | null;
  /**
   * What may be hidden at least and at most, where kernels were timed apart and may be off; null where they were not.
   */
  readonly hiddenWithin: Interval | null;
  /** Mean over ranks. */
  readonly categories: Categories;
  readonly times: OperationTimes;
  readonly clockErrorMs: number;
  readonly resolutionMs: number;
  spans: readonly Span[] | null;
};

const MOST_SPANS = 3;

export function keptOf(
  { wallMs, clockErrorMs, resolutionMs }: RunResult,
  spans: readonly Span[],
  ranks: number,
  around: Pick<KeptRun, 'repeat' | 'unwiredMs' | 'bareMs' | 'hiddenWithin'>,
): KeptRun {
  const each = categoriesOf(spans, ranks, wallMs);
  return {
    ...around,
    wallMs,
    overlaps: overlapsOf(spans, ranks),
    phases: new Map(
      PHASES.map((phase) => [
        phase,
        overlapsOf(
          spans.filter((span) => span.kind === 'compute' || span.phase === phase),
          ranks,
        ),
      ]),
    ),
    hiddenOnWire: hiddenShare(Array.from({ length: ranks }, (_, rank) => wireOverlapOf(spans, rank))),
    categories: meanOf(each),
    times: operationTimesOf(spans, ranks),
    clockErrorMs,
    resolutionMs,
    spans,
  };
}

const overlapsOf = (spans: readonly Span[], ranks: number): RankOverlap[] =>
  Array.from({ length: ranks }, (_, rank) => overlapOf(spans, rank));

export const meanOf = (each: readonly Categories[]): Categories =>
  Object.fromEntries(
    CATEGORIES.map((category) => [category, each.reduce((sum, own) => sum + own[category], 0) / each.length]),
  ) as Categories;

/** Runs whose spans are still there, those nearest to the median wall time first. */
function withSpans(runs: readonly KeptRun[]): KeptRun[] {
  const middle = median(runs.map(({ wallMs }) => wallMs));
  return runs
    .filter(({ spans }) => spans !== null)
    .toSorted((a, b) => Math.abs(a.wallMs - middle) - Math.abs(b.wallMs - middle));
}

export function forgetSpans(runs: readonly KeptRun[]): void {
  for (const run of withSpans(runs).slice(MOST_SPANS)) run.spans = null;
}

/** Spans of a run whose wall time is the median, or near it. */
export const typicalSpans = (runs: readonly KeptRun[]): readonly Span[] => withSpans(runs)[0]!.spans!;

/** Wall time of the first ÷ the other's, pair by pair; its interval may miss so often. */
export const speedupOf = (first: readonly KeptRun[], other: readonly KeptRun[], misses: number): Estimate =>
  estimateRatio(
    first.map(({ wallMs }) => wallMs),
    other.map(({ wallMs }) => wallMs),
    misses,
  );
