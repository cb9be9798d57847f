import { intersect, lengthOf, merge } from './intervals';
import { overlapOfIntervals } from './overlap';
import { type Interval, intervalsOf, type Span } from './span';

/** What happened within a range of time, ms, mean over ranks. */
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
  readonly operations: readonly {
    readonly block: string;
    readonly name: string;
    readonly ms: number;
    readonly count: number;
  }[];
};

export function sumsOf(spans: readonly Span[], ranks: number, range: Interval): RangeSums {
  const [from, to] = range;
  const own = Array.from({ length: ranks }, () => ({ compute: [] as Interval[], comm: [] as Interval[] }));
  const operations = new Map<string, { block: string; name: string; ms: number; count: number }>();
  for (const span of spans) {
    if (span.end <= from || span.start >= to || (span.kind !== 'compute' && span.kind !== 'collective')) continue;
    const inside = intersect([range], intervalsOf(span));
    own[span.rank]?.[span.kind === 'compute' ? 'compute' : 'comm'].push(...inside);
    const key = `${span.block} ${span.name}`;
    const sum = operations.get(key) ?? { block: span.block, name: span.name, ms: 0, count: 0 };
    operations.set(key, { ...sum, ms: sum.ms + lengthOf(inside) / ranks, count: sum.count + 1 });
  }
  const sums = { compute: 0, comm: 0, hidden: 0, idle: 0 };
  for (const { compute, comm } of own) {
    const { computeMs, commMs, hiddenMs } = overlapOfIntervals(compute, comm);
    sums.compute += computeMs / ranks;
    sums.comm += commMs / ranks;
    sums.hidden += hiddenMs / ranks;
    sums.idle += (to - from - lengthOf(merge([...compute, ...comm]))) / ranks;
  }
  return {
    length: to - from,
    ...sums,
    exposed: sums.comm - sums.hidden,
    operations: [...operations.values()].toSorted((a, b) => b.ms - a.ms),
  };
}

/** Bytes of one collective from each rank (row) to each rank (column). */
export function bytesBetween(spans: readonly Span[], op: number, ranks: number): number[][] {
  const matrix = Array.from({ length: ranks }, () => new Array<number>(ranks).fill(0));
  for (const span of spans) if (span.kind === 'message' && span.op === op) matrix[span.rank]![span.to]! += span.bytes;
  return matrix;
}
