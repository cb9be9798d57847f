import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tableOf } from '../../src/connectivity/methods';
import { reducedTogether } from '../../src/connectivity/reduced_together';
import { seededRandom } from '../../src/lab/statistics/random';
import { parseConfig } from '../../src/model/config';
import { PLAIN_NAMES } from '../../src/model/families/common';
import { DRAWN } from '../../src/model/presets';
import type { ModelSpec, RouterSpec } from '../../src/model/spec';
import { evenNetwork, linkNetwork, oneAtATime, togetherOn } from '../../src/network/network';
import { lower } from '../../src/program/lower';
import { inputsOf, isCollective, type Operation, outputsOf, type Program } from '../../src/program/program';
import { hiddenBoundOf, oneWire, wallBoundOf } from '../../src/schedule/bound';
import { graphOf, wallOf } from '../../src/schedule/list';
import { type Played as PlayedSpan, simulate } from '../../src/schedule/machine';
import { type Cost, type Order, type Resume, SCHEDULES } from '../../src/schedule/orders';
import { simulateRanks } from '../../src/schedule/ranks';
import { schedule } from '../../src/schedule/schedule';
import { hiddenShare, overlapOfIntervals } from '../../src/trace/overlap';
import type { Interval } from '../../src/trace/span';
import { leastWall } from './plain';
import { randomProgram } from './random_programs';

const ROUTER: RouterSpec = {
  scoring: 'softmax',
  groups: 1,
  keptGroups: 1,
  normalise: false,
  scale: 1,
  weighs: 'output',
  balanced: false,
};
const spec: ModelSpec = {
  family: 'test',
  vocabulary: 10,
  hidden: 8,
  normEps: 1e-6,
  maxPositions: 16,
  rope: { theta: 10000, dim: 2, scaling: { kind: 'default' } },
  attentionChunk: null,
  temperature: null,
  tiedHead: false,
  names: PLAIN_NAMES,
  layers: Array.from({ length: 4 }, (_, layer) => ({
    attention: {
      kind: 'mla',
      heads: 2,
      qLatent: null,
      latent: 4,
      latentEps: 1e-6,
      nope: 4,
      rotated: 2,
      valueDim: 4,
      gated: false,
      scale: 1,
    },
    feedForward:
      layer === 0
        ? { kind: 'dense', inner: 16 }
        : { kind: 'moe', experts: 4, topK: 2, inner: 4, sharedInner: 8, router: ROUTER },
  })),
};
/** As many layers as real models have, or two thirds of them: the ends of a short program have orders of their own. */
const DEEP = process.env.FEW_CASES ? 16 : 24;
const deep: ModelSpec = {
  ...spec,
  layers: Array.from({ length: DEEP }, (_, layer) => spec.layers[Math.min(layer, 1)]!),
};
const programOf = (
  connectivity: string,
  kind: 'ep' | 'tp' = 'ep',
  allReduce: 'direct' | 'ring' = 'direct',
  model: ModelSpec = spec,
  ranks = 2,
  cached = false,
  wire: 'f32' | 'bf16' = 'f32',
) =>
  lower(model, tableOf(connectivity, model), {
    plan: { kind, ranks },
    wire,
    allReduce,
    logits: 'last',
    hidden: false,
    cached,
  });

/** Every operation once, after all that it reads; a collective's result only after its wait. */
function respectsDependencies(orders: readonly Order[], { operations, inputs, values }: Program): void {
  const kept = [...values.values()].flatMap(({ name, lives }) => (lives === 'kept' ? [name] : []));
  const available = new Set([...inputs, ...kept]);
  const started = new Set<Operation>();
  for (const order of orders) {
    if (order.do === 'wait') {
      expect(started).toContain(order.op);
      expect(available).not.toContain(order.op.output);
      available.add(order.op.output);
      continue;
    }
    for (const value of inputsOf(order.op)) expect(available).toContain(value);
    expect(started).not.toContain(order.op);
    started.add(order.op);
    if (order.do === 'compute') for (const value of outputsOf(order.op)) available.add(value);
  }
  // Who updates a kept value, and who reads it before and after, keep their order.
  const touching = (name: string, ops: readonly Operation[]) => {
    const own = ops.filter((op) => outputsOf(op).includes(name) || inputsOf(op).includes(name));
    const updates = own.filter((op) => outputsOf(op).includes(name));
    return own
      .map((op) => updates.filter((update) => own.indexOf(update) < own.indexOf(op)).length)
      .map((n, i) => `${own[i]!.id} ${n}`);
  };
  const begun = orders.flatMap((order) => (order.do === 'wait' ? [] : [order.op]));
  for (const name of kept) expect(touching(name, begun).sort()).toEqual(touching(name, operations).sort());
  expect(started.size).toBe(operations.length);
  expect(orders.filter(({ do: what }) => what === 'wait')).toHaveLength(operations.filter(isCollective).length);
}

