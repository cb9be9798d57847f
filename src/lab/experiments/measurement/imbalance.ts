import type { BytesBetween } from '../../../network/network';
import type { LinkBetween } from '../../../network/topology';
import type { Order } from '../../../schedule/orders';
import { simulateRanks } from '../../../schedule/ranks';
import type { OperationTimes } from '../../../trace/operation_times';
import type { Span } from '../../../trace/span';

/**
 * ms that devices of their own would lose by unequal work, which ranks in turns do not: the simulated wall with each
 * rank's own kernel times, less that with their means. null without timestamps.
 */
export function imbalanceOf(
  orders: readonly Order[],
  ranks: number,
  { alone }: OperationTimes,
  linkBetween: LinkBetween,
  bytesBetween: BytesBetween,
): number | null {
  if (alone.every(({ size }) => size === 0)) return null;
  const own = (id: number, rank: number) => alone[rank]!.get(id) ?? 0;
  // Ranks that are exactly in step find every port free, and any others do not: those with the means are a little out
  // of step too, so that what is told is of the kernels.
  const mean = (id: number, rank: number) =>
    (alone.reduce((sum, times) => sum + (times.get(id) ?? 0), 0) / ranks) * (1 + OUT_OF_STEP * rank);
  const wall = (costOn: (id: number, rank: number) => number) =>
    simulateRanks(orders, ranks, ({ id }, rank) => costOn(id, rank), linkBetween, bytesBetween);
  return wall(own) - wall(mean);
}

/** By so much the kernels of a rank take longer than those of the one before it. */
const OUT_OF_STEP = 1e-9;

/** Bytes that a run's collectives sent from rank to rank; of a ring, of a part. */
export function bytesSentIn(spans: readonly Span[]): BytesBetween {
  const sums = new Map<string, { bytes: number; messages: number }>();
  const add = (key: string, bytes: number) => {
    const sum = sums.get(key) ?? { bytes: 0, messages: 0 };
    sums.set(key, { bytes: sum.bytes + bytes, messages: sum.messages + 1 });
  };
  for (const span of spans)
    if (span.kind === 'message') {
      add(`${span.op} ${span.rank} ${span.to}`, span.bytes);
      add(`${span.op}`, span.bytes);
    }
  return (op, from, to) => {
    const isRing = op.kind !== 'all-to-all' && op.algorithm === 'ring';
    const sum = sums.get(isRing ? `${op.id}` : `${op.id} ${from} ${to}`);
    return sum ? sum.bytes / sum.messages : 0;
  };
}
