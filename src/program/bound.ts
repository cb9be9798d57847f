import { isCollective, type Operation, type Program, readsOfOperation, writesOfOperation } from './program';
import type { Cost } from './schedule';

/** What no schedule of a program on one compute lane beside one wire could beat, given what each operation takes. */
export type Bound = {
  /** No schedule is done sooner, in the unit of `cost`. */
  readonly wall: number;
  /** The largest share of the communication that any schedule could hide; null without communication. */
  readonly hidden: number | null;
  /** For each collective (by id), how long the compute takes that neither leads to it nor needs it. */
  readonly independent: ReadonlyMap<number, number>;
};

/**
 * Wall: the longest path, where what precedes a collective (or the end) counts twice over: along its paths, and as work that one
 * lane, or one wire, does one after the other (one-machine bound, Carlier and Pinson, 1989): some of its predecessors on a lane can't begin before the
 * earliest of them can, take together what they take, and the shortest way on from any of them remains.
 *
 * Hidden: a collective can only be hidden by compute that neither leads to it nor needs it, so it hides no more than that
 * compute takes; and all collectives together hide no more than the compute that is free of at least one of them. Nor more than
 * all that is done less the wall time: a schedule in which something is always under way takes just what is done, less what is done at once, and
 * one in which nothing is now and then hides no more without those gaps.
 */
export function boundOf(program: Program, cost: Cost): Bound {
  const { operations } = program;
  const producer = new Map<string, Operation>();
  for (const op of operations) for (const value of writesOfOperation(op)) producer.set(value, op);
  const needs = new Map(operations.map((op) => [op, readsOfOperation(op).flatMap((value) => producer.get(value) ?? [])]));
  const before = new Map<Operation, Set<Operation>>();
  for (const op of operations) before.set(op, new Set(needs.get(op)!.flatMap((need) => [need, ...before.get(need)!])));
  const compute = operations.filter((op) => !isCollective(op));
  const collectives = operations.filter(isCollective);
  const total = (ops: readonly Operation[]) => ops.reduce((sum, op) => sum + cost(op), 0);

  const free = new Set<Operation>();
  const independentMs = new Map<number, number>();
  let hideable = 0;
  for (const collective of collectives) {
    const independent = compute.filter((op) => !before.get(op)!.has(collective) && !before.get(collective)!.has(op));
    for (const op of independent) free.add(op);
    independentMs.set(collective.id, total(independent));
    hideable += Math.min(cost(collective), total(independent));
  }
  const communication = total(collectives);
  const wall = wallOf(operations, needs, cost);
  const atOnce = total(operations) - wall;
  return {
    wall,
    hidden: communication > 0 ? Math.min(hideable, total([...free]), atOnce) / communication : null,
    independent: independentMs,
  };
}

function wallOf(operations: readonly Operation[], needs: ReadonlyMap<Operation, readonly Operation[]>, cost: Cost): number {
  /** No schedule starts an operation sooner. */
  const head = new Map<Operation, number>();
  const path = (to: readonly Operation[]) => Math.max(0, ...to.map((need) => head.get(need)! + cost(need)));

  /** The soonest that something can start that needs `last`, all of them among the first `count` operations. */
  const soonest = (last: readonly Operation[], count: number): number => {
    // Longest way from the end of each predecessor to here.
    const tail = new Map<Operation, number>(last.map((op) => [op, 0]));
    for (let i = count - 1; i >= 0; i--) {
      const op = operations[i]!;
      const own = tail.get(op);
      if (own === undefined) continue;
      for (const need of needs.get(op)!) tail.set(need, Math.max(tail.get(need) ?? 0, own + cost(op)));
    }
    const predecessors = [...tail.keys()];
    return Math.max(
      path(last),
      oneMachine(predecessors.filter(isCollective), head, tail, cost),
      oneMachine(
        predecessors.filter((op) => !isCollective(op)),
        head,
        tail,
        cost,
      ),
    );
  };

  operations.forEach((op, i) => {
    head.set(op, isCollective(op) ? soonest(needs.get(op)!, i) : path(needs.get(op)!));
  });
  const read = new Set([...needs.values()].flat());
  return soonest(
    operations.filter((op) => !read.has(op)),
    operations.length,
  );
}

/** The largest, over sets of operations that one machine does in turn, of earliest start + all that they take + shortest tail. */
function oneMachine(
  ops: readonly Operation[],
  head: ReadonlyMap<Operation, number>,
  tail: ReadonlyMap<Operation, number>,
  cost: Cost,
): number {
  const late = ops.map((op) => ({ head: head.get(op)!, tail: tail.get(op)!, cost: cost(op) })).sort((a, b) => b.head - a.head);
  // A set is all that starts at `head` or later and has a tail of `least` or longer; few tails matter, the shortest most.
  const tails = [...new Set(late.map((op) => op.tail))].sort((a, b) => a - b).slice(0, MOST_TAILS);
  return tails.reduce((bound, least) => {
    let sum = 0;
    let best = bound;
    for (const op of late) {
      if (op.tail < least) continue;
      sum += op.cost;
      best = Math.max(best, op.head + sum + least);
    }
    return best;
  }, 0);
}

const MOST_TAILS = 64;
