import type { Cluster } from '../../src/cluster/cluster';
import { bindProgram } from '../../src/cluster/executable';
import { type Backing, type Lab, openEngines } from '../../src/lab/setup/lab';
import { relativeError } from '../../src/lab/statistics/numbers';
import type { Link } from '../../src/network/link';
import { programBuilder } from '../../src/program/builder';
import { PARTS } from '../../src/program/kernels';
import { exchangeSymbols, type KeptValue, type Program } from '../../src/program/program';

/** One Dispatch, experts and Combine: for each rank's tokens, the experts that they go to. */
export type ExchangeCase = {
  readonly experts: number;
  readonly topK: number;
  readonly width: number;
  readonly ids: readonly (readonly number[][])[];
};

/** Tokens of every rank go to `topK` different experts each, drawn by `pick` among all. */
export function exchangeCase(
  tokens: readonly number[],
  experts: number,
  topK: number,
  width: number,
  pick: (candidates: number[], rank: number) => number,
): ExchangeCase {
  const ids = tokens.map((count, rank) =>
    Array.from({ length: count }, () => {
      const left = Array.from({ length: experts }, (_, e) => e);
      return Array.from({ length: topK }, () => left.splice(left.indexOf(pick(left, rank)), 1)[0]!);
    }),
  );
  return { experts, topK, width, ids };
}

/**
 * Runs the case on the GPU with experts that multiply by (expert + 1), and answers the error against the plain sum
 * out[t] = Σ weight · (expert + 1) · x[t], the worst over the ranks, with the bytes that the messages took.
 */
export async function runExchange(
  lab: Lab,
  { experts, topK, width, ids }: ExchangeCase,
  link: Link,
  backing: Backing,
): Promise<{ error: number; bytes: number }> {
  const ranks = ids.length;
  const local = experts / ranks;
  const program = exchangeProgram(experts, topK, width, ranks);
  const engines = await openEngines(lab, backing, ranks);
  const pools = engines.ofRank.map((engine) => engine.createPool());
  const cluster: Cluster = {
    plan: { kind: 'ep', ranks },
    weightBytes: 0,
    ranks: pools.map((pool, index) => {
      const weight = new Float32Array(local * width * width);
      for (let e = 0; e < local; e++)
        for (let i = 0; i < width; i++) weight[e * width * width + i * width + i] = index * local + e + 1;
      return {
        index,
        engine: engines.ofRank[index]!,
        kept: new Map([['scaled identity', pool.hold(weight)]]),
      };
    }),
    destroy: () => {},
  };
  const data = ids.map((own) => ({
    x: Float32Array.from({ length: own.length * width }, () => 2 * Math.random() - 1),
    weights: Float32Array.from({ length: own.length * topK }, () => Math.random()),
  }));
  const feeds = ids.map((own, rank) => ({
    inputs: new Map([
      ['x', new Uint32Array(data[rank]!.x.buffer)],
      ['ids', Uint32Array.from(own.flat())],
      ['weights', new Uint32Array(data[rank]!.weights.buffer)],
    ]),
    symbols: new Map([
      ['tokens', own.length],
      ['rank', rank],
    ]),
  }));
  const executable = await bindProgram(cluster, program);
  const orders = executable.schedule('overlapped', () => 1);
  const { outputs, spans } = await executable.run(orders, feeds, { linkBetween: () => link, pause: lab.pause });
  executable.destroy();
  for (const pool of pools) pool.destroy();
  engines.close();
  const errors = ids.map((own, rank) => {
    const { x, weights } = data[rank]!;
    const expected = own.flatMap((chosen, t) =>
      Array.from({ length: width }, (_, c) =>
        chosen.reduce((sum, e, slot) => sum + weights[t * topK + slot]! * (e + 1) * x[t * width + c]!, 0),
      ),
    );
    return relativeError(outputs[rank]!.get('out')!, expected);
  });
  return {
    error: Math.max(...errors),
    bytes: spans().reduce((sum, span) => sum + (span.kind === 'message' ? span.bytes : 0), 0),
  };
}

