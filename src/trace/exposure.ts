import { arrivedIn, type BetweenKernels, betweenKernels } from './gaps';
import { type Interval, intersect, lengthOf, merge, subtract } from './overlap';
import type { ComputeSpan, Span } from './span';

/** Why a rank did not compute while a collective was under way, ms. */
export type Exposed = {
  /** It waited for this collective. */
  readonly awaited: number;
  /** It waited for another one, or had nothing left to do. */
  readonly noWork: number;
  /** What it waited for was there, but the host had not yet handed over the next kernel. */
  readonly host: number;
};

/** One collective on one rank: how long it took, how much of it lay under computation, and why the rest did not. */
type CollectiveExposure = {
  readonly op: number;
  readonly name: string;
  readonly layer: number | null;
  readonly rank: number;
  readonly ms: number;
  readonly hiddenMs: number;
  readonly exposed: Exposed;
  /** Name of the kernel that waited for it; null when none had to. */
  readonly awaitedBy: string | null;
};

type MeanExposure = Omit<CollectiveExposure, 'rank'>;

const computeOf = (spans: readonly Span[], rank: number): ComputeSpan[] =>
  spans
    .filter((span): span is ComputeSpan => span.kind === 'compute' && span.rank === rank)
    .toSorted((a, b) => a.start - b.start);

/** Times between kernels of a rank, from its first on. */
const betweenOf = (compute: readonly ComputeSpan[]): BetweenKernels[] =>
  betweenKernels(compute, compute[0]?.start ?? 0);

/** The part in which nothing was missing but the host. */
const hostPart = (between: BetweenKernels): Interval => [arrivedIn(between), between.end];

/** ms in which a rank could have computed but for the host, which had not yet handed over the next kernel. */
export const hostMsOf = (spans: readonly Span[], rank: number): number =>
  lengthOf(merge(betweenOf(computeOf(spans, rank)).map(hostPart)));

/** Every collective of a run on every rank, with what hid it and what exposed it. */
export function exposuresOf(spans: readonly Span[], ranks: number): CollectiveExposure[] {
  return Array.from({ length: ranks }, (_, rank) => rank).flatMap((rank) => {
    const compute = computeOf(spans, rank);
    const busy = merge(compute.map(({ start, end }): Interval => [start, end]));
    const gaps = betweenOf(compute);
    const host = merge(gaps.map(hostPart));
    return spans.flatMap((span): CollectiveExposure[] => {
      if (span.kind !== 'collective' || span.rank !== rank) return [];
      const own: Interval[] = [[span.start, span.end]];
      const open = subtract(own, busy);
      const waits = gaps.filter(({ before }) => before.awaited?.op === span.op);
      const waited = merge(waits.map(({ start, before }): Interval => [start, Math.max(start, before.awaited!.at)]));
      const awaited = lengthOf(intersect(open, waited));
      const byHost = lengthOf(intersect(open, host));
      const hiddenMs = lengthOf(intersect(merge(own), busy));
      return [
        {
          op: span.op,
          name: span.name,
          layer: span.layer,
          rank,
          ms: span.end - span.start,
          hiddenMs,
          exposed: { awaited, host: byHost, noWork: Math.max(0, lengthOf(open) - awaited - byHost) },
          awaitedBy: waits[0]?.before.name ?? null,
        },
      ];
    });
  });
}

/** Why most of what is exposed of a collective is so; null when nearly nothing is. */
type Reason =
  /** It takes longer than all compute that could run meanwhile. */
  | 'wire slower than compute'
  /** There was time enough to hide it, but a kernel waited. */
  | 'waited for'
  /** Ranks had nothing left to do, or waited for another collective. */
  | 'no work left'
  | 'host late';

/** `independentMs`: how long the compute takes that neither leads to the collective nor needs it. */
export function reasonOf({ ms, hiddenMs, exposed }: MeanExposure, independentMs: number): Reason | null {
  if (ms - hiddenMs < NEARLY_NOTHING * ms) return null;
  const { awaited, noWork, host } = exposed;
  if (host > awaited && host > noWork) return 'host late';
  if (ms > independentMs) return 'wire slower than compute';
  return awaited >= noWork ? 'waited for' : 'no work left';
}

/** Share of a collective. */
const NEARLY_NOTHING = 0.02;

/** Exposures of each collective, mean over the ranks; `rank` is left out. */
export function meanExposures(exposures: readonly CollectiveExposure[]): MeanExposure[] {
  const ops = [...new Set(exposures.map(({ op }) => op))];
  return ops.map((wanted) => {
    const own = exposures.filter((exposure) => exposure.op === wanted);
    const mean = (of: (exposure: CollectiveExposure) => number) =>
      own.reduce((sum, exposure) => sum + of(exposure), 0) / own.length;
    const { op, name, layer } = own[0]!;
    return {
      op,
      name,
      layer,
      ms: mean(({ ms }) => ms),
      hiddenMs: mean(({ hiddenMs }) => hiddenMs),
      exposed: {
        awaited: mean(({ exposed }) => exposed.awaited),
        noWork: mean(({ exposed }) => exposed.noWork),
        host: mean(({ exposed }) => exposed.host),
      },
      awaitedBy: own.find(({ awaitedBy }) => awaitedBy !== null)?.awaitedBy ?? null,
    };
  });
}
