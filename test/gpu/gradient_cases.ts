import { type Builder, programBuilder } from '../../src/program/builder';
import { zeros } from '../../src/program/constants';
import { differentiate } from '../../src/program/derivative/differentiate';
import type { Dim } from '../../src/program/dim';
import { type KernelCall, PARTS } from '../../src/program/kernels';
import type { KeptValue, Program } from '../../src/program/program';
import * as reference from '../reference';
import { type Data, integers, random } from './launch_kernel';

type Numbers = ArrayLike<number>;

/** Operations whose gradients are compared with central differences of the same in float64. */
export type GradientCase = {
  readonly name: string;
  /** What is differentiated, rows × columns; and what is not. */
  readonly varied: Readonly<
    Record<string, { readonly rows: number; readonly cols: number; readonly data: Float32Array<ArrayBuffer> }>
  >;
  readonly fixed: Readonly<Record<string, { readonly rows: number; readonly cols: number; readonly data: Data }>>;
  /** Lowers it; answers the outputs that have gradients. */
  readonly lower: (build: Builder) => readonly string[];
  /** The same outputs in float64, of the values by name. */
  readonly plain: (values: Readonly<Record<string, Numbers>>) => readonly Numbers[];
};

const PLACE = { block: 'attention', layer: 0 } as const;

/** A case of one kernel. */
function one(
  name: string,
  call: KernelCall,
  varied: Record<string, [rows: number, cols: number]>,
  fixed: Record<string, [rows: number, cols: number, data: Data]>,
  order: readonly string[],
  outputs: Record<string, [rows: Dim, cols: number]>,
  plain: GradientCase['plain'],
): GradientCase {
  return {
    name: `${call.kernel} ${name}`.trim(),
    varied: Object.fromEntries(
      Object.entries(varied).map(([key, [rows, cols]]) => [key, { rows, cols, data: random(rows * cols) }]),
    ),
    fixed: Object.fromEntries(Object.entries(fixed).map(([key, [rows, cols, data]]) => [key, { rows, cols, data }])),
    lower(build) {
      build.compute(
        PLACE,
        call.kernel,
        call,
        { inputs: order },
        ...Object.entries(outputs).map(([key, [rows, cols]]) => ({ name: key, rows, cols })),
      );
      return Object.keys(outputs);
    },
    plain,
  };
}

/** The program of a case and its derivative, with a seed for each output. */
export function programOf({ varied, fixed, lower }: GradientCase): {
  readonly program: Program;
  readonly gradients: ReadonlyMap<string, string>;
  readonly outputs: readonly string[];
} {
  const kept = Object.entries(varied).map(
    ([name, { rows, cols }]): KeptValue => ({
      name,
      rows,
      cols,
      type: 'f32',
      lives: 'kept',
      split: 'replicated',
      origin: 'checkpoint',
    }),
  );
  const build = programBuilder(kept);
  for (const [name, { rows, cols, data }] of Object.entries(fixed))
    build.input({ name, rows, cols, type: data instanceof Float32Array ? 'f32' : 'u32' });
  const outputs = lower(build);
  const seeds = new Map(
    outputs.map((name) => {
      const { rows, cols } = build.shapeOf(name);
      return [name, build.input({ name: `seed of ${name}`, rows, cols })] as const;
    }),
  );
  return { ...differentiate(build.finish(outputs), seeds), outputs };
}

const added = (a: Numbers, b: Numbers) => Array.from(a, (value, i) => value + b[i]!);

function norm(rows: number, width: number, stride: number): GradientCase {
  const call = { kernel: 'rmsnorm', sizes: { rows, width, stride, eps: 1e-3 } } as const;
  return one(
    `${rows} × ${width} of ${stride}`,
    call,
    { x: [rows, stride], w: [1, width] },
    {},
    ['x', 'w'],
    { out: [rows, width] },
    (v) => [reference.rmsnorm(v.x!, v.w!, rows, width, stride, 1e-3)],
  );
}

