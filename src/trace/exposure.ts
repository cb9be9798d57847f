import { type Gap, gapsOf } from './gaps';
import { intersect, lengthOf, merge } from './intervals';
import { type Interval, intervalsOf, type Span } from './span';

/** Why a rank did not compute while a collective was under way, ms. */
export type Exposed = {
  /** It waited for this collective. */
  readonly awaited: number;
  /** It waited for another one, or had nothing left to do. */
  readonly noWork: number;
  /** What it waited for was there, but the host had not yet handed over the next kernel. */
  readonly host: number;
  /** The GPU was between kernels, copied, or ran kernels of peers alone. */
  readonly gaps: number;
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

const KINDS: Readonly<Record<Gap['category'], keyof Exposed>> = {
  waiting: 'noWork',
  end: 'noWork',
  unknown: 'noWork',
  host: 'host',
  peer: 'gaps',
  copy: 'gaps',
  'launch gap': 'gaps',
};

/** Every collective of a run on every rank, with what hid it and what exposed it. */
export function exposuresOf(spans: readonly Span[], ranks: number): CollectiveExposure[] {
  const gaps = gapsOf(spans, ranks);
  return Array.from({ length: ranks }, (_, rank) => rank).flatMap((rank) => {
    const own = spans.filter((span) => span.rank === rank);
    const busy = merge(own.filter(({ kind }) => kind === 'compute').flatMap(intervalsOf));
    const open = gaps.filter((gap) => gap.rank === rank);
    return own.flatMap((span): CollectiveExposure[] => {
      if (span.kind !== 'collective') return [];
      const { op, name, layer, start, end } = span;
      const during = open.filter((gap) => gap.end > start && gap.start < end);
      const exposed = { awaited: 0, noWork: 0, host: 0, gaps: 0 };
      for (const gap of during) {
        const kind = gap.category === 'waiting' && gap.op === op ? 'awaited' : KINDS[gap.category];
        exposed[kind] += Math.min(end, gap.end) - Math.max(start, gap.start);
      }
      const whole: Interval[] = [[start, end]];
      return [
        {
          op,
          name,
          layer,
          rank,
          ms: end - start,
          hiddenMs: lengthOf(intersect(merge(whole), busy)),
          exposed,
          awaitedBy: during.find((gap) => gap.op === op)?.before?.name ?? null,
        },
      ];
    });
  });
}

/** Why most of what is exposed of a collective is so; null when nearly nothing is. */
export const REASONS = [
  /** It takes longer than all compute that could run meanwhile. */
  'wire slower than compute',
  /** There was time enough to hide it, but a kernel waited. */
  'waited for',
  /** Ranks had nothing left to do, or waited for another collective. */
  'no work left',
  'host late',
  'between kernels',
] as const;
type Reason = (typeof REASONS)[number];

/** `independentMs`: how long the compute takes that neither leads to the collective nor needs it. */
export function reasonOf({ ms, hiddenMs, exposed }: MeanExposure, independentMs: number): Reason | null {
  if (ms - hiddenMs <= NEARLY_NOTHING * ms) return null;
  const { awaited, noWork, host, gaps } = exposed;
  const most = Math.max(awaited, noWork, host, gaps);
  if (host === most) return 'host late';
  if (gaps === most) return 'between kernels';
  if (ms > independentMs) return 'wire slower than compute';
  return awaited === most ? 'waited for' : 'no work left';
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
        gaps: mean(({ exposed }) => exposed.gaps),
      },
      awaitedBy: own.find(({ awaitedBy }) => awaitedBy !== null)?.awaitedBy ?? null,
    };
  });
}
