import {
  type Block,
  type Collective,
  type Compute,
  isCollective,
  type Operation,
  type Program,
  readsOfOperation,
  writesOfOperation,
} from './program';

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

/** Blocks whose operations some lists put off or prefer, by these shares of a layer's time. */
const BIASED: readonly Block[] = ['attention', 'shared', 'router', 'routed', 'all-reduce', 'residual'];
const BIASES = [-1, -0.5, -0.25, 0.25, 0.5, 1];

/**
 * The quickest, as simulated with `cost`, of the lists that different patiences give; if that is not near the floor, biases for or
 * against a block are kept as long as they make it quicker. Layers are alike, so what helps in one helps in all.
 */
function overlapped(program: Program, cost: Cost): Order[] {
  const graph = graphOf(program, cost);
  let best = PATIENCES.map((patience) => listSchedule(graph, patience, new Map())).reduce(quicker);
  const layers = new Set(program.operations.flatMap(({ layer }) => layer ?? [])).size;
  const layerTime = program.operations.reduce((sum, op) => sum + (isCollective(op) ? 0 : cost(op)), 0) / Math.max(1, layers);
  for (let round = 0; round < MOST_ROUNDS && best.wall > NEAR * floorOf(graph); round++) {
    const before = best;
    let found = best;
    for (const block of BIASED)
      for (const share of BIASES)
        for (const patience of PATIENCES) {
          const biases = new Map([...best.biases, [block, share * layerTime]]);
          found = quicker(found, listSchedule(graph, patience, biases));
        }
    best = found;
    if (best === before) break;
  }
  return best.orders;
}

const MOST_ROUNDS = 4;
/** How near to its floor a list is left as it is. */
const NEAR = 1.003;

/** No order is quicker than the longest path, all computation, or all communication. */
const floorOf = ({ operations, costs, path }: Graph): number => {
  const sum = (ops: readonly Operation[]) => ops.reduce((total, op) => total + costs.get(op)!, 0);
  const collectives = operations.filter(isCollective);
  return Math.max(sum(collectives), sum(operations) - sum(collectives), ...path.values());
};
/** A list is preferred if it is quicker; one with a bias more, if it is so by more than what the ends of a program bring. */
const quicker = (best: List, other: List): List => {
  const worth = other.biases.size > best.biases.size ? 0.003 : 1e-6;
  return other.wall < best.wall * (1 - worth) ? other : best;
};

type List = {
  readonly orders: Order[];
  readonly wall: number;
  readonly patience: number;
  readonly biases: ReadonlyMap<Block, number>;
};

/** What depends on what, and the longest path from each operation to the end, itself included. */
type Graph = {
  readonly operations: readonly Operation[];
  readonly needs: ReadonlyMap<Operation, readonly Operation[]>;
  readonly readers: ReadonlyMap<Operation, readonly Operation[]>;
  readonly costs: ReadonlyMap<Operation, number>;
  readonly path: ReadonlyMap<Operation, number>;
};

function graphOf({ operations }: Program, cost: Cost): Graph {
  const producer = new Map<string, Operation>();
  for (const op of operations) for (const value of writesOfOperation(op)) producer.set(value, op);
  const needs = new Map(operations.map((op) => [op, [...new Set(readsOfOperation(op).flatMap((value) => producer.get(value) ?? []))]]));
  const readers = new Map<Operation, Operation[]>(operations.map((op) => [op, []]));
  for (const [op, own] of needs) for (const need of own) readers.get(need)!.push(op);
  const costs = new Map(operations.map((op) => [op, cost(op)]));
  // Operations are listed producers first, so one backward pass gives each its longest path to the end.
  const path = new Map<Operation, number>();
  for (const op of operations.toReversed())
    path.set(op, costs.get(op)! + Math.max(0, ...readers.get(op)!.map((reader) => path.get(reader)!)));
  return { operations, needs, readers, costs, path };
}

/**
 * List scheduling (Graham, 1966; priorities are the upward ranks of HEFT, Topcuoglu et al., 2002, plus `biases`) of one compute
 * lane beside one wire, simulated with the costs: a collective starts as soon as its input exists and is waited for where its
 * result is first read; of the operations whose inputs are there, the one with the longest path to the end runs next.
 * But when it would still run as something with a longer path becomes ready, an operation that ends in time goes first; and if
 * none does, the lane idles when that costs less than `patience` times the delay: what is put off can hide the next collective.
 */
function listSchedule({ operations, needs, readers, costs, path }: Graph, patience: number, biases: ReadonlyMap<Block, number>): List {
  const orders: Order[] = [];
  const endsAt = new Map<Operation, number>(); // operations done or, for collectives, started
  const waited = new Set<Operation>();
  const needsLeft = new Map(operations.map((op) => [op, needs.get(op)!.length]));
  /** Operations all of whose inputs are done or on the wire, and when the last of these is there. */
  const pending = new Map<Operation, number>(operations.flatMap((op) => (needsLeft.get(op) === 0 ? [[op, 0] as const] : [])));
  const priority = (op: Operation) => path.get(op)! + (biases.get(op.block) ?? 0);
  let left = operations.length;
  let now = 0;
  let wireFree = 0;

  const schedule = (op: Operation, end: number) => {
    for (const need of needs.get(op)!)
      if (isCollective(need) && !waited.has(need)) {
        waited.add(need);
        orders.push({ do: 'wait', op: need });
      }
    orders.push(isCollective(op) ? { do: 'start', op } : { do: 'compute', op });
    endsAt.set(op, end);
    pending.delete(op);
    left--;
    for (const reader of readers.get(op)!) {
      const remaining = needsLeft.get(reader)! - 1;
      needsLeft.set(reader, remaining);
      if (remaining === 0) pending.set(reader, Math.max(...needs.get(reader)!.map((need) => endsAt.get(need)!)));
    }
  };
  const mostPressing = (ops: readonly Compute[]): Compute | undefined =>
    ops.reduce<Compute | undefined>((best, op) => {
      if (!best) return op;
      const ahead = priority(op) - priority(best);
      return ahead > 0 || (ahead === 0 && op.id < best.id) ? op : best;
    }, undefined);

  while (left > 0) {
    for (const [op, at] of [...pending])
      if (isCollective(op) && at <= now) {
        wireFree = Math.max(now, wireFree) + costs.get(op)!;
        schedule(op, wireFree);
      }
    const ready: Compute[] = [];
    const later: { op: Compute; at: number }[] = [];
    for (const [op, at] of pending) {
      if (isCollective(op)) continue;
      if (at <= now) ready.push(op);
      else later.push({ op, at });
    }
    let next = mostPressing(ready);
    if (!next) {
      if (left === 0) break;
      if (later.length === 0) throw new Error('the program has a cycle');
      now = Math.min(...later.map(({ at }) => at));
      continue;
    }
    const chosen = next;
    const pressing = later.filter(({ op, at }) => at < now + costs.get(chosen)! && priority(op) > priority(chosen));
    if (pressing.length > 0) {
      const at = Math.min(...pressing.map((each) => each.at));
      const fitting = ready.filter((op) => now + costs.get(op)! <= at);
      if (fitting.length > 0) next = mostPressing(fitting)!;
      else if (at - now < patience * (now + costs.get(chosen)! - at)) {
        now = at;
        continue;
      }
    }
    now += costs.get(next)!;
    schedule(next, now);
  }
  return { orders, wall: Math.max(now, wireFree), patience, biases };
}