function addedNorm(terms: 2 | 3): GradientCase {
  const [rows, width] = [5, 11];
  const call = { kernel: 'add_rmsnorm', sizes: { rows, width, terms, eps: 1e-3 } } as const;
  const varied = Object.fromEntries(
    ['a', 'b', 'c'].slice(0, terms).map((key) => [key, [rows, width] as [number, number]]),
  );
  const order = terms === 3 ? ['a', 'b', 'c', 'w'] : ['a', 'b', 'b', 'w'];
  return one(
    `of ${terms}`,
    call,
    { ...varied, w: [1, width] },
    {},
    order,
    { sum: [rows, width], out: [rows, width] },
    (v) => {
      const sum = terms === 3 ? added(added(v.a!, v.b!), v.c!) : added(v.a!, v.b!);
      return [sum, reference.rmsnorm(sum, v.w!, rows, width, width, 1e-3)];
    },
  );
}

function attention(
  lengths: readonly number[],
  heads: number,
  kvHeads: number,
  keyDim: number,
  valueDim: number,
  chunk = 999,
): GradientCase {
  const starts = lengths.flatMap((n, i) => new Array<number>(n).fill(lengths.slice(0, i).reduce((a, b) => a + b, 0)));
  const rows = starts.length;
  const own = Uint32Array.from(starts, (_, row) => row);
  const first = Uint32Array.from(starts, (start, row) => row - ((row - start) % chunk));
  const keys = first.reduce((sum, start, row) => sum + row - start + 1, 0);
  const sizes = {
    rows,
    heads,
    kvHeads,
    keyDim,
    valueDim,
    valueStride: kvHeads * valueDim,
    scale: Math.fround(keyDim ** -0.5),
    keys,
    keyRows: rows,
  };
  return one(
    `of ${lengths}, ${heads}/${kvHeads} heads of ${keyDim}, ${valueDim}${chunk < 999 ? ', in chunks' : ''}`,
    { kernel: 'attention', sizes },
    { q: [rows, heads * keyDim], k: [rows, kvHeads * keyDim], v: [rows, kvHeads * valueDim] },
    { first: [rows, 1, first], own: [rows, 1, own] },
    ['q', 'k', 'v', 'first', 'own'],
    { out: [rows, heads * valueDim] },
    (v) => [reference.attention(v.q!, v.k!, v.v!, first, own, sizes)],
  );
}

function rope(interleaved: boolean): GradientCase {
  const s = { rows: 4, heads: 2, headDim: 10, rotated: 6 };
  const position = integers(s.rows, 5);
  const table = random(5 * s.rotated);
  return one(
    interleaved ? 'interleaved' : 'halves',
    { kernel: 'rope', sizes: { ...s, interleaved: interleaved ? 1 : 0 } },
    { x: [s.rows, s.heads * s.headDim] },
    { position: [s.rows, 1, position], table: [5, s.rotated, table] },
    ['x', 'position', 'table'],
    { out: [s.rows, s.heads * s.headDim] },
    (v) => [
      Array.from({ length: s.rows * s.heads }, (_, i) => {
        const head = Array.from(v.x!).slice(i * s.headDim, (i + 1) * s.headDim);
        const kept = s.headDim - s.rotated;
        return [
          ...head.slice(0, kept),
          ...reference.rotate(head.slice(kept), position[Math.floor(i / s.heads)]!, table, interleaved),
        ];
      }).flat(),
    ],
  );
}

function mlaKeys(): GradientCase {
  const s = { rows: 3, heads: 2, nope: 4, rotated: 4, valueDim: 3, latent: 5 };
  const keyDim = s.nope + s.rotated;
  const position = integers(s.rows, 4);
  const table = random(4 * s.rotated);
  const slice = (x: Numbers, from: number, count: number) => Array.from({ length: count }, (_, i) => x[from + i]!);
  return one(
    '',
    { kernel: 'mla_keys', sizes: s },
    {
      expanded: [s.rows, s.heads * (s.nope + s.valueDim)],
      compressed: [s.rows, s.latent + s.rotated],
      q: [s.rows, s.heads * keyDim],
    },
    { position: [s.rows, 1, position], table: [4, s.rotated, table] },
    ['expanded', 'compressed', 'q', 'position', 'table'],
    { keys: [s.rows, s.heads * keyDim], values: [s.rows, s.heads * s.valueDim], queries: [s.rows, s.heads * keyDim] },
    (v) => {
      const heads = Array.from({ length: s.rows * s.heads }, (_, i) => {
        const row = Math.floor(i / s.heads);
        const turned = (x: number[]) => reference.rotate(x, position[row]!, table, true);
        const own = slice(v.expanded!, i * (s.nope + s.valueDim), s.nope + s.valueDim);
        const shared = slice(v.compressed!, row * (s.latent + s.rotated) + s.latent, s.rotated);
        const query = slice(v.q!, i * keyDim, keyDim);
        return {
          keys: [...own.slice(0, s.nope), ...turned(shared)],
          values: own.slice(s.nope),
          queries: [...query.slice(0, s.nope), ...turned(query.slice(s.nope))],
        };
      });
      return [
        heads.flatMap(({ keys }) => keys),
        heads.flatMap(({ values }) => values),
        heads.flatMap(({ queries }) => queries),
      ];
    },
  );
}

