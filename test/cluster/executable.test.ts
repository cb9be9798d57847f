import { expect, test } from 'vitest';
import type { Cluster } from '../../src/cluster/cluster';
import { bindProgram, createExecutable } from '../../src/cluster/executable';
import { type Feed, feedOf, wholeSequences } from '../../src/cluster/feed';
import { tableOf } from '../../src/connectivity/methods';
import { deploy } from '../../src/lab/setup/lab';
import { openCheckpoint } from '../../src/model/checkpoint';
import type { Plan } from '../../src/model/plan';
import { within } from '../../src/model/source';
import { INSTANT } from '../../src/network/link';
import { programBuilder } from '../../src/program/builder';
import { faultsOf } from '../../src/program/check_program';
import { keptValuesOf, lowerInto } from '../../src/program/lower';
import { exchangeSymbols, type Program } from '../../src/program/program';
import { openLab } from '../support';
import { feedIn, feedsTogether } from './scoped_feeds';

const PLANS: Plan[] = [
  { kind: 'ep', ranks: 2 },
  { kind: 'tp', ranks: 2 },
];
test.each(PLANS)(
  'two micro-batches in one program ($kind) give the bits of each alone, in any schedule',
  async (plan) => {
    const lab = await openLab();
    const { checkpoint, cluster } = await deploy(
      lab,
      await openCheckpoint(within(lab.source, 'test/oracle/fixtures/deepseek_v2')),
      plan,
    );
    const { spec } = checkpoint;
    const options = { wire: 'bf16', allReduce: 'direct', logits: 'all', hidden: false, cached: false } as const;
    const connectivity = tableOf('regular', spec);
    const run = { linkBetween: () => INSTANT, pause: lab.pause };
    // Of different lengths, and one rank without tokens in the second.
    const feedsOf = (first: number[], second: number[]): Feed[] =>
      plan.kind === 'ep'
        ? [first, second].map((ids, rank) => feedOf(rank, 2, spec, wholeSequences(ids.length > 0 ? [ids] : [])))
        : [0, 1].map((rank) =>
            feedOf(rank, 2, spec, wholeSequences([first, second].filter(({ length }) => length > 0))),
          );
    const batches = { a: feedsOf([3, 1, 4, 1, 5, 9], [2, 6]), b: feedsOf([5, 3, 5, 8, 9, 7, 9], []) };

    const alone = await createExecutable(cluster, spec, connectivity, options);
    const orders = alone.schedule('blocking', () => 1);
    const expected = [
      (await alone.run(orders, batches.a, run)).outputs,
      (await alone.run(orders, batches.b, run)).outputs,
    ];

    const build = programBuilder(keptValuesOf(spec, plan));
    const outputs = Object.keys(batches).flatMap((scope) =>
      lowerInto(build.within(scope), spec, connectivity, { ...options, plan }),
    );
    const program = build.finish(outputs);
    expect(faultsOf(program)).toEqual([]);
    const feeds = [0, 1].map((rank) => feedsTogether([feedIn('a', batches.a[rank]!), feedIn('b', batches.b[rank]!)]));
    const both = await bindProgram(cluster, program);
    for (const kind of ['blocking', 'overlapped'] as const) {
      const ordersOfBoth = both.schedule(kind, (op) => (op.kind === 'compute' ? 1 : 20));
      for (const linkBetween of [run.linkBetween, null]) {
        const { outputs } = await both.run(ordersOfBoth, feeds, { ...run, linkBetween });
        for (const rank of [0, 1]) {
          expect(outputs[rank]!.get('a/logits')).toEqual(expected[0]![rank]!.get('logits'));
          expect(outputs[rank]!.get('b/logits')).toEqual(expected[1]![rank]!.get('logits'));
        }
      }
    }
    alone.destroy();
    both.destroy();
    cluster.destroy();
  },
);

/**
 * Rows go to the ranks of their experts and back, twice by the same exchange: as a forward pass and its backward pass
 * would.
 */
