import type { Network } from '../network/network';
import { type Collective, isCollective, type Operation } from '../program/program';
import type { Cost, Order } from './orders';

/**
 * One compute lane beside a network, on a clock that is only counted: what orders would take is said by playing them on
 * it. All ranks advance together, so one lane stands for all.
 */
export function createMachine(network: Network) {
  let now = 0;
  return {
    now: (): number => now,
    idleUntil(at: number): void {
      now = Math.max(now, at);
    },
    compute(time: number): void {
      now += time;
    },
    start(op: Collective): void {
      network.start(op, now);
    },
    /** When all ranks hold what the collective brings. */
    heldAt: (op: Collective): number => network.heldAt(op),
  };
}

/** An operation as it was played; a collective from when it could leave to when it was held. */
export type Played = {
  readonly kind: 'compute' | 'collective';
  readonly op: number;
  readonly rank: 0;
  readonly start: number;
  readonly end: number;
};
type Simulated = { readonly wall: number; readonly spans: readonly Played[] };

/** Plays orders: what they would take if each kernel took its cost and the network brought the collectives. */
export function simulate(orders: readonly Order[], cost: Cost, network: Network): Simulated {
  const machine = createMachine(network);
  const startedAt = new Map<Collective, number>();
  const spans: Played[] = [];
  for (const order of orders) {
    const start = machine.now();
    switch (order.do) {
      case 'compute':
        machine.compute(cost(order.op));
        spans.push({ kind: 'compute', op: order.op.id, rank: 0, start, end: machine.now() });
        break;
      case 'start':
        startedAt.set(order.op, start);
        machine.start(order.op);
        break;
      case 'wait':
        machine.idleUntil(machine.heldAt(order.op));
        spans.push({
          kind: 'collective',
          op: order.op.id,
          rank: 0,
          start: startedAt.get(order.op)!,
          end: machine.heldAt(order.op),
        });
    }
  }
  return { wall: machine.now(), spans };
}

/** Costs by id. */
export const costsOf = (operations: readonly Operation[], cost: Cost): Float64Array =>
  Float64Array.from(operations, cost);

/** What all kernels take, and all collectives, each one after the other. */
export function totalsOf(
  operations: readonly Operation[],
  costs: Float64Array,
): { readonly compute: number; readonly communication: number } {
  const total = (collectives: boolean) =>
    operations.reduce((sum, op) => (isCollective(op) === collectives ? sum + costs[op.id]! : sum), 0);
  return { compute: total(false), communication: total(true) };
}