const connectivities = fc.constantFrom('regular', 'farskip', 'attn_only', 'mlp_only', 'last_half', 'first:2', 'last:1');

test('every schedule respects every dependency, whatever the operations cost', () => {
  fc.assert(
    fc.property(
      connectivities,
      fc.constantFrom('blocking' as const, 'overlapped' as const),
      fc.constantFrom(['ep', 'direct'] as const, ['tp', 'direct'] as const, ['tp', 'ring'] as const),
      fc.boolean(),
      fc.infiniteStream(fc.nat(9000)),
      (name, kind, [plan, allReduce], cached, stream) => {
        const program = programOf(name, plan, allReduce, spec, 2, cached);
        const costs = program.operations.map(() => stream.next().value as number);
        respectsDependencies(
          schedule(program, kind, (op) => costs[op.id]!),
          program,
        );
      },
    ),
  );
});

test('no schedule of one compute lane and one wire beats the bound', () => {
  fc.assert(
    fc.property(
      connectivities,
      fc.constantFrom('ep' as const, 'tp' as const),
      fc.infiniteStream(fc.nat(9000)),
      (name, plan, stream) => {
        const program = programOf(name, plan);
        const costs = program.operations.map(() => stream.next().value as number);
        const cost = (op: Operation) => costs[op.id]!;
        const wall = wallBoundOf(program, oneWire(cost));
        const sum = (collectives: boolean) =>
          program.operations.reduce((total, op) => (isCollective(op) === collectives ? total + cost(op) : total), 0);
        const hidden = sum(true) > 0 ? hiddenBoundOf(wall, sum(false), sum(true)) : 0;
        for (const kind of ['blocking', 'overlapped'] as const) {
          const run = play(schedule(program, kind, cost), cost);
          expect(run.wall).toBeGreaterThanOrEqual(wall - 1e-9);
          expect(run.hidden).toBeLessThanOrEqual(hidden + 1e-9);
        }
      },
    ),
  );
});

/**
 * Plays orders on one compute lane and one wire: when all is done, and the share of the time on the wire that lies
 * under compute.
 */
function play(orders: readonly Order[], cost: Cost): { wall: number; hidden: number } {
  const { wall, spans } = simulate(orders, cost, oneAtATime(cost));
  const lengths = new Map(orders.map(({ op }) => [op.id, cost(op)]));
  // Queueing behind earlier collectives is not time on the wire.
  const onWire = spans.map((span) =>
    span.kind === 'collective' ? { ...span, start: span.end - lengths.get(span.op)! } : span,
  );
  return { wall, hidden: hiddenShare([overlapIn(onWire)]) ?? 0 };
}

function overlapIn(spans: readonly PlayedSpan[]) {
  const of = (kind: PlayedSpan['kind']) =>
    spans.filter((span) => span.kind === kind).map(({ start, end }): Interval => [start, end]);
  return overlapOfIntervals(of('compute'), of('collective'));
}

/**
 * Costs in the proportions of an EP layer whose all-to-alls fit behind their windows: q, k, v 0.3, core attention 0.4,
 * …
 */
function typicalCost(op: Operation): number {
  if (isCollective(op)) return 0.35;
  const parts: Record<string, number> = {
    'core attention': 0.4,
    output: 0.1,
    'experts gate, up': 0.5,
    'experts down': 0.3,
    'gate, up': 0.25,
    down: 0.15,
    q: 0.15,
    kv: 0.1,
  };
  return parts[op.name] ?? 0.01;
}

test('the overlapped schedule of FarSkip finds the order of an EP layer by itself', () => {
  const program = programOf('farskip', 'ep', 'direct', deep);
  const orders = schedule(program, 'overlapped', typicalCost);
  const at = (what: Order['do'], name: string, layer: number) =>
    orders.findIndex((order) => order.do === what && order.op.name === name && order.op.layer === layer);
  const layer = DEEP / 2;
  const steps = [
    at('start', 'Combine', layer - 1),
    at('compute', 'q', layer),
    at('wait', 'Combine', layer - 1),
    at('compute', 'gate', layer),
    at('start', 'Dispatch', layer),
    at('compute', 'core attention', layer),
    at('wait', 'Dispatch', layer),
    at('compute', 'experts gate, up', layer),
    at('start', 'Combine', layer),
  ];
  expect(steps).not.toContain(-1);
  expect(steps).toEqual(steps.toSorted((a, b) => a - b));
});

