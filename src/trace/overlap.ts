import type { MessageSpan, Span } from './span';

export type Interval = readonly [start: number, end: number];

/** Union of intervals, as disjoint intervals in order. */
export function merge(intervals: readonly Interval[]): Interval[] {
  const out: [number, number][] = [];
  for (const [start, end] of intervals.toSorted((a, b) => a[0] - b[0])) {
    const last = out.at(-1);
    if (end <= start) continue;
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else out.push([start, end]);
  }
  return out;
}

export const lengthOf = (merged: readonly Interval[]): number =>
  merged.reduce((sum, [start, end]) => sum + end - start, 0);

/** Intersection of two merged lists. */
export function intersect(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  const out: Interval[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const start = Math.max(a[i]![0], b[j]![0]);
    const end = Math.min(a[i]![1], b[j]![1]);
    if (end > start) out.push([start, end]);
    if (a[i]![1] < b[j]![1]) i++;
    else j++;
  }
  return out;
}

/** What of `a` lies outside `b`, both merged. */
export function subtract(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  const out: Interval[] = [];
  for (const [start, end] of a) {
    let at = start;
    for (const [from, to] of b) {
      if (to <= at || from >= end) continue;
      if (from > at) out.push([at, from]);
      at = Math.max(at, to);
    }
    if (at < end) out.push([at, end]);
  }
  return out;
}

export type RankOverlap = { readonly computeMs: number; readonly commMs: number; readonly hiddenMs: number };

/**
 * The paper's overlap of one rank, on merged intervals: how much of its collectives lies under its compute (ms). Pieces
 * shorter than `resolution`, the step of the clocks, are not claimed.
 */
export function overlapOf(
  spans: readonly Pick<Span, 'kind' | 'rank' | 'start' | 'end'>[],
  rank: number,
  resolution = 0,
): RankOverlap {
  const of = (kind: Span['kind']) =>
    spans.filter((s) => s.rank === rank && s.kind === kind).map((s): Interval => [s.start, s.end]);
  return overlapOfIntervals(of('compute'), of('collective'), resolution);
}

/** The same of the intervals in which a rank computed and communicated. */
export function overlapOfIntervals(
  compute: readonly Interval[],
  comm: readonly Interval[],
  resolution: number,
): RankOverlap {
  const [busy, underWay] = [merge(compute), merge(comm)];
  return {
    computeMs: lengthOf(busy),
    commMs: lengthOf(underWay),
    hiddenMs: lengthOf(intersect(busy, underWay).filter(([start, end]) => end - start >= resolution)),
  };
}

/** Share of communication hidden behind compute, mean over the ranks that communicate; null when none does. */
export function hiddenShare(ranks: readonly RankOverlap[]): number | null {
  const shares = ranks.filter((r) => r.commMs > 0).map((r) => r.hiddenMs / r.commMs);
  return shares.length > 0 ? shares.reduce((a, b) => a + b, 0) / shares.length : null;
}

/**
 * ms that each operation (by id) took on the device that all ranks share, their turns together: as on a device 1/N as
 * fast. Of a kernel, from when it could run, its rank ready and the kernel before it done, to its end; of a collective,
 * how long its messages kept the ports busy, mean over ranks of the busier direction: without what it waited for behind
 * earlier collectives.
 */
export function operationMs(spans: readonly Span[], ranks: number): Map<number, number> {
  const sums = new Map<number, number>();
  const add = (op: number, ms: number) => sums.set(op, (sums.get(op) ?? 0) + ms);
  let free = Number.NEGATIVE_INFINITY;
  for (const { op, start, end } of spans.filter(({ kind }) => kind === 'compute').toSorted((a, b) => a.end - b.end)) {
    add(op, end - Math.max(start, free));
    free = Math.max(free, end);
  }
  const messages = new Map<number, MessageSpan[]>();
  for (const span of spans)
    if (span.kind === 'message') messages.set(span.op, [...(messages.get(span.op) ?? []), span]);
  const busy = (own: readonly MessageSpan[], port: (message: MessageSpan) => number): number =>
    Array.from({ length: ranks }, (_, rank) =>
      lengthOf(merge(own.filter((message) => port(message) === rank).map(({ start, end }): Interval => [start, end]))),
    ).reduce((sum, ms) => sum + ms / ranks, 0);
  for (const [op, own] of messages)
    add(
      op,
      Math.max(
        busy(own, ({ rank }) => rank),
        busy(own, ({ to }) => to),
      ),
    );
  return sums;
}
