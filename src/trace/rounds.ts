import { lengthOf, merge, subtract } from './intervals';
import type { Interval } from './span';

/** A pass of a queue as the GPU stamped it, ms of one clock; `took` where its length is known apart from that. */
export type Pass = { readonly start: number; readonly end: number; readonly took?: number };

/**
 * What each pass of a queue had of the GPU, alone: a queue goes on in order, so what of a pass lies before the end of
 * an earlier one was waiting. Stamps that are rounded down say of a pass whose length is known only that it began and
 * ended no sooner.
 */
export function turnsOf(passes: readonly Pass[]): Interval[] {
  let free = Number.NEGATIVE_INFINITY;
  return passes.map(({ start, end, took }) => {
    const from = Math.max(start, free);
    const until = took === undefined ? Math.max(from, end) : Math.max(from + took, end);
    free = until;
    return [took === undefined ? from : until - took, until];
  });
}

/**
 * What each rank computed of an operation that ranks do in turn. As a device 1/N as fast, a rank is busy for N times
 * its own turn: for so much of all their turns, from the first on, gaps between them left open. `from`: before that
 * nothing can have been computed: inputs were not there, or nothing was submitted.
 */
export function piecesOf(turns: readonly Interval[], sharing: number, from: number): Interval[][] {
  const all = subtract(merge(turns), [[Number.NEGATIVE_INFINITY, from]]);
  const total = lengthOf(all);
  return turns.map(([start, end]) => {
    const own = sharing * (end - start);
    return own >= total ? all : firstOf(all, own);
  });
}

/** The first `ms` of disjoint intervals in order. */
function firstOf(intervals: readonly Interval[], ms: number): Interval[] {
  const out: Interval[] = [];
  let left = ms;
  for (const [start, end] of intervals) {
    if (left <= 0) break;
    out.push([start, Math.min(end, start + left)]);
    left -= end - start;
  }
  return out;
}