function thereAndBackTwice(): Program {
  const [ranks, experts, topK, width] = [2, 4, 2, 6];
  const build = programBuilder([]);
  const place = { block: 'router', layer: 0 } as const;
  const rows = 'tokens';
  build.input({ name: 'x', rows, cols: width });
  build.input({ name: 'ids', rows, cols: topK, type: 'u32' });
  build.input({ name: 'weights', rows, cols: topK });
  build.compute(
    place,
    'send plan',
    { kernel: 'send_plan', sizes: { rows, ranks, experts, topK } },
    { inputs: ['ids'] },
    { name: 'rowOf', rows, cols: ranks, type: 'u32' },
    { name: 'counts', rows: 1, cols: experts + ranks, type: 'u32' },
  );
  const cols = width + 2 * topK;
  let sent = build.compute(
    place,
    'permute',
    { kernel: 'permute', sizes: { rows, ranks, experts, topK, width, packed: 0 } },
    { inputs: ['x', 'ids', 'weights', 'rowOf'] },
    { name: 'send', rows: { of: rows, times: 2 }, cols, type: 'u32' },
  );
  const exchange = build.exchange('routed', { counts: 'counts', experts });
  const symbols = exchangeSymbols(exchange);
  const outputs = ['forward', 'backward'].map((pass) => {
    const there = build.allToAll(
      { name: `Dispatch, ${pass}`, block: 'dispatch', layer: 0, direction: 'dispatch', exchange, input: sent },
      { name: `there, ${pass}`, rows: symbols.received, cols, type: 'u32' },
    );
    sent = build.allToAll(
      { name: `Combine, ${pass}`, block: 'combine', layer: 0, direction: 'combine', exchange, input: there },
      { name: `back, ${pass}`, rows: symbols.sent, cols, type: 'u32' },
    );
    return sent;
  });
  return build.finish(outputs);
}

test('an exchange that a layer uses twice is announced once, and brings every row back to its place both times', async () => {
  const lab = await openLab();
  const program = thereAndBackTwice();
  expect(faultsOf(program)).toEqual([]);
  const cluster: Cluster = {
    plan: { kind: 'ep', ranks: 2 },
    ranks: [0, 1].map((index) => ({ index, engine: lab.engine, kept: new Map() })),
    weightBytes: 0,
    destroy: () => {},
  };
  const ids = [
    [0, 1, 2, 3, 0, 3],
    [2, 0],
  ];
  const feeds = ids.map((own, rank): Feed => {
    const tokens = own.length / 2;
    const bits = (values: Float32Array) => new Uint32Array(values.buffer as ArrayBuffer);
    return {
      inputs: new Map([
        ['x', bits(Float32Array.from({ length: tokens * 6 }, (_, i) => 100 * rank + i))],
        ['ids', Uint32Array.from(own)],
        ['weights', bits(new Float32Array(own.length).fill(1))],
      ]),
      symbols: new Map([
        ['tokens', tokens],
        ['rank', rank],
      ]),
    };
  });
  const executable = await bindProgram(cluster, program);
  const { outputs, routing, spans } = await executable.run(
    executable.schedule('overlapped', () => 1),
    feeds,
    { linkBetween: () => INSTANT, pause: lab.pause },
  );
  expect(routing).toEqual([{ layer: 0, load: [3, 1, 2, 2] }]);
  expect(spans().filter(({ kind }) => kind === 'collective')).toHaveLength(8);
  for (const own of outputs) {
    expect(own.get('back, forward')!.length).toBeGreaterThan(0);
    expect(own.get('back, backward')).toEqual(own.get('back, forward'));
  }
  // A token of two experts of one rank travels once: three tokens of rank 0 make four rows, the one of rank 1 two.
  expect(outputs.map((own) => own.get('back, forward')!.length / 10)).toEqual([4, 2]);
  expect([...outputs[1]!.get('back, forward')!.slice(0, 6)]).toEqual([100, 101, 102, 103, 104, 105]);
  executable.destroy();
});

test('a program whose weights the ranks do not keep is refused', async () => {
  const lab = await openLab();
  const { checkpoint, cluster } = await deploy(
    lab,
    await openCheckpoint(within(lab.source, 'test/oracle/fixtures/qwen3_moe')),
    PLANS[0]!,
  );
  const bare: Cluster = { ...cluster, ranks: cluster.ranks.map((rank) => ({ ...rank, kept: new Map() })) };
  const connectivity = tableOf('regular', checkpoint.spec);
  const options = { wire: 'f32', allReduce: 'direct', logits: 'last', hidden: false, cached: false } as const;
  let made = 0;
  const { createPool } = lab.engine;
  const pools: { heldBytes: () => number }[] = [];
  const counting = {
    ...lab.engine,
    createPool: () => {
      made++;
      const pool = createPool();
      pools.push(pool);
      return pool;
    },
  };
  const refused: Cluster = { ...bare, ranks: bare.ranks.map((rank) => ({ ...rank, engine: counting })) };
  await expect(
    createExecutable(refused, checkpoint.spec, connectivity, { ...options, cached: true }, []),
  ).rejects.toThrow();
  await expect(createExecutable(refused, checkpoint.spec, connectivity, options)).rejects.toThrow(
    /rank 0 does not keep model.embed_tokens/,
  );
  // Nothing of it is left, neither a buffer nor a scope that would swallow later errors.
  expect(made).toBe(8);
  expect(pools.map((pool) => pool.heldBytes())).toEqual(new Array(8).fill(0));
  await expect(lab.engine.gpu.device.popErrorScope()).rejects.toThrow();
  cluster.destroy();
});
