import { dependenciesOf } from '../program/dependencies';
import { type Collective, type Compute, isCollective, type Operation, type Program } from '../program/program';
import type { Cost } from './orders';

/** What a collective takes on a rank, at least. */
export type WireCost = {
  /** From when it can leave to when it is held. */
  readonly length: number;
  /** How long it keeps each port busy. */
  readonly ports: readonly number[];
  /** From when a port is done with it to when it is held: latency is not work of a port. */
  readonly latency: number;
};

/** What operations take on one rank: kernels on its compute lane, collectives on its ports; any one unit. */
export type RankCost = {
  readonly compute: (op: Compute) => number;
  readonly wire: (op: Collective) => WireCost;
};

/** Collectives that pass one wire, one at a time, each as long as it costs. */
export const oneWire = (cost: Cost): RankCost => ({
  compute: cost,
  wire: (op) => ({ length: cost(op), ports: [cost(op)], latency: 0 }),
});

type Needs = readonly (readonly number[])[];

/**
 * No schedule is done sooner: the longest path, where what precedes a collective (or the end) counts twice over: along
 * its paths, and as work that the compute lane, or a port, does one after the other (one-machine bound, Carlier and
 * Pinson, 1989): some of its predecessors on a lane can't begin before the earliest of them can, take together what
 * they take, and the shortest way on from any of them remains.
 */
export function wallBoundOf(program: Program, { compute, wire }: RankCost): number {
  const { operations } = program;
  const costs = new Float64Array(operations.length);
  const latencies = new Float64Array(operations.length);
  const ports: Float64Array[] = [];
  for (const op of operations) {
    if (!isCollective(op)) {
      costs[op.id] = compute(op);
      continue;
    }
    const own = wire(op);
    costs[op.id] = own.length;
    latencies[op.id] = own.latency;
    own.ports.forEach((time, port) => {
      ports[port] ??= new Float64Array(operations.length);
      ports[port][op.id] = time;
    });
  }
  return soonestEnd(operations, dependenciesOf(program), { costs, latencies, ports: distinct(ports) });
}

/** Ports that are as busy as another say nothing more. */
const distinct = (ports: readonly Float64Array[]): Float64Array[] =>
  ports.filter((port, i) => ports.findIndex((other) => other.every((time, id) => time === port[id])) === i);

/**
 * The largest share of a rank's communication that any schedule could hide. `wall`: what no schedule beats, by the
 * rank's own kernels and the port through which it receives; `compute`: what its kernels take; `collective`: how long
 * its collectives were under way. While neither goes on nothing is gained, so what a schedule must take beyond the
 * kernels is communication that is not hidden.
 */
export const hiddenBoundOf = (wall: number, compute: number, collective: number): number =>
  1 - Math.max(0, wall - compute) / collective;

/** For each collective (by id), how long the compute takes that neither leads to it nor needs it. */
export function independentOf(program: Program, cost: Cost): Map<number, number> {
  const { operations } = program;
  const needs = dependenciesOf(program);
  const collectives = operations.filter(isCollective).map(({ id }) => id);
  const words = Math.ceil(collectives.length / 32);
  const placeOf = new Map(collectives.map((id, place) => [id, place]));
  /** A row of bits an operation: the collectives before it, or after it. */
  const before = new Uint32Array(operations.length * words);
  const after = new Uint32Array(operations.length * words);
  const join = (bits: Uint32Array, into: number, from: number) => {
    for (let w = 0; w < words; w++) bits[into * words + w]! |= bits[from * words + w]!;
    const place = placeOf.get(from);
    if (place !== undefined) bits[into * words + (place >> 5)]! |= 1 << (place & 31);
  };
  for (let id = 0; id < operations.length; id++) for (const need of needs[id]!) join(before, id, need);
  for (let id = operations.length - 1; id >= 0; id--) for (const need of needs[id]!) join(after, need, id);
  const independent = new Float64Array(collectives.length);
  operations.forEach((op, id) => {
    if (isCollective(op)) return;
    for (let place = 0; place < collectives.length; place++) {
      const word = id * words + (place >> 5);
      if (((before[word]! | after[word]!) >>> (place & 31)) & 1) continue;
      independent[place]! += cost(op);
    }
  });
  return new Map(collectives.map((id, place) => [id, independent[place]!]));
}

/** By id: what operations take, collectives from leaving to held; their latencies; and on each port their time. */
type Costs = {
  readonly costs: Float64Array;
  readonly latencies: Float64Array;
  readonly ports: readonly Float64Array[];
};