test.each([
  ['deepseek-v2-lite-66m', 2.7],
  ['qwen3-30b-a3b-69m', 1.5],
  ['llama-4-scout-70m', 2.7],
])('%s: work is put off for the next collective rather than run into the arrival of this one', (id, collective) => {
  // ms of a layer on a GPU, its collectives about as long as the work that is free of them: filling each window at once
  // loses 8 to 9 % here, as the kernel that is running when a collective arrives holds up what waits for it.
  const spec = parseConfig(DRAWN.find((preset) => preset.id === id)!.config);
  const program = programOf('farskip', 'ep', 'direct', spec, 4);
  const ms: Record<string, number> = {
    'core attention': 1.2,
    output: 0.4,
    q: 0.4,
    'kv latent': 0.3,
    kv: 0.3,
    k: 0.2,
    v: 0.2,
    gate: 0.2,
    'send plan': 0.2,
    'expert plan': 0.2,
    'experts gate, up': 2,
    'experts down': 1.2,
    'gate, up': 0.6,
    down: 0.4,
  };
  const cost = (op: Operation) => (isCollective(op) ? collective : (ms[op.name] ?? 0.06));
  expect(play(schedule(program, 'overlapped', cost), cost).wall).toBeLessThan(
    1.03 * wallBoundOf(program, oneWire(cost)),
  );
});

/** Plays orders of a program: when all is done, and the share of communication that is hidden. */
type Play = (orders: readonly Order[], cost: Cost) => Played;

/**
 * Regular × blocking, regular × overlapped, FarSkip × blocking and FarSkip × overlapped when all collectives of the
 * regular model take `ratio` times its computation: on each network, what is hidden and the wall time ÷ the first's.
 */
function combinations(kind: 'ep' | 'tp', ratio: number, networks: readonly Play[]): number[][][] {
  const regular = programOf('regular', kind, 'direct', deep, 4).operations;
  const collectives = regular.filter(isCollective).length;
  const computation = regular.reduce((sum, op) => sum + (isCollective(op) ? 0 : typicalCost(op)), 0);
  const cost = (op: Operation) => (isCollective(op) ? (ratio * computation) / collectives : typicalCost(op));
  const all = ['regular', 'farskip'].flatMap((connectivity) => {
    const program = programOf(connectivity, kind, 'direct', deep, 4);
    return SCHEDULES.map((each) => schedule(program, each, cost));
  });
  return networks.map((own) => {
    const played = all.map((orders) => own(orders, cost));
    return played.map(({ wall, hidden }) => [hidden, wall / played[0]!.wall].map((value) => Number(value.toFixed(3))));
  });
}
type Played = { readonly wall: number; readonly hidden: number };

/** Over links of 1 byte a ms without latency, each port sending as many bytes as the cost has ms. */
const overLinks: Play = (orders, cost) => {
  const link = { latencyMs: 0, bytesPerMs: 1 };
  const { wall, spans } = simulate(
    orders,
    cost,
    evenNetwork({ nodes: 1, within: link, between: link, jitter: 0, slow: null }, 4, cost),
  );
  return { wall, hidden: hiddenShare([overlapIn(spans)]) ?? 0 };
};

test('small programs are done nearly as soon as in the best of all orders', () => {
  const random = seededRandom(3);
  const over: number[] = [];
  while (over.length < 60) {
    const program = randomProgram(random);
    const costs = program.operations.map(() => 1 + Math.floor(9 * random()));
    if (program.operations.length > 9) continue;
    const cost = (op: Operation) => costs[op.id]!;
    over.push(play(schedule(program, 'overlapped', cost), cost).wall / leastWall(program, cost));
  }
  expect(Math.min(...over)).toBeGreaterThan(1 - 1e-9);
  expect(Math.max(...over)).toBeLessThan(1.3);
  // Of sixty 52 are best; a list that begins other work first is seldom.
  expect(over.filter((times) => times < 1 + 1e-9).length).toBeGreaterThanOrEqual(52);
});

test.each([
  // At a quarter of the computation nearly all that a layer sends can be hidden; of its own length half of it.
  ['ep', 0.25, 0.9],
  ['ep', 0.5, 0],
  ['ep', 1, 0.4],
  ['tp', 0.25, 0.9],
  ['tp', 0.5, 0],
  ['tp', 1, 0],
] as const)(
  '%s at ratio %d, on one wire and over links between four ranks: blocking hides nothing, FarSkip × overlapped the most',
  (kind, ratio, least) => {
    const [onOneWire, onLinks] = combinations(kind, ratio, [play, overLinks]);
    for (const each of [onOneWire!, onLinks!]) {
      const [regularBlocking, regularOverlapped, farskipBlocking, farskipOverlapped] = each;
      expect(regularBlocking).toEqual([0, 1]);
      expect(farskipBlocking![0]).toBe(0);
      expect(regularOverlapped![1]).toBeLessThanOrEqual(1);
      expect(farskipOverlapped![0]).toBeGreaterThan(regularOverlapped![0]! + 0.2);
      expect(farskipOverlapped![1]).toBeLessThan(regularOverlapped![1]! - 0.04);
    }
    expect(onOneWire![3]![0]).toBeGreaterThan(least);
  },
);

