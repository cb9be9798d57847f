import { median } from 'simple-statistics';
import type { RunResult } from '../../../cluster/run';
import { hostMsOf } from '../../../trace/exposure';
import { operationMs, overlapOf, type RankOverlap } from '../../../trace/overlap';
import type { Span } from '../../../trace/span';
import { type Estimate, estimateRatio } from '../../statistics/estimate';
import { mean } from '../../statistics/numbers';

/** What is kept of a run. Spans are many: those of a few runs are kept, near the median in wall time. */
export type KeptRun = {
  readonly wallMs: number;
  readonly overlaps: readonly RankOverlap[];
  readonly hostMs: number;
  /** operationMs of its spans. */
  readonly durations: ReadonlyMap<number, number>;
  readonly clockErrorMs: number;
  readonly resolutionMs: number;
  spans: readonly Span[] | null;
};

const MOST_SPANS = 3;

export const keptOf = ({ spans, wallMs, clockErrorMs, resolutionMs }: RunResult, ranks: number): KeptRun => ({
  wallMs,
  overlaps: Array.from({ length: ranks }, (_, rank) => overlapOf(spans, rank, resolutionMs)),
  hostMs: mean(ranks, (rank) => hostMsOf(spans, rank)),
  durations: operationMs(spans, ranks),
  clockErrorMs,
  resolutionMs,
  spans,
});

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
