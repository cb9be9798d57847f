import { isCollective, type Operation, type Program, readsOfOperation, writesOfOperation } from './program';
import type { Cost } from './schedule';

/** What no schedule of a program on one compute lane beside one wire could beat, given what each operation takes. */
export type Bound = {
  /** Longest of: the critical path, all compute, all communication. In the unit of `cost`. */
  readonly wall: number;
  /** The largest share of the communication that any schedule could hide; null without communication. */
  readonly hidden: number | null;
};

/**
 * A collective can only be hidden by compute that neither leads to it nor needs it, so it hides no more than that
 * compute takes; and all collectives together hide no more than the compute that is free of at least one of them.
 */
export function boundOf(program: Program, cost: Cost): Bound {
  const { operations } = program;
  const producer = new Map<string, Operation>();
  for (const op of operations) for (const value of writesOfOperation(op)) producer.set(value, op);
  const before = new Map<Operation, Set<Operation>>();
  const endsAt = new Map<Operation, number>();
  for (const op of operations) {
    const needs = readsOfOperation(op).flatMap((value) => producer.get(value) ?? []);
    before.set(op, new Set(needs.flatMap((need) => [need, ...before.get(need)!])));
    endsAt.set(op, cost(op) + Math.max(0, ...needs.map((need) => endsAt.get(need)!)));
  }
  const compute = operations.filter((op) => op.kind === 'compute');
  const collectives = operations.filter(isCollective);
  const total = (ops: readonly Operation[]) => ops.reduce((sum, op) => sum + cost(op), 0);
  const free = new Set<Operation>();
  let hideable = 0;
  for (const collective of collectives) {
    const independent = compute.filter((op) => !before.get(op)!.has(collective) && !before.get(collective)!.has(op));
    for (const op of independent) free.add(op);
    hideable += Math.min(cost(collective), total(independent));
  }
  const communication = total(collectives);
  return {
    wall: Math.max(communication, total(compute), ...operations.map((op) => endsAt.get(op)!)),
    hidden: communication > 0 ? Math.min(hideable, total([...free])) / communication : null,
  };
}
