import { oneAtATime } from '../network/network';
import { dependenciesOf } from '../program/dependencies';
import { type Collective, isCollective, type Operation, type Program } from '../program/program';
import { costsOf, createMachine } from './machine';
import { AT_ONCE, type Cost } from './orders';

/** What depends on what, by id, and the longest path from each operation to the end, itself included. */
export type Graph = {
  readonly operations: readonly Operation[];
  readonly needs: readonly (readonly number[])[];
  readonly readers: readonly (readonly number[])[];
  readonly costs: Float64Array;
  /** 1 for collectives. */
  readonly onWire: Uint8Array;
  /** From when a collective is held to when an idle lane goes on. */
  readonly lag: number;
  /** What the lane copies of a collective before the first kernel that needs it; 0 where none does. */
  readonly copying: Float64Array;
  readonly path: Float64Array;
};

export function graphOf(program: Program, cost: Cost, { lag, copying: copyingOf } = AT_ONCE): Graph {
  const { operations } = program;
  const needs = dependenciesOf(program);
  const readers: number[][] = operations.map(() => []);
  needs.forEach((own, id) => {
    for (const need of own) readers[need]!.push(id);
  });
  const costs = costsOf(operations, cost);
  const onWire = Uint8Array.from(operations, (op) => (isCollective(op) ? 1 : 0));
  const copying = Float64Array.from(operations, (op) =>
    isCollective(op) && readers[op.id]!.some((reader) => !onWire[reader]) ? copyingOf(op) : 0,
  );
  return countingOn({ operations, needs, readers, costs, onWire, copying }, lag);
}

/** A graph for another lag. */
export function countingOn(graph: Omit<Graph, 'lag' | 'path'>, lag: number): Graph {
  const { operations, readers, costs, onWire, copying } = graph;
  // Operations are listed producers first, so one backward pass gives each its longest path to the end.
  const path = new Float64Array(operations.length);
  for (let id = operations.length - 1; id >= 0; id--) {
    let after = 0;
    for (const reader of readers[id]!)
      after = Math.max(after, path[reader]! + (onWire[id] ? lag : 0) + (onWire[reader] ? 0 : copying[id]!));
    path[id] = costs[id]! + after;
  }
  return { ...graph, lag, path };
}

/** Operations in the order in which they are begun, and when all is done. */
export type List = { readonly placed: Int32Array; readonly wall: number };

/** How many operations and candidates lists may still look at, all together. */
export type Effort = { left: number };

/**
 * List scheduling (Graham, 1966; priorities are the upward ranks of HEFT, Topcuoglu et al., 2002, plus biases) of one
 * compute lane beside one wire: a collective starts as soon as its input exists, and the first that needs it copies it;
 * of the operations whose inputs are there, the one with the highest priority runs next. But when it would still run as
 * something with a higher priority becomes ready, an operation that ends in time goes first; and if none does, the lane
 * idles when that costs less than `patience` times the delay: what is put off can hide the next collective. null when
 * the effort is spent, or when it is plain on the way that the list takes longer than `limit`.
 */
