import type { Interval } from './span';

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
  // Both are in order: what of `b` ends before one of `a` begins need not be looked at again.
  let next = 0;
  for (const [start, end] of a) {
    while (next < b.length && b[next]![1] <= start) next++;
    let at = start;
    for (let i = next; i < b.length && b[i]![0] < end; i++) {
      const [from, to] = b[i]!;
      if (from > at) out.push([at, from]);
      at = Math.max(at, to);
    }
    if (at < end) out.push([at, end]);
  }
  return out;
}