const SCORING = { softmax: 0, sigmoid: 1, 'sigmoid with bias': 2 } as const;

function router(scoring: reference.Router['scoring'], normalise: boolean): GradientCase {
  const [rows, experts, topK] = [4, 8, 3];
  const own: reference.Router = { experts, topK, scoring, groups: 1, keptGroups: 1, normalise, scale: 1.75 };
  const bias = scoring === 'sigmoid with bias' ? random(experts) : new Float32Array(experts);
  const sizes = {
    rows,
    experts,
    topK,
    scoring: SCORING[scoring],
    groups: 1,
    keptGroups: 1,
    normalise: normalise ? 1 : 0,
    balanced: 0,
    scale: 1.75,
  };
  return {
    name: `router_topk, ${scoring}${normalise ? ', normalised' : ''}`,
    varied: { logits: { rows, cols: experts, data: random(rows * experts) } },
    fixed: { [zeros(experts)]: { rows: 1, cols: experts, data: bias } },
    lower(build) {
      const outputs = [{ name: 'ids', rows, cols: topK, type: 'u32' } as const, { name: 'weights', rows, cols: topK }];
      build.compute(
        PLACE,
        'top-k',
        { kernel: 'router_topk', sizes },
        { inputs: ['logits', zeros(experts)] },
        ...outputs,
      );
      return ['weights'];
    },
    plain: (v) => [reference.topK(v.logits!, bias, rows, own).weights],
  };
}

/** Experts of a rank alone, as lowering makes them: plan, both products, and the weighted sum. */
function experts(): GradientCase {
  const [rows, count, topK, width, inner] = [5, 4, 2, 6, 7];
  // Of the last expert nobody wants anything.
  const ids = Uint32Array.from({ length: rows * topK }, (_, i) => (Math.floor(i / topK) + (i % topK)) % (count - 1));
  const pairs = rows * topK;
  return {
    name: 'experts',
    varied: {
      x: { rows, cols: width, data: random(rows * width) },
      weights: { rows, cols: topK, data: random(rows * topK) },
      gateUp: { rows: count * 2 * inner, cols: width, data: random(count * 2 * inner * width) },
      down: { rows: count * width, cols: inner, data: random(count * width * inner) },
    },
    fixed: { ids: { rows, cols: topK, data: ids } },
    lower(build) {
      const plan = { rows, stride: topK, at: 0, topK, firstExpert: 0, experts: count };
      build.compute(
        PLACE,
        'pair counts',
        { kernel: 'pair_counts', sizes: plan },
        { inputs: ['ids'] },
        { name: 'pairCounts', rows: count, cols: PARTS, type: 'u32' },
      );
      build.compute(
        PLACE,
        'expert plan',
        { kernel: 'expert_plan', sizes: plan },
        { inputs: ['ids', 'pairCounts'] },
        { name: 'pairRow', rows: pairs, cols: 1, type: 'u32' },
        { name: 'pairOf', rows, cols: topK, type: 'u32' },
        { name: 'offsets', rows: 1, cols: count + 1, type: 'u32' },
      );
      build.compute(
        PLACE,
        'gate, up',
        {
          kernel: 'grouped_gemm_swiglu',
          sizes: { pairs, inner: width, width: inner, groups: count, stride: width, gather: 1, packed: 0 },
        },
        { inputs: ['x', 'pairRow', 'offsets', 'gateUp'] },
        { name: 'activated', rows: pairs, cols: inner },
      );
      build.compute(
        PLACE,
        'down',
        { kernel: 'grouped_gemm', sizes: { pairs, inner, cols: width, groups: count, stride: inner, gather: 0 } },
        { inputs: ['activated', 'pairRow', 'offsets', 'down'] },
        { name: 'y', rows: pairs, cols: width },
      );
      build.compute(
        PLACE,
        'weigh',
        { kernel: 'weigh_experts', sizes: { rows, width, topK, stride: topK, at: 0, packed: 0 } },
        { inputs: ['y', 'weights', 'pairOf'] },
        { name: 'out', rows, cols: width },
      );
      return ['out'];
    },
    plain(v) {
      const part = (x: Numbers, from: number, length: number) => Array.from({ length }, (_, i) => x[from + i]!);
      const out = new Float64Array(rows * width);
      ids.forEach((expert, slot) => {
        const row = Math.floor(slot / topK);
        const pre = reference.product(
          part(v.x!, row * width, width),
          part(v.gateUp!, expert * 2 * inner * width, 2 * inner * width),
          1,
          width,
          2 * inner,
        );
        const y = reference.product(
          reference.swiglu(pre, 1, inner),
          part(v.down!, expert * width * inner, width * inner),
          1,
          inner,
          width,
        );
        for (let c = 0; c < width; c++) out[row * width + c]! += v.weights![slot]! * y[c]!;
      });
      return [out];
    },
  };
}

