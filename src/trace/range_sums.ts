import type { Block } from '../program/program';
import { type Interval, intersect, lengthOf, merge, subtract } from './overlap';
import type { Span } from './span';

/** What happened within a range of time, ms, mean over ranks: shares of the range that a rank computed, communicated, and neither. */
export type RangeSums = {
  readonly length: number;
  readonly compute: number;
  readonly comm: number;
  readonly hidden: number;
  /** Communication under which the rank did not compute. */
  readonly exposed: number;
  /** Neither computation nor communication. */
  readonly idle: number;
  /** Of each kind of operation: time under its spans, and how many lie in the range, of all ranks; largest first. */
  readonly operations: readonly { readonly block: Block; readonly name: string; readonly ms: number; readonly count: number }[];
};

export function sumsOf(spans: readonly Span[], ranks: number, [from, to]: Interval): RangeSums {
  const own = Array.from({ length: ranks }, () => ({ compute: [] as Interval[], comm: [] as Interval[] }));
  const operations = new Map<string, { block: Block; name: string; ms: number; count: number }>();
  for (const span of spans) {
    const start = Math.max(from, span.start);
    const end = Math.min(to, span.end);
    if (end <= start || span.kind === 'message') continue;
    own[span.rank]?.[span.kind === 'compute' ? 'compute' : 'comm'].push([start, end]);
    const key = `${span.block} ${span.name}`;
    const sum = operations.get(key) ?? { block: span.block, name: span.name, ms: 0, count: 0 };
    operations.set(key, { ...sum, ms: sum.ms + (end - start) / ranks, count: sum.count + 1 });
  }
  const mean = (of: (compute: readonly Interval[], comm: readonly Interval[]) => readonly Interval[]) =>
    own.reduce((sum, { compute, comm }) => sum + lengthOf(of(merge(compute), merge(comm))), 0) / ranks;
  return {
    length: to - from,
    compute: mean((compute) => compute),
    comm: mean((_, comm) => comm),
    hidden: mean((compute, comm) => intersect(compute, comm)),
    exposed: mean((compute, comm) => subtract(comm, compute)),
    idle: mean((compute, comm) => subtract([[from, to]], merge([...compute, ...comm]))),
    operations: [...operations.values()].toSorted((a, b) => b.ms - a.ms),
  };
}

/** Bytes of one collective from each rank (row) to each rank (column). */
export function bytesBetween(spans: readonly Span[], op: number, ranks: number): number[][] {
  const matrix = Array.from({ length: ranks }, () => new Array<number>(ranks).fill(0));
  for (const span of spans) if (span.kind === 'message' && span.op === op) matrix[span.rank]![span.to]! += span.bytes;
  return matrix;
}
