import { type Collective, type Compute, isCollective, type Operation, type Program, readsOfOperation, writesOfOperation } from './program';

/** What a rank is told to do, one after the other; every rank gets the same orders. */
export type Order =
  | { readonly do: 'compute'; readonly op: Compute }
  | { readonly do: 'start'; readonly op: Collective }
  | { readonly do: 'wait'; readonly op: Collective };

export type ScheduleKind = 'blocking' | 'overlapped';

/** Expected duration of an operation in any one unit; used only to choose among orders that are all correct. */
export type Cost = (op: Operation) => number;

/** Orders of a program. `cost` guides the overlapped schedule; the blocking one takes the program's own order. */
export function schedule(program: Program, kind: ScheduleKind, cost: Cost): Order[] {
  return kind === 'blocking' ? blocking(program) : overlapped(program, cost);
}

/** Waits for each collective where it starts it. */
function blocking(program: Program): Order[] {
  return program.operations.flatMap((op): Order[] =>
    op.kind === 'compute'
      ? [{ do: 'compute', op }]
      : [
          { do: 'start', op },
          { do: 'wait', op },
        ],
  );
}

/** How readily the list scheduler lets the compute lane idle: see `listSchedule`. */
const PATIENCES = [0, 0.25, 0.5, 1, 2, 4, Number.POSITIVE_INFINITY];

/** The quickest, as simulated with `cost`, of the lists that different patiences give. */
function overlapped(program: Program, cost: Cost): Order[] {
  const candidates = PATIENCES.map((patience) => listSchedule(program, cost, patience));
  return candidates.reduce((best, candidate) => (candidate.wall < best.wall ? candidate : best)).orders;
}

/**
 * List scheduling (Graham, 1966; priorities are the upward ranks of HEFT, Topcuoglu et al., 2002) of one compute lane
 * beside one wire, simulated with `cost`: a collective starts as soon as its input exists and is waited for where its
 * result is first read; of the operations whose inputs are there, the one with the longest path to the end runs next.
 * But when it would still run as something with a longer path becomes ready, an operation that ends in time goes first; and if
 * none does, the lane idles when that costs less than `patience` times the delay: what is put off can hide the next collective.
 */
function listSchedule(program: Program, cost: Cost, patience: number): { readonly orders: Order[]; readonly wall: number } {
  const { operations } = program;
  const producer = new Map<string, Operation>();
  for (const op of operations) for (const value of writesOfOperation(op)) producer.set(value, op);
  const needs = (op: Operation) => [...new Set(readsOfOperation(op).flatMap((value) => producer.get(value) ?? []))];

  // Operations are listed producers first, so one backward pass gives each its longest path to the end.
  const path = new Map<Operation, number>(operations.map((op) => [op, cost(op)]));
  for (const op of operations.toReversed())
    for (const need of needs(op)) path.set(need, Math.max(path.get(need)!, cost(need) + path.get(op)!));

  const orders: Order[] = [];
  const endsAt = new Map<Operation, number>(); // operations done or, for collectives, started
  const waited = new Set<Operation>();
  const left = new Set(operations);
  let now = 0;
  let wireFree = 0;

  const readyAt = (op: Operation): number =>
    needs(op).reduce((latest, need) => Math.max(latest, endsAt.get(need) ?? Number.POSITIVE_INFINITY), 0);
  const waitForInputs = (op: Operation) => {
    for (const need of needs(op))
      if (isCollective(need) && !waited.has(need)) {
        waited.add(need);
        orders.push({ do: 'wait', op: need });
      }
  };

  while (left.size > 0) {
    for (const op of left)
      if (isCollective(op) && readyAt(op) <= now) {
        waitForInputs(op);
        orders.push({ do: 'start', op });
        wireFree = Math.max(now, wireFree) + cost(op);
        endsAt.set(op, wireFree);
        left.delete(op);
      }
    const ready: Compute[] = [];
    let soonest = Number.POSITIVE_INFINITY;
    const later: { op: Compute; at: number }[] = [];
    for (const op of left) {
      if (op.kind !== 'compute') continue;
      const at = readyAt(op);
      soonest = Math.min(soonest, at);
      if (at <= now) ready.push(op);
      else if (Number.isFinite(at)) later.push({ op, at });
    }
    let next = mostPressing(ready, path);
    if (next) {
      const chosen = next;
      const pressing = later.filter(({ op, at }) => at < now + cost(chosen) && path.get(op)! > path.get(chosen)!);
      if (pressing.length > 0) {
        const at = Math.min(...pressing.map((each) => each.at));
        const fitting = ready.filter((op) => now + cost(op) <= at);
        if (fitting.length > 0) next = mostPressing(fitting, path);
        else if (at - now < patience * (now + cost(chosen) - at)) {
          now = at;
          continue;
        }
      }
    }
    if (!next) {
      if (left.size > 0 && soonest === Number.POSITIVE_INFINITY) throw new Error('the program has a cycle');
      now = Math.max(now, soonest);
      continue;
    }
    waitForInputs(next);
    orders.push({ do: 'compute', op: next });
    now += cost(next);
    endsAt.set(next, now);
    left.delete(next);
  }
  return { orders, wall: Math.max(now, wireFree) };
}

const mostPressing = (ops: readonly Compute[], path: ReadonlyMap<Operation, number>): Compute | undefined =>
  ops.reduce<Compute | undefined>((best, op) => (!best || path.get(op)! > path.get(best)! ? op : best), undefined);
