import { type Interval, merge } from './overlap';
import type { ComputeSpan, Span } from './span';

/**
 * A time in which a rank did not compute, ms. `exposed`: a collective of it was under way; `idle`: none was. `why`:
 * what the next kernel waited for: a collective's arrival; the host, which had not handed it over yet; nothing, there
 * being no next kernel; or what is not known, where a trace does not say.
 */
export type Gap = {
  readonly rank: number;
  readonly start: number;
  readonly end: number;
  readonly kind: 'exposed' | 'idle';
  readonly why: { readonly kind: 'awaited'; readonly op: number } | { readonly kind: 'host' | 'none' | 'unknown' };
  /** The kernel that ended it. */
  readonly before: ComputeSpan | null;
};

/** A time between kernels of a rank, ms, and the kernel that ended it. */
export type BetweenKernels = { readonly start: number; readonly end: number; readonly before: ComputeSpan };

/** Times between the kernels of one rank, in order, from `from` on. */
export function betweenKernels(compute: readonly ComputeSpan[], from: number): BetweenKernels[] {
  const between: BetweenKernels[] = [];
  let free = from;
  for (const span of compute.toSorted((a, b) => a.start - b.start)) {
    if (span.start > free) between.push({ start: free, end: span.start, before: span });
    free = Math.max(free, span.end);
  }
  return between;
}

/** From when on nothing was missing but the host: what the kernel waited for, if for anything, was there. */
export const arrivedIn = ({ start, end, before }: BetweenKernels): number =>
  Math.min(end, Math.max(start, before.awaited?.at ?? start));

/** The gaps of every rank, from the run's start to the last end of any span; in order for each rank. */
export function gapsOf(spans: readonly Span[], ranks: number): Gap[] {
  const end = spans.reduce((last, span) => Math.max(last, span.end), 0);
  const ofRank = Array.from({ length: ranks }, () => ({ compute: [] as ComputeSpan[], comm: [] as Interval[] }));
  for (const span of spans) {
    const own = ofRank[span.rank];
    if (span.kind === 'compute') own?.compute.push(span);
    else if (span.kind === 'collective') own?.comm.push([span.start, span.end]);
  }
  return ofRank.flatMap(({ compute, comm }, rank) => {
    const underWay = merge(comm);
    const gaps: Gap[] = [];
    // Gaps come in order, so the collectives before them need not be looked at again.
    let next = 0;
    const add = ([from, to]: Interval, why: Gap['why'], before: ComputeSpan | null) => {
      while (next < underWay.length && underWay[next]![1] <= from) next++;
      let at = from;
      const piece = (kind: Gap['kind'], until: number) => {
        if (until > at) gaps.push({ rank, start: at, end: until, kind, why, before });
        at = Math.max(at, until);
      };
      for (let i = next; i < underWay.length && underWay[i]![0] < to; i++) {
        piece('idle', underWay[i]![0]);
        piece('exposed', Math.min(to, underWay[i]![1]));
      }
      piece('idle', to);
    };
    for (const between of betweenKernels(compute, 0)) {
      const { start, end: until, before } = between;
      const arrived = arrivedIn(between);
      if (before.awaited && arrived > start) add([start, arrived], { kind: 'awaited', op: before.awaited.op }, before);
      if (until > arrived) add([arrived, until], { kind: before.submitted === null ? 'unknown' : 'host' }, before);
    }
    const free = compute.reduce((last, span) => Math.max(last, span.end), 0);
    if (end > free) add([free, end], { kind: 'none' }, null);
    return gaps;
  });
}
