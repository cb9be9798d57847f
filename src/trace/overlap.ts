import { intersect, lengthOf, merge } from './intervals';
import { type Interval, intervalsOf, type Span } from './span';

export type RankOverlap = { readonly computeMs: number; readonly commMs: number; readonly hiddenMs: number };

/** The paper's overlap of one rank, on merged intervals: how much of its collectives lies under its compute (ms). */
export function overlapOf(spans: readonly Span[], rank: number): RankOverlap {
  const of = (kind: Span['kind']) => spans.filter((s) => s.rank === rank && s.kind === kind).flatMap(intervalsOf);
  return overlapOfIntervals(of('compute'), of('collective'));
}

/**
 * The same of the time with a rank's messages on the wire alone: where it waited for a peer that was not ready to send,
 * its collectives last longer than that.
 */
export function wireOverlapOf(spans: readonly Span[], rank: number): RankOverlap {
  const compute = spans.filter((s) => s.rank === rank && s.kind === 'compute').flatMap(intervalsOf);
  const messages = spans.flatMap((span): Interval[] =>
    span.kind === 'message' && (span.rank === rank || span.to === rank) ? [[span.start, span.due]] : [],
  );
  return overlapOfIntervals(compute, messages);
}

/** The same of the intervals in which a rank computed and communicated. */
export function overlapOfIntervals(compute: readonly Interval[], comm: readonly Interval[]): RankOverlap {
  const [busy, underWay] = [merge(compute), merge(comm)];
  return {
    computeMs: lengthOf(busy),
    commMs: lengthOf(underWay),
    hiddenMs: lengthOf(intersect(busy, underWay)),
  };
}

/** Share of communication hidden behind compute, mean over the ranks that communicate; null when none does. */
export function hiddenShare(ranks: readonly RankOverlap[]): number | null {
  const shares = ranks.filter((r) => r.commMs > 0).map((r) => r.hiddenMs / r.commMs);
  return shares.length > 0 ? shares.reduce((a, b) => a + b, 0) / shares.length : null;
}
