import { median } from 'simple-statistics';
import { SCHEDULES } from '../../schedule/orders';
import type { Frozen } from '../../words/frozen';
import { z } from '../../words/zod';

const ms = z.number().nonnegative();
const count = z.number().int().min(1);

/** What disturbed a measurement: told with its result, of which nothing is removed for it. */
export const Disturbance = z.discriminatedUnion('kind', [
  /** The page was hidden so long of it. */
  z.object({ kind: z.literal('hidden'), ms }),
  /** Timers of the engine's thread came much later than asked, the latest by so much. */
  z.object({ kind: z.literal('throttled'), timers: count, lateMs: ms }),
  /** Some of the repeats, or steps, of a combination took far longer than their median. */
  z.object({
    kind: z.literal('stalled'),
    connectivity: z.string().max(200),
    schedule: z.enum(SCHEDULES),
    unit: z.enum(['repeat', 'step']),
    count,
    /** Of so many. */
    of: count,
    longestMs: ms,
    medianMs: ms,
  }),
]);
export type Disturbance = Frozen<z.output<typeof Disturbance>>;
export type Stall = Extract<Disturbance, { kind: 'stalled' }>;

/** What happens beside whatever runs, performance.now() ms. */
export type Incident =
  | { readonly kind: 'hidden' | 'visible'; readonly at: number }
  /** A timer that was held back came at last. */
  | { readonly kind: 'late'; readonly at: number; readonly ms: number };

export type Interval = { readonly from: number; readonly to: number };

/** What of the incidents, in the order of time, fell into the intervals, which do not overlap. */
export function disturbancesIn(incidents: readonly Incident[], intervals: readonly Interval[]): Disturbance[] {
  const sharedMs = (own: Interval) =>
    intervals.reduce((sum, { from, to }) => sum + Math.max(0, Math.min(to, own.to) - Math.max(from, own.from)), 0);
  const hiddenMs = hiddenIn(incidents).reduce((sum, own) => sum + sharedMs(own), 0);
  const late = incidents.flatMap((own) =>
    own.kind === 'late' && sharedMs({ from: own.at - own.ms, to: own.at }) > 0 ? own.ms : [],
  );
  return [
    ...(hiddenMs > 0 ? [{ kind: 'hidden', ms: hiddenMs } as const] : []),
    ...(late.length > 0 ? [{ kind: 'throttled', timers: late.length, lateMs: Math.max(...late) } as const] : []),
  ];
}

/** When the page was hidden; what has not ended yet has no end. */
function hiddenIn(incidents: readonly Incident[]): Interval[] {
  const changes = incidents.filter(({ kind }) => kind !== 'late');
  return changes.flatMap(({ kind, at }, i) =>
    kind === 'hidden' ? { from: at, to: changes[i + 1]?.at ?? Number.POSITIVE_INFINITY } : [],
  );
}

/**
 * From how many on there is a median to speak of, and what is far beyond it: more than half as long again, and more
 * than the host's own unrest.
 */
const STALLS = { fewest: 3, times: 1.5, ms: 5 };

/** What stalled among the wall times of a combination's repeats, or of its steps; none or one. */
export function stallsIn(
  { connectivity, schedule }: Pick<Stall, 'connectivity' | 'schedule'>,
  unit: Stall['unit'],
  walls: readonly number[],
): Stall[] {
  if (walls.length < STALLS.fewest) return [];
  const medianMs = median([...walls]);
  const stalled = walls.filter((wall) => wall > STALLS.times * medianMs && wall > medianMs + STALLS.ms);
  if (stalled.length === 0) return [];
  const longestMs = Math.max(...stalled);
  return [
    { kind: 'stalled', connectivity, schedule, unit, count: stalled.length, of: walls.length, longestMs, medianMs },
  ];
}
