import { expect } from 'vitest';
import { boundsOf } from '../../src/lab/experiments/measurement/bounds';
import type { KeptRun } from '../../src/lab/experiments/measurement/kept_run';
import { seededRandom } from '../../src/lab/statistics/random';
import { linkNetwork, togetherOn } from '../../src/network/network';
import { isCollective, type Operation, type Program } from '../../src/program/program';
import { simulate } from '../../src/schedule/machine';
import { type Order, SCHEDULES } from '../../src/schedule/orders';
import { schedule } from '../../src/schedule/schedule';
import { operationTimesOf } from '../../src/trace/operation_times';
import { hiddenShare, overlapOfIntervals, type RankOverlap } from '../../src/trace/overlap';
import type { Interval } from '../../src/trace/span';
import { compute } from '../spans';
import { type Random, randomOrders, randomProgram, randomTraffic, readsOf, type Traffic } from './random_programs';

const ORDERS = process.env.FEW_CASES ? 4 : 20;

/**
 * Random programs over random links, each by both schedules and some random orders: none is done before the bound, none
 * hides more than its bound, and all read the same.
 */
export function holdBounds(programs: number): void {
  for (let seed = 0; seed < programs; seed++) {
    try {
      holdOne(seededRandom(seed));
    } catch (cause) {
      throw new Error(`program ${seed}: ${cause instanceof Error ? cause.message : cause}`);
    }
  }
}

function holdOne(random: Random): void {
  const program = randomProgram(random);
  const traffic = randomTraffic(random, program);
  /** What a round takes, and the part of it for which each rank computes. */
  const rounds = program.operations.map(() => 5 * random());
  const shares = program.operations.map(() =>
    Array.from({ length: traffic.ranks }, () => (random() < 0.5 ? 1 : random())),
  );
  const cost = ({ id }: Operation) => rounds[id]!;
  const orders = [
    ...SCHEDULES.map((kind) => schedule(program, kind, cost)),
    ...Array.from({ length: ORDERS }, () => randomOrders(random, program)),
  ];
  const reads = readsOf(orders[0]!, program);
  for (const own of orders) {
    expect(readsOf(own, program)).toEqual(reads);
    const { wall, overlaps } = play(own, cost, shares, traffic);
    const bound = boundsOf(program, keptRun(program, rounds, shares, traffic, overlaps), null);
    expect(bound.wallMs, 'wall').toBeLessThanOrEqual(wall + 1e-6);
    const hidden = hiddenShare(overlaps);
    if (hidden === null) expect(bound.hidden).toBeNull();
    else expect(hidden, 'hidden').toBeLessThanOrEqual(bound.hidden! + 1e-6);
  }
}

function play(
  orders: readonly Order[],
  cost: (op: Operation) => number,
  shares: readonly (readonly number[])[],
  { ranks, links, bytes }: Traffic,
): { wall: number; overlaps: RankOverlap[] } {
  const network = linkNetwork(links, ranks, bytes);
  const { wall, spans } = simulate(orders, cost, togetherOn(network, ranks));
  const collectives = new Map(orders.flatMap(({ op }) => (isCollective(op) ? [[op.id, op] as const] : [])));
  const overlaps = Array.from({ length: ranks }, (_, rank) =>
    overlapOfIntervals(
      spans.flatMap(({ kind, op, start, end }): Interval[] =>
        kind === 'compute' ? [[start, start + shares[op]![rank]! * (end - start)]] : [],
      ),
      spans.flatMap(({ kind, op, start }): Interval[] =>
        kind === 'collective' ? [[start, network.heldAt(collectives.get(op)!, rank)!]] : [],
      ),
    ),
  );
  return { wall, overlaps };
}

function keptRun(
  { operations }: Program,
  rounds: readonly number[],
  shares: readonly (readonly number[])[],
  { ranks, messages }: Traffic,
  overlaps: readonly RankOverlap[],
): KeptRun {
  const kernels = operations.flatMap((op) =>
    isCollective(op)
      ? []
      : // A rank more computes throughout: of all together a round takes what it takes.
        Array.from({ length: ranks + 1 }, (_, rank) =>
          compute(rank, 0, rounds[op.id]! * (shares[op.id]![rank] ?? 1), { op: op.id, sharing: ranks + 1 }),
        ),
  );
  const times = operationTimesOf([...kernels, ...messages], ranks + 1);
  return { times, overlaps } as unknown as KeptRun;
}
