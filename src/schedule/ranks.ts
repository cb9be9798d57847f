import { type BytesBetween, linkNetwork } from '../network/network';
import type { LinkBetween } from '../network/topology';
import type { Compute } from '../program/program';
import type { Order } from './orders';

/**
 * When the last rank is done, were each a device of its own: what a kernel takes on each rank is said, a collective's
 * parts leave when its rank is that far, and a rank waits until it holds what it brings.
 */
export function simulateRanks(
  orders: readonly Order[],
  ranks: number,
  costOn: (op: Compute, rank: number) => number,
  linkBetween: LinkBetween,
  bytesBetween: BytesBetween,
): number {
  const network = linkNetwork(linkBetween, ranks, bytesBetween);
  const now = new Float64Array(ranks);
  const next = new Int32Array(ranks);
  /** Goes on with a rank until it starts a collective or must wait; false when it can't. */
  const goOn = (rank: number): boolean => {
    const order = orders[next[rank]!];
    if (!order) return false;
    switch (order.do) {
      case 'compute':
        now[rank]! += costOn(order.op, rank);
        break;
      case 'start':
        network.start(order.op, rank, now[rank]!);
        break;
      case 'wait': {
        const held = network.heldAt(order.op, rank);
        if (held === undefined) return false;
        now[rank] = Math.max(now[rank]!, held);
      }
    }
    next[rank]!++;
    return true;
  };
  const waiting = new Uint8Array(ranks);
  for (;;) {
    // The rank that is furthest behind goes on, so that time on the network never goes back.
    let first = -1;
    for (let rank = 0; rank < ranks; rank++)
      if (!waiting[rank] && next[rank]! < orders.length && (first < 0 || now[rank]! < now[first]!)) first = rank;
    const event = network.nextEvent();
    if (first >= 0 && now[first]! <= event) {
      if (!goOn(first)) waiting[first] = 1;
      continue;
    }
    if (!Number.isFinite(event)) break;
    network.deliver(event);
    waiting.fill(0);
  }
  const stuck = orders[next.findIndex((place) => place < orders.length)];
  if (next.some((place) => place < orders.length)) throw new Error(`${stuck?.op.name} is waited for and never started`);
  return Math.max(...now);
}