export function listSchedule(
  graph: Graph,
  patience: number,
  priority: Float64Array,
  limit: number,
  effort: Effort,
): List | null {
  if (effort.left <= 0) return null;
  const { operations, needs, readers, costs, onWire, lag, copying } = graph;
  const machine = createMachine(oneAtATime((op) => costs[op.id]!));
  const placed = new Int32Array(operations.length);
  let count = 0;
  const endsAt = new Float64Array(operations.length); // of operations done; for collectives when they can be used
  const isPlaced = new Uint8Array(operations.length);
  /** Of collectives, those whose copies are made. */
  const isCopied = new Uint8Array(operations.length);
  const needsLeft = Int32Array.from(needs, (own) => own.length);
  /** When the last input of an operation is there, all of them being done or on the wire. */
  const readyAt = new Float64Array(operations.length);
  const collectives: number[] = [];
  const ready = createHeap(priority);
  const later: number[] = [];
  let lastHeld = 0;
  let computeLeft = 0;
  for (let id = 0; id < costs.length; id++) computeLeft += onWire[id] ? copying[id]! : costs[id]!;

  /** What an operation takes of the lane, with what is to be copied before. */
  const takes = (id: number): number => {
    let time = costs[id]!;
    for (const need of needs[id]!) if (!isCopied[need]) time += copying[need]!;
    return time;
  };
  const admit = (id: number): void => {
    let at = 0;
    for (const need of needs[id]!) at = Math.max(at, endsAt[need]!);
    readyAt[id] = at;
    if (onWire[id]) collectives.push(id);
    else if (at <= machine.now()) ready.push(id);
    else later.push(id);
  };
  const place = (id: number, end: number): void => {
    placed[count++] = id;
    endsAt[id] = end;
    isPlaced[id] = 1;
    for (const reader of readers[id]!) if (--needsLeft[reader]! === 0) admit(reader);
  };
  /** Starts the collectives that could leave by now; those that this makes ready are started the next time. */
  const startCollectives = (): void => {
    if (collectives.length === 0) return;
    const still: number[] = [];
    for (const id of collectives.splice(0)) {
      if (readyAt[id]! > machine.now()) {
        still.push(id);
        continue;
      }
      const op = operations[id] as Collective;
      machine.start(op);
      const end = machine.heldAt(op);
      lastHeld = Math.max(lastHeld, end);
      place(id, end + lag);
    }
    collectives.unshift(...still);
  };
  const idleUntil = (at: number): void => {
    machine.idleUntil(at);
    takeReady();
  };
  const takeReady = (): void => {
    const now = machine.now();
    let kept = 0;
    for (let i = 0; i < later.length; i++) {
      const id = later[i]!;
      if (readyAt[id]! <= now) ready.push(id);
      else later[kept++] = id;
    }
    later.length = kept;
  };

  for (const op of operations) if (needsLeft[op.id] === 0) admit(op.id);
  while (count < operations.length) {
    startCollectives();
    const now = machine.now();
    effort.left -= 1 + later.length;
    if (now + computeLeft > limit || effort.left < 0) return null;
    const chosen = ready.top(isPlaced);
    if (chosen < 0) {
      if (count === operations.length) break;
      const next = Math.min(...later.map((id) => readyAt[id]!), ...collectives.map((id) => readyAt[id]!));
      if (!Number.isFinite(next)) throw new Error('the program has a cycle');
      idleUntil(next);
      continue;
    }
    const end = now + takes(chosen);
    let pressing = Number.POSITIVE_INFINITY;
    for (const id of later)
      if (readyAt[id]! < end && priority[id]! > priority[chosen]!) pressing = Math.min(pressing, readyAt[id]!);
    let next = chosen;
    if (pressing < end) {
      effort.left -= ready.size();
      const fitting = ready.best((id) => !isPlaced[id] && now + takes(id) <= pressing);
      if (fitting >= 0) next = fitting;
      else if (pressing - now < patience * (end - pressing)) {
        idleUntil(pressing);
        continue;
      }
    }
    const time = takes(next);
    for (const need of needs[next]!) isCopied[need] = 1;
    machine.compute(time);
    computeLeft -= time;
    place(next, machine.now());
    takeReady();
  }
  return { placed, wall: Math.max(machine.now(), lastHeld) };
}

/** When all is done of operations that are begun in this order, each as soon as it can be. */
export function wallOf({ operations, needs, costs, onWire, lag, copying }: Graph, placed: Int32Array): number {
  const machine = createMachine(oneAtATime((op) => costs[op.id]!));
  const copied = new Set<number>();
  let lastHeld = 0;
  for (const id of placed) {
    const op = operations[id]!;
    // What the lane computed is there by now.
    const awaited = needs[id]!.filter((need) => onWire[need]);
    for (const need of awaited) machine.idleUntil(machine.heldAt(operations[need] as Collective) + lag);
    if (isCollective(op)) {
      machine.start(op);
      lastHeld = Math.max(lastHeld, machine.heldAt(op));
      continue;
    }
    for (const need of awaited) if (!copied.has(need)) machine.compute(copying[need]!);
    for (const need of awaited) copied.add(need);
    machine.compute(costs[id]!);
  }
  return Math.max(machine.now(), lastHeld);
}

/** Ids, the one with the highest priority on top; of equal ones the lowest id. */
function createHeap(priority: Float64Array) {
  const ids: number[] = [];
  const before = (a: number, b: number): boolean =>
    priority[a]! > priority[b]! || (priority[a] === priority[b] && a < b);
  const pop = (): void => {
    const last = ids.pop()!;
    if (ids.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= ids.length) break;
      if (child + 1 < ids.length && before(ids[child + 1]!, ids[child]!)) child++;
      if (!before(ids[child]!, last)) break;
      ids[at] = ids[child]!;
      at = child;
    }
    ids[at] = last;
  };
  return {
    size: (): number => ids.length,
    push(id: number): void {
      let at = ids.push(id) - 1;
      while (at > 0) {
        const parent = (at - 1) >> 1;
        if (!before(id, ids[parent]!)) break;
        ids[at] = ids[parent]!;
        at = parent;
      }
      ids[at] = id;
    },
    /** The one on top that is not `gone`; those that are are dropped. −1 when there is none. */
    top(gone: Uint8Array): number {
      while (ids.length > 0 && gone[ids[0]!]) pop();
      return ids[0] ?? -1;
    },
    /** The first in order of those that fit; −1 when none does. */
    best(fits: (id: number) => boolean): number {
      let found = -1;
      for (const id of ids) if (fits(id) && (found < 0 || before(id, found))) found = id;
      return found;
    },
  };
}
