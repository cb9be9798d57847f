import { intersect, lengthOf, merge, subtract } from './intervals';
import { type ComputeSpan, type Interval, intervalsOf, type Span } from './span';

/**
 * What a rank's time goes to, the first that applies: its own kernel; a peer's, on the same queue, that runs beyond it;
 * a copy; waiting, what the next kernel needs being on the wire; a launch gap, the next kernel being submitted and
 * nothing running; the host, which has not submitted it; the end, there being no next kernel. `unknown` where a trace
 * does not say when kernels were submitted.
 */
export const CATEGORIES = ['kernel', 'peer', 'copy', 'waiting', 'launch gap', 'host', 'end', 'unknown'] as const;
export type Category = (typeof CATEGORIES)[number];
/** ms of each. */
export type Categories = Readonly<Record<Category, number>>;

/** A time in which a rank did not compute, ms. */
export type Gap = {
  readonly rank: number;
  readonly start: number;
  readonly end: number;
  /** A collective of it was under way. */
  readonly exposed: boolean;
  readonly category: Exclude<Category, 'kernel'>;
  /** The collective that was waited for. */
  readonly op: number | null;
  /** The kernel, of this rank or a peer, that ended it. */
  readonly before: ComputeSpan | null;
};

/** The same for all ranks of a queue. */
type Part = Pick<Gap, 'start' | 'end' | 'category' | 'op' | 'before'>;

/** The gaps of every rank from the run's start to `end`, else to the last end of any span; in order for each rank. */
export function gapsOf(spans: readonly Span[], ranks: number, end = endOf(spans)): Gap[] {
  const arrivals = arrivalsOf(spans);
  return queuesOf(spans, ranks).flatMap((queue) => {
    const own = spans.filter(({ rank }) => queue.includes(rank));
    const kernels = within(
      [0, end],
      own.filter(({ kind }) => kind === 'compute'),
    );
    const shared = partsOf(own, kernels, arrivals, end);
    return queue.flatMap((rank) => {
      const of = (kind: Span['kind']) => own.filter((span) => span.rank === rank && span.kind === kind);
      const peers = subtract(kernels, within([0, end], of('compute'))).map(
        ([start, until]): Part => ({ start, end: until, category: 'peer', op: null, before: null }),
      );
      return splitBy(
        [...peers, ...shared].toSorted((a, b) => a.start - b.start),
        within([0, end], of('collective')),
        rank,
      );
    });
  });
}

/** What each rank's time from 0 to `end` went to; it adds up to `end`. */
export function categoriesOf(spans: readonly Span[], ranks: number, end = endOf(spans)): Categories[] {
  const sums = Array.from(
    { length: ranks },
    () => Object.fromEntries(CATEGORIES.map((category) => [category, 0])) as Record<Category, number>,
  );
  for (const gap of gapsOf(spans, ranks, end)) sums[gap.rank]![gap.category] += gap.end - gap.start;
  for (const [rank, own] of sums.entries())
    own.kernel = lengthOf(
      within(
        [0, end],
        spans.filter((span) => span.kind === 'compute' && span.rank === rank),
      ),
    );
  return sums;
}

const endOf = (spans: readonly Span[]): number => spans.reduce((last, span) => Math.max(last, span.end), 0);

const within = (range: Interval, spans: readonly Span[]): Interval[] =>
  intersect(range[1] > range[0] ? [range] : [], merge(spans.flatMap(intervalsOf)));

/** Ranks that share a queue, together; each of the others alone. */
function queuesOf(spans: readonly Span[], ranks: number): number[][] {
  const sharing = new Set(
    spans.flatMap((span) => (span.kind === 'compute' && span.sharing > 1 && span.rank < ranks ? [span.rank] : [])),
  );
  const alone = Array.from({ length: ranks }, (_, rank) => rank).filter((rank) => !sharing.has(rank));
  return [[...sharing].toSorted((a, b) => a - b), ...alone.map((rank) => [rank])].filter((queue) => queue.length > 0);
}

/** When the wire had brought all of each collective. */
function arrivalsOf(spans: readonly Span[]): Map<number, number> {
  const arrivals = new Map<number, number>();
  for (const span of spans)
    if (span.kind === 'message')
      arrivals.set(span.op, Math.max(arrivals.get(span.op) ?? Number.NEGATIVE_INFINITY, span.due));
  return arrivals;
}

/** What a queue did while it ran none of its `kernels`. */
function partsOf(
  own: readonly Span[],
  kernels: readonly Interval[],
  arrivals: ReadonlyMap<number, number>,
  end: number,
): Part[] {
  const copying = subtract(
    within(
      [0, end],
      own.filter(({ kind }) => kind === 'copy'),
    ),
    kernels,
  );
  const copies = copying.map(
    ([start, until]): Part => ({ start, end: until, category: 'copy', op: null, before: null }),
  );
  const free = subtract(end > 0 ? [[0, end]] : [], merge([...kernels, ...copying]));
  const turns = own
    .filter((span): span is ComputeSpan => span.kind === 'compute')
    .map((span) => ({ span, start: span.turnAt ?? span.start }))
    .toSorted((a, b) => a.start - b.start);
  // The kernel that ends a free time begins at its end, but for what times in files are rounded by: those that begin
  // earlier are over, though they may seem to end a little later than what they left free begins.
  let next = 0;
  const idle = free.flatMap(([start, until]): Part[] => {
    while (next < turns.length && turns[next]!.start < (start + until) / 2) next++;
    const before = turns[next]?.span;
    return before ? partsBefore(before, start, until, arrivals) : [part(start, until, 'end', null, null)];
  });
  return [...copies, ...idle];
}

/** What lay between two kernels of a queue, by what the second one waited for. */
function partsBefore(before: ComputeSpan, start: number, end: number, arrivals: ReadonlyMap<number, number>): Part[] {
  const { awaited, submitted } = before;
  const arrived = awaited ? Math.min(awaited.at, arrivals.get(awaited.op) ?? awaited.at) : start;
  const there = Math.min(end, Math.max(start, arrived));
  const handed = submitted === null ? there : Math.min(end, Math.max(there, submitted));
  return [
    part(start, there, 'waiting', awaited?.op ?? null, before),
    part(there, handed, 'host', null, before),
    part(handed, end, submitted === null ? 'unknown' : 'launch gap', null, before),
  ].filter((own) => own.end > own.start);
}

const part = (
  start: number,
  end: number,
  category: Part['category'],
  op: number | null,
  before: ComputeSpan | null,
): Part => ({ start, end, category, op, before });

/** Parts in order, cut where the rank's collectives begin and end. */
function splitBy(parts: readonly Part[], underWay: readonly Interval[], rank: number): Gap[] {
  const gaps: Gap[] = [];
  // Parts come in order, so the collectives before them need not be looked at again.
  let next = 0;
  for (const own of parts) {
    while (next < underWay.length && underWay[next]![1] <= own.start) next++;
    let at = own.start;
    const piece = (exposed: boolean, until: number) => {
      if (until > at) gaps.push({ ...own, rank, start: at, end: until, exposed });
      at = Math.max(at, until);
    };
    for (let i = next; i < underWay.length && underWay[i]![0] < own.end; i++) {
      piece(false, underWay[i]![0]);
      piece(true, Math.min(own.end, underWay[i]![1]));
    }
    piece(false, own.end);
  }
  return gaps;
}
