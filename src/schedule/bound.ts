import { dependenciesOf } from '../program/dependencies';
import { isCollective, type Operation, type Program } from '../program/program';
import { costsOf, totalsOf } from './machine';
import type { Cost } from './orders';

/** What no schedule of a program on one compute lane beside one wire could beat, given what each operation takes. */
export type Bound = {
  /** No schedule is done sooner, in the unit of `cost`. */
  readonly wall: number;
  /** The largest share of the communication that any schedule could hide; null without communication. */
  readonly hidden: number | null;
  /** For each collective (by id), how long the compute takes that neither leads to it nor needs it. */
  readonly independent: ReadonlyMap<number, number>;
};

type Needs = readonly (readonly number[])[];

/**
 * Wall: the longest path, where what precedes a collective (or the end) counts twice over: along its paths, and as work
 * that one lane, or one wire, does one after the other (one-machine bound, Carlier and Pinson, 1989): some of its
 * predecessors on a lane can't begin before the earliest of them can, take together what they take, and the shortest
 * way on from any of them remains.
 *
 * Hidden: a collective can only be hidden by compute that neither leads to it nor needs it, so it hides no more than
 * that compute takes; and all collectives together hide no more than the compute that is free of at least one of them.
 * Nor more than all that is done less the wall time: a schedule in which something is always under way takes just what
 * is done, less what is done at once, and one in which nothing is now and then hides no more without those gaps.
 */
export function boundOf(program: Program, cost: Cost): Bound {
  const { operations } = program;
  const needs = dependenciesOf(program);
  const costs = costsOf(operations, cost);
  const { compute, communication } = totalsOf(operations, costs);
  const wall = wallOf(operations, needs, costs);
  const { independent, freeOfAny } = independentOf(operations, needs, costs);
  let hideable = 0;
  for (const [id, free] of independent) hideable += Math.min(costs[id]!, free);
  const atOnce = communication + compute - wall;
  return {
    wall,
    hidden: communication > 0 ? Math.min(hideable, freeOfAny, atOnce) / communication : null,
    independent,
  };
}

/**
 * For each collective the compute that neither leads to it nor needs it; and all compute that is free of some
 * collective.
 */
function independentOf(
  operations: readonly Operation[],
  needs: Needs,
  costs: Float64Array,
): { independent: Map<number, number>; freeOfAny: number } {
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
  let freeOfAny = 0;
  operations.forEach((op, id) => {
    if (isCollective(op)) return;
    let free = false;
    for (let place = 0; place < collectives.length; place++) {
      const word = id * words + (place >> 5);
      if (((before[word]! | after[word]!) >>> (place & 31)) & 1) continue;
      independent[place]! += costs[id]!;
      free = true;
    }
    if (free) freeOfAny += costs[id]!;
  });
  return { independent: new Map(collectives.map((id, place) => [id, independent[place]!])), freeOfAny };
}

function wallOf(operations: readonly Operation[], needs: Needs, costs: Float64Array): number {
  /** No schedule starts an operation sooner. */
  const head = new Float64Array(operations.length);
  const lanes = { compute: createByHead(operations.length, head), wire: createByHead(operations.length, head) };
  /** Longest way from the end of each predecessor of something to its start; −1 for what does not precede it. */
  const tail = new Float64Array(operations.length);

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
    return Math.max(
      path,
      oneMachine(lanes.wire.ids(), head, tail, costs),
      oneMachine(lanes.compute.ids(), head, tail, costs),
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
