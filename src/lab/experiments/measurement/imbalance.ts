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
  const mean = (id: number) => alone.reduce((sum, times) => sum + (times.get(id) ?? 0), 0) / ranks;
  const wall = (costOn: (id: number, rank: number) => number) =>
    simulateRanks(orders, ranks, ({ id }, rank) => costOn(id, rank), linkBetween, bytesBetween);
  // Messages that leave at the very same time pass the ports as no others do. So ranks with the means keep the order
  // in which theirs leave, and what is told is of the kernels.
  return wall(own) - wall((id, rank) => mean(id) + IN_ORDER * (own(id, rank) - mean(id)));
}

/** The share of a kernel's difference from the mean that is left: enough to tell which of two ends first. */
const IN_ORDER = 1e-6;

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
