import { diffArrays } from 'diff';
import { lengthOf, merge, subtract } from './intervals';
import { type Interval, intervalsOf, type Span } from './span';

/** ms a rank, means over the ranks; `count` is how many there are a rank. */
export type Amount = { readonly count: number; readonly ms: number };
/** What two runs spent on something, or one alone. */
export type Difference = { readonly name: string; readonly first: Amount; readonly second: Amount };

/** Two runs side by side; differences are what the second takes more than the first. */
export type Comparison = {
  /** What kernels are, by their blocks. */
  readonly kinds: readonly Difference[];
  /** What of collectives lies under no kernel of their rank. */
  readonly exposed: readonly Difference[];
  /** Matched in order: kernels and collectives that one of them has alone. */
  readonly onlyFirst: readonly Difference[];
  readonly onlySecond: readonly Difference[];
};

/** All kernels of each run, and its collectives, whatever the other has. */
export function compareByTime(first: readonly Span[], second: readonly Span[]): Comparison {
  const [own, other] = [kernelsOf(first), kernelsOf(second)];
  const ranks = [ranksOf(own).length, ranksOf(other).length] as const;
  return {
    kinds: differences(own.filter(isCompute), other.filter(isCompute), ({ block }) => block, ...ranks),
    exposed: differences(
      own.filter(isCollective),
      other.filter(isCollective),
      ({ span }) => collectiveName(span.name),
      ...ranks,
    ),
    onlyFirst: [],
    onlySecond: [],
  };
}

/**
 * More kernels than so many that one run has and the other has not are not matched: the runs are of different programs.
 */
const MOST_EDITS = 4000;

/**
 * Matches the kernels of each rank that both have, by their names, in order (Myers' difference); null where too few are
 * alike.
 */
export function compareInOrder(first: readonly Span[], second: readonly Span[]): Comparison | null {
  const [own, other] = [kernelsOf(first), kernelsOf(second)];
  const matched: [Kernel[], Kernel[]] = [[], []];
  const alone: [Kernel[], Kernel[]] = [[], []];
  const ofOther = ranksOf(other);
  const ranks = ranksOf(own).filter((rank) => ofOther.includes(rank));
  if (ranks.length === 0) return null;
  for (const rank of ranks)
    for (const is of [isCompute, isCollective]) {
      const [a, b] = [own, other].map((list) => list.filter((each) => each.span.rank === rank && is(each))) as [
        Kernel[],
        Kernel[],
      ];
      const changes = diffArrays(
        a.map(({ span }) => span.name),
        b.map(({ span }) => span.name),
        { maxEditLength: MOST_EDITS },
      );
      if (!changes) return null;
      let [i, j] = [0, 0];
      for (const { added, removed, count } of changes) {
        const [left, right] = [added ? 0 : count, removed ? 0 : count];
        const into = added || removed ? alone : matched;
        into[0].push(...a.slice(i, i + left));
        into[1].push(...b.slice(j, j + right));
        i += left;
        j += right;
      }
    }
  const byKind = ({ block }: Kernel) => block;
  const byCollective = ({ span }: Kernel) => collectiveName(span.name);
  const between = (a: Kernel[], b: Kernel[], keyOf: (kernel: Kernel) => string) =>
    differences(a, b, keyOf, ranks.length, ranks.length);
  return {
    kinds: between(matched[0].filter(isCompute), matched[1].filter(isCompute), byKind),
    exposed: between(matched[0].filter(isCollective), matched[1].filter(isCollective), byCollective),
    onlyFirst: between(alone[0], [], byKind),
    onlySecond: between([], alone[1], byKind),
  };
}

/** A kernel or a collective, and its ms: of a collective those that lie under no kernel. */
type Kernel = { readonly span: Span; readonly block: string; readonly ms: number };

const isCompute = ({ span }: Kernel): boolean => span.kind === 'compute';
const isCollective = ({ span }: Kernel): boolean => span.kind === 'collective';

function kernelsOf(spans: readonly Span[]): Kernel[] {
  const busy = new Map<number, Interval[]>();
  for (const span of spans)
    if (span.kind === 'compute') {
      const own = busy.get(span.rank) ?? [];
      if (own.length === 0) busy.set(span.rank, own);
      own.push(...intervalsOf(span));
    }
  const merged = new Map([...busy].map(([rank, own]) => [rank, merge(own)]));
  return spans
    .filter(({ kind }) => kind === 'compute' || kind === 'collective')
    .toSorted((a, b) => a.start - b.start)
    .map((span) => ({
      span,
      block: span.block,
      ms: lengthOf(
        span.kind === 'compute'
          ? intervalsOf(span)
          : subtract([[span.start, span.end]], within(merged.get(span.rank) ?? [], span)),
      ),
    }));
}

/** Those of merged intervals that a span may touch. */
function within(merged: readonly Interval[], { start, end }: Span): readonly Interval[] {
  let low = 0;
  let high = merged.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (merged[middle]![1] <= start) low = middle + 1;
    else high = middle;
  }
  let last = low;
  while (last < merged.length && merged[last]![0] < end) last++;
  return merged.slice(low, last);
}

const ranksOf = (kernels: readonly Kernel[]): number[] => [...new Set(kernels.map(({ span }) => span.rank))];

function differences(
  first: readonly Kernel[],
  second: readonly Kernel[],
  keyOf: (kernel: Kernel) => string,
  ranksFirst: number,
  ranksSecond: number,
): Difference[] {
  const [own, other] = [amountsOf(first, keyOf, ranksFirst), amountsOf(second, keyOf, ranksSecond)];
  const none = { count: 0, ms: 0 };
  return [...new Set([...own.keys(), ...other.keys()])]
    .map((name) => ({ name, first: own.get(name) ?? none, second: other.get(name) ?? none }))
    .toSorted((a, b) => Math.max(b.first.ms, b.second.ms) - Math.max(a.first.ms, a.second.ms));
}

function amountsOf(kernels: readonly Kernel[], keyOf: (kernel: Kernel) => string, ranks: number): Map<string, Amount> {
  const amounts = new Map<string, Amount>();
  for (const kernel of kernels) {
    const { count, ms } = amounts.get(keyOf(kernel)) ?? { count: 0, ms: 0 };
    amounts.set(keyOf(kernel), { count: count + 1 / ranks, ms: ms + kernel.ms / ranks });
  }
  return amounts;
}

/** What a collective is called without its algorithm, type and arguments: SendRecv, AllReduce; others' as they are. */
export const collectiveName = (name: string): string =>
  /^nccl(?:Dev)?Kernel_([A-Za-z]+)/i.exec(name)?.[1] ?? name.replace(/^void\s+/, '').replace(/[<(][\s\S]*$/, '');
