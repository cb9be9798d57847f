import { dependenciesOf } from '../../src/program/dependencies';
import { isCollective, type Program } from '../../src/program/program';
import type { RankCost } from '../../src/schedule/bound';
import type { Cost } from '../../src/schedule/orders';

/** Operations by id that an operation needs, its needs' needs too. */
export function ancestorsOf(program: Program): Set<number>[] {
  const all: Set<number>[] = [];
  for (const [id, needs] of dependenciesOf(program).entries())
    all[id] = new Set(needs.flatMap((need) => [need, ...all[need]!]));
  return all;
}

/**
 * What schedule/bound.ts says, by trying every set: before each collective, and the end, what its predecessors on a
 * lane or a port must take when those that start at `from` or later and have `least` or more to go are done in turn.
 */
export function plainBound(program: Program, { compute, wire }: RankCost): number {
  const { operations } = program;
  const needs = dependenciesOf(program);
  const ancestors = ancestorsOf(program);
  const cost = operations.map((op) => (isCollective(op) ? wire(op).length : compute(op)));
  const heads: number[] = [];

  /** Longest way from the end of an operation to the start of what needs `last`. */
  const tailTo = (last: readonly number[], id: number): number => {
    const ways = operations.flatMap((_, next) =>
      needs[next]!.includes(id) && (last.includes(next) || last.some((each) => ancestors[each]!.has(next)))
        ? [cost[next]! + tailTo(last, next)]
        : [],
    );
    return Math.max(last.includes(id) ? 0 : Number.NEGATIVE_INFINITY, ...ways);
  };

  const soonest = (last: readonly number[]): number => {
    const before = [...new Set(last.flatMap((id) => [id, ...ancestors[id]!]))];
    const tails = new Map(before.map((id) => [id, tailTo(last, id)]));
    const inTurn = (lane: readonly { head: number; takes: number; tail: number }[]): number =>
      Math.max(
        0,
        ...lane.flatMap(({ head: from }) =>
          lane.map(({ tail: least }) => {
            const set = lane.filter(({ head, tail }) => head >= from && tail >= least);
            return set.length > 0 ? from + set.reduce((sum, { takes }) => sum + takes, 0) + least : 0;
          }),
        ),
      );
    const kernels = before
      .filter((id) => !isCollective(operations[id]!))
      .map((id) => ({ head: heads[id]!, takes: cost[id]!, tail: tails.get(id)! }));
    const onWire = before.flatMap((id) => {
      const op = operations[id]!;
      return isCollective(op) ? [{ id, ...wire(op) }] : [];
    });
    const ports = Math.max(0, ...onWire.map((own) => own.ports.length));
    return Math.max(
      0,
      ...last.map((id) => heads[id]! + cost[id]!),
      inTurn(kernels),
      ...Array.from({ length: ports }, (_, port) =>
        inTurn(
          onWire.map(({ id, ports: own, latency }) => ({
            head: heads[id]!,
            takes: own[port]!,
            tail: tails.get(id)! + latency,
          })),
        ),
      ),
    );
  };

  for (const op of operations)
    heads.push(
      isCollective(op)
        ? soonest(needs[op.id]!)
        : Math.max(0, ...needs[op.id]!.map((need) => heads[need]! + cost[need]!)),
    );
  return soonest(operations.flatMap(({ id }) => (needs.some((own) => own.includes(id)) ? [] : [id])));
}

/** The least wall of all orders in which operations can be begun, on one compute lane beside one wire. */
export function leastWall(program: Program, cost: Cost): number {
  const { operations } = program;
  const needs = dependenciesOf(program);
  let least = Number.POSITIVE_INFINITY;
  const begin = (ends: ReadonlyMap<number, number>, now: number, wireFree: number): void => {
    if (Math.max(now, wireFree) >= least) return;
    if (ends.size === operations.length) least = Math.max(now, wireFree);
    for (const op of operations) {
      if (ends.has(op.id) || !needs[op.id]!.every((need) => ends.has(need))) continue;
      const start = Math.max(now, ...needs[op.id]!.map((need) => ends.get(need)!));
      const end = (isCollective(op) ? Math.max(start, wireFree) : start) + cost(op);
      const next = new Map([...ends, [op.id, end]]);
      if (isCollective(op)) begin(next, start, end);
      else begin(next, end, wireFree);
    }
  };
  begin(new Map(), 0, 0);
  return least;
}