const product = (rows: number, inner: number, cols: number): GradientCase =>
  one(
    `${rows} × ${inner} × ${cols}`,
    { kernel: 'gemm', sizes: { rows, inner, cols } },
    { x: [rows, inner], w: [cols, inner] },
    {},
    ['x', 'w'],
    { out: [rows, cols] },
    (v) => [reference.product(v.x!, v.w!, rows, inner, cols)],
  );

const gated = (rows: number, inner: number, width: number): GradientCase =>
  one(
    '',
    { kernel: 'gemm_swiglu', sizes: { rows, inner, width } },
    { x: [rows, inner], w: [2 * width, inner] },
    {},
    ['x', 'w'],
    { out: [rows, width] },
    (v) => [reference.swiglu(reference.product(v.x!, v.w!, rows, inner, 2 * width), rows, width)],
  );

function embedding(): GradientCase {
  const ids = Uint32Array.from([3, 0, 3, 5, 3]);
  return one(
    '',
    { kernel: 'embedding', sizes: { rows: 5, width: 7 } },
    { table: [6, 7] },
    { ids: [5, 1, ids] },
    ['ids', 'table'],
    { out: [5, 7] },
    (v) => [Array.from(ids).flatMap((id) => Array.from({ length: 7 }, (_, c) => v.table![id * 7 + c]!))],
  );
}

export const GRADIENT_CASES: readonly GradientCase[] = [
  product(3, 5, 4),
  gated(3, 5, 4),
  norm(4, 9, 13),
  norm(3, 70, 70),
  addedNorm(2),
  addedNorm(3),
  embedding(),
  one(
    '',
    { kernel: 'add', sizes: { rows: 3, width: 5 } },
    { a: [3, 5], b: [3, 5] },
    {},
    ['a', 'b'],
    { out: [3, 5] },
    (v) => [added(v.a!, v.b!)],
  ),
  one(
    '',
    { kernel: 'scale_rows', sizes: { rows: 4, width: 67 } },
    { x: [4, 67], f: [4, 1] },
    {},
    ['x', 'f'],
    { out: [4, 67] },
    (v) => [Array.from(v.x!, (value, i) => value * v.f![Math.floor(i / 67)]!)],
  ),
  one(
    '',
    { kernel: 'sigmoid_gate', sizes: { rows: 3, width: 5 } },
    { x: [3, 5], gate: [3, 5] },
    {},
    ['x', 'gate'],
    { out: [3, 5] },
    (v) => [Array.from(v.x!, (value, i) => value / (1 + Math.exp(-v.gate![i]!)))],
  ),
  rope(true),
  rope(false),
  mlaKeys(),
  router('softmax', false),
  router('softmax', true),
  router('sigmoid', false),
  router('sigmoid with bias', true),
  attention([1], 2, 1, 4, 3),
  attention([3, 7], 4, 2, 5, 3),
  attention([70], 2, 1, 4, 8),
  attention([9], 2, 2, 4, 4, 4),
  experts(),
];