function soonestEnd(operations: readonly Operation[], needs: Needs, { costs, latencies, ports }: Costs): number {
  /** No schedule starts an operation sooner. */
  const head = new Float64Array(operations.length);
  const lanes = { compute: createByHead(operations.length, head), wire: createByHead(operations.length, head) };
  /** Longest way from the end of each predecessor of something to its start; −1 for what does not precede it. */
  const tail = new Float64Array(operations.length);
  /** The same from when a port is done with a collective. */
  const portTail = new Float64Array(operations.length);

  /** The soonest that something can start that needs `last`, all of them among the first `count` operations. */
  const soonest = (last: readonly number[], count: number): number => {
    tail.fill(-1, 0, count);
    let path = 0;
    for (const need of last) {
      tail[need] = 0;
      path = Math.max(path, head[need]! + costs[need]!);
    }
    for (let id = count - 1; id >= 0; id--) {
      const own = tail[id]!;
      if (own < 0) continue;
      const way = own + costs[id]!;
      for (const need of needs[id]!) if (tail[need]! < way) tail[need] = way;
    }
    const onWire = lanes.wire.ids();
    for (const id of onWire) portTail[id] = tail[id]! < 0 ? -1 : tail[id]! + latencies[id]!;
    return ports.reduce(
      (soonest, port) => Math.max(soonest, oneMachine(onWire, head, portTail, port)),
      Math.max(path, oneMachine(lanes.compute.ids(), head, tail, costs)),
    );
  };

  const isRead = new Uint8Array(operations.length);
  operations.forEach((op, id) => {
    for (const need of needs[id]!) isRead[need] = 1;
    if (isCollective(op)) head[id] = soonest(needs[id]!, id);
    else for (const need of needs[id]!) head[id] = Math.max(head[id]!, head[need]! + costs[need]!);
    (isCollective(op) ? lanes.wire : lanes.compute).add(id);
  });
  return soonest(
    operations.flatMap(({ id }) => (isRead[id] ? [] : [id])),
    operations.length,
  );
}

/** Ids of a lane's operations, those that can start sooner first. */
function createByHead(most: number, head: Float64Array) {
  const ids = new Int32Array(most);
  let count = 0;
  return {
    ids: (): Int32Array => ids.subarray(0, count),
    add(id: number): void {
      let at = count;
      while (at > 0 && head[ids[at - 1]!]! > head[id]!) at--;
      ids.copyWithin(at + 1, at, count);
      ids[at] = id;
      count++;
    },
  };
}

/** Few tails matter, the shortest most. */
const MOST_TAILS = 64;

/**
 * The largest, over sets of operations that one machine does in turn, of earliest start + all that they take + shortest
 * tail. A set is all that starts at some time or later and has a tail of `least` or longer. `byHead`: ids, those that
 * start sooner first.
 */
function oneMachine(byHead: Int32Array, head: Float64Array, tail: Float64Array, costs: Float64Array): number {
  const tails = shortestTails(byHead, tail);
  const longest = tails.at(-1);
  if (longest === undefined) return 0;
  // Operations with long tails are in every set, whatever `least` is: of those between two others, the best end is all
  // that counts.
  const others: number[] = [];
  const ends: number[] = [Number.NEGATIVE_INFINITY];
  const sums: number[] = [];
  let sum = 0;
  for (let i = byHead.length - 1; i >= 0; i--) {
    const id = byHead[i]!;
    if (tail[id]! < 0) continue;
    if (tail[id]! < longest) {
      others.push(id);
      sums.push(sum);
      ends.push(Number.NEGATIVE_INFINITY);
      continue;
    }
    sum += costs[id]!;
    ends[others.length] = Math.max(ends[others.length]!, head[id]! + sum);
  }
  let bound = 0;
  for (const least of tails) {
    let more = 0;
    bound = Math.max(bound, ends[0]! + least);
    for (let i = 0; i < others.length; i++) {
      const id = others[i]!;
      if (tail[id]! >= least) {
        more += costs[id]!;
        bound = Math.max(bound, head[id]! + sums[i]! + more + least);
      }
      bound = Math.max(bound, ends[i + 1]! + more + least);
    }
  }
  return bound;
}

/** The shortest tails that there are, each once, in order. */
function shortestTails(byHead: Int32Array, tail: Float64Array): number[] {
  const tails: number[] = [];
  // From the last: what can start late is near, and has a short tail.
  for (let i = byHead.length - 1; i >= 0; i--) {
    const own = tail[byHead[i]!]!;
    if (own < 0 || (tails.length === MOST_TAILS && own >= tails[MOST_TAILS - 1]!)) continue;
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (tails[middle]! < own) low = middle + 1;
      else high = middle;
    }
    if (tails[low] === own) continue;
    tails.splice(low, 0, own);
    if (tails.length > MOST_TAILS) tails.pop();
  }
  return tails;
}