/** The routed experts' part of a layer, as lowering makes it, from ids and weights that are given. */
function exchangeProgram(experts: number, topK: number, width: number, ranks: number): Program {
  const identity: KeptValue = {
    name: 'scaled identity',
    rows: (experts / ranks) * width,
    cols: width,
    type: 'f32',
    lives: 'kept',
    split: { axis: 'rows', blocks: experts },
    origin: 'checkpoint',
  };
  const build = programBuilder([identity]);
  const place = { block: 'routed', layer: 0 } as const;
  const local = experts / ranks;
  const wire = width + 2 * topK;
  const x = build.input({ name: 'x', rows: 'tokens', cols: width });
  const ids = build.input({ name: 'ids', rows: 'tokens', cols: topK, type: 'u32' });
  const weights = build.input({ name: 'weights', rows: 'tokens', cols: topK });
  const rowOf = build.compute(
    place,
    'send plan',
    { kernel: 'send_plan', sizes: { rows: 'tokens', ranks, experts, topK } },
    { inputs: [ids] },
    { name: 'rowOf', rows: 'tokens', cols: ranks, type: 'u32' },
    { name: 'counts', rows: 1, cols: experts + ranks, type: 'u32' },
  );
  const send = build.compute(
    place,
    'permute',
    { kernel: 'permute', sizes: { rows: 'tokens', ranks, experts, topK, width, packed: 0 } },
    { inputs: [x, ids, weights, rowOf] },
    { name: 'send', rows: { of: 'tokens', times: Math.min(ranks, topK) }, cols: wire, type: 'u32' },
  );
  const exchange = build.exchange('routed', { counts: 'counts', experts });
  const { sent, received, pairs } = exchangeSymbols(exchange);
  const arrived = build.allToAll(
    { name: 'Dispatch', block: 'dispatch', layer: 0, direction: 'dispatch', exchange, input: send },
    { name: 'arrived', rows: received, cols: wire, type: 'u32' },
  );
  const firstExpert = { of: 'rank', times: local } as const;
  const rows = { rows: received, stride: wire, at: width, topK, firstExpert, experts: local };
  const pairCounts = build.compute(
    place,
    'pair counts',
    { kernel: 'pair_counts', sizes: rows },
    { inputs: [arrived] },
    { name: 'pairCounts', rows: local, cols: PARTS, type: 'u32' },
  );
  const pairRow = build.compute(
    place,
    'expert plan',
    { kernel: 'expert_plan', sizes: rows },
    { inputs: [arrived, pairCounts] },
    { name: 'pairRow', rows: pairs, cols: 1, type: 'u32' },
    { name: 'pairOf', rows: received, cols: topK, type: 'u32' },
    { name: 'offsets', rows: 1, cols: local + 1, type: 'u32' },
  );
  const y = build.compute(
    place,
    'experts',
    {
      kernel: 'grouped_gemm',
      sizes: { pairs: pairs, inner: width, cols: width, groups: local, stride: wire, gather: 1 },
    },
    { inputs: [arrived, pairRow, 'offsets', identity.name] },
    { name: 'y', rows: pairs, cols: width },
  );
  const weighed = build.compute(
    place,
    'weigh',
    { kernel: 'weigh_experts', sizes: { rows: received, width, topK, stride: wire, at: width + topK, packed: 0 } },
    { inputs: [y, arrived, 'pairOf'] },
    { name: 'weighed', rows: received, cols: width },
  );
  const returned = build.allToAll(
    { name: 'Combine', block: 'combine', layer: 0, direction: 'combine', exchange, input: weighed },
    { name: 'returned', rows: sent, cols: width },
  );
  const out = build.compute(
    place,
    'un-permute',
    { kernel: 'unpermute', sizes: { rows: 'tokens', ranks, width, packed: 0 } },
    { inputs: [returned, rowOf] },
    { name: 'out', rows: 'tokens', cols: width },
  );
  return build.finish([out]);
}

const below = (n: number) => Math.floor(Math.random() * n);

/** Random counts, all to one rank, none at all, ranks without tokens; 2 to 8 ranks. */
export const EXCHANGES: readonly { readonly name: string; readonly make: () => ExchangeCase }[] = [
  { name: '2 ranks, random', make: () => exchangeCase([37, 5], 6, 3, 33, (left) => left[below(left.length)]!) },
  {
    name: '3 ranks, random, one without tokens',
    make: () => exchangeCase([70, 0, 19], 12, 4, 20, (left) => left[below(left.length)]!),
  },
  {
    name: '4 ranks, all rows to rank 2',
    make: () => exchangeCase([40, 1, 9, 64], 16, 4, 24, (left) => left.find((e) => e >= 8)!),
  },
  {
    name: '5 ranks, all rows to the rank before',
    make: () =>
      exchangeCase(
        [8, 3, 0, 5, 13],
        10,
        2,
        16,
        (left, rank) => left.find((e) => Math.floor(e / 2) === (rank + 4) % 5)!,
      ),
  },
  {
    name: '8 ranks, no tokens at all',
    make: () => exchangeCase([0, 0, 0, 0, 0, 0, 0, 0], 16, 2, 16, (left) => left[0]!),
  },
  {
    name: '8 ranks, random, one expert each',
    make: () => exchangeCase([3, 300, 0, 21, 7, 1, 0, 64], 8, 1, 16, (left) => left[below(left.length)]!),
  },
];