test.each([
  ['regular', [['attention.1'], ['shared.1', 'routed.1']]],
  ['farskip', [['attention.1', 'shared.1'], ['routed.1']]],
  ['attn_only', [['attention.1'], ['shared.1'], ['routed.1']]],
  ['mlp_only', [['attention.1', 'shared.1', 'routed.1']]],
])('%s: terms that every reader takes together share an all-reduce', (name, groups) => {
  const connectivity = tableOf(name, spec);
  expect(reducedTogether(spec, connectivity)[1]).toEqual(groups);
  const reduced = programOf(name, 'tp').operations.filter((op) => isCollective(op) && op.layer === 1);
  expect(reduced).toHaveLength(groups.length);
});

test('a FarSkip layer under tensor parallelism: one all-reduce under the routed experts, the other under the next attention', () => {
  const program = programOf('farskip', 'tp');
  const orders = schedule(program, 'overlapped', (op) => (isCollective(op) ? 4 : 1));
  const between = (name: string) => {
    const inLayer = (order: Order, layer: number) => order.op.layer === layer;
    const at = (what: Order['do']) =>
      orders.findIndex((order) => order.do === what && inLayer(order, 2) && order.op === op);
    const op = program.operations.find(
      (each) => isCollective(each) && each.layer === 2 && outputsOf(each)[0]!.includes(name),
    )!;
    return orders.slice(at('start') + 1, at('wait')).map(({ op: { block, layer } }) => `${block} ${layer}`);
  };
  expect(between('shared.2')).toContain('routed 2');
  expect(between('routed.2')).toContain('attention 3');
});

/** ms of four ranks' kernels of a layer of DeepSeek-V2-Lite's shape under tensor parallelism, 2,048 tokens each. */
const MEASURED: Record<string, number> = {
  'add, norm': 0.08,
  'kv latent': 0.269,
  q: 0.276,
  'kv norm': 0.053,
  kv: 0.097,
  'keys, values, q rope': 0.077,
  'core attention': 1.956,
  output: 0.147,
  gate: 0.128,
  'top-k': 0.186,
  'pair counts': 0.028,
  'expert plan': 0.033,
  'experts gate, up': 1.177,
  'experts down': 0.531,
  'weigh experts': 0.077,
  'gate, up': 0.401,
  down: 0.197,
  'add parts': 0.09,
  'to bf16': 0.053,
  'sum of parts': 0.072,
};

test('over a lag a schedule hides both all-reduces of a layer where they need not lie side by side', () => {
  const program = programOf('farskip', 'tp', 'direct', deep, 4, false, 'bf16');
  const cost = (op: Operation) => (isCollective(op) ? 0.764 : (MEASURED[op.name] ?? 0.05));
  const resume: Resume = { lag: 0.2, copying: () => 0.081 };
  const begun = schedule(program, 'overlapped', cost, resume).flatMap((order) =>
    order.do === 'wait' ? [] : [order.op.id],
  );
  const lane = program.operations.reduce((sum, op) => sum + (isCollective(op) ? 0.081 : cost(op)), 0);
  expect(wallOf(graphOf(program, cost, resume), Int32Array.from(begun)) / lane).toBeLessThan(1.02);
});

describe('devices of their own', () => {
  const link = { latencyMs: 0.5, bytesPerMs: 2 };
  const program = programOf('farskip', 'ep', 'direct', deep, 4);
  const ordered = () => schedule(program, 'overlapped', typicalCost);
  const bytes = () => 0.2;

  test('are as quick as ranks in turns where all kernels take the same on each', () => {
    const orders = ordered();
    const together = simulate(
      orders,
      typicalCost,
      togetherOn(
        linkNetwork(() => link, 4, bytes),
        4,
      ),
    );
    expect(simulateRanks(orders, 4, typicalCost, () => link, bytes)).toBeCloseTo(together.wall, 9);
  });

  test('lose what they wait for one another where kernels differ', () => {
    const orders = ordered();
    const uneven = (op: Operation, rank: number) => typicalCost(op) * (rank === op.id % 4 ? 1.6 : 0.8);
    const even = simulateRanks(orders, 4, typicalCost, () => link, bytes);
    expect(simulateRanks(orders, 4, uneven, () => link, bytes)).toBeGreaterThan(1.05 * even);
  });

  test('that wait for what never started say so', () => {
    const orders = ordered();
    const late = orders.filter((order) => order.do !== 'start');
    expect(() => simulateRanks(late, 4, typicalCost, () => link, bytes)).toThrow(/never started/);
  });
});
