import { BYTES_OF, colsOfRow, WORD_BYTES } from '../model/value_type';
import { BACKWARD_KERNELS } from './backward_kernels';
import {
  ALWAYS,
  type Contract,
  f32,
  kernel,
  NOTHING,
  type Operand,
  onWire,
  ROWS,
  type SizeType,
  u32,
  word,
  wordsOf,
} from './contract';
import { type Dim, resolve } from './dim';

/** Sizes of rows that a rank received, which have the experts of their slots from column `at` on. */
const RECEIVED = { rows: 'u32', stride: 'u32', at: 'u32', topK: 'u32', firstExpert: 'u32', experts: 'u32' } as const;

/** Parts of such rows, of which each expert's pairs are counted (kernels/common/pairs.wgsl). */
export const PARTS = 64;

/** Kernels of the forward pass, and in backward_kernels.ts those of its derivative and of training. */
const KERNELS = {
  embedding: kernel({
    sizes: { rows: 'u32', width: 'u32' },
    inputs: (s) => [u32(s.rows), f32(s.rows * s.width, s.width)],
    outputs: (s) => [f32(s.rows * s.width)],
    flops: NOTHING,
    ...ROWS,
  }),
  gather_rows: kernel({
    sizes: { rows: 'u32', width: 'u32' },
    inputs: (s) => [f32(s.rows * s.width, s.width), u32(s.rows)],
    outputs: (s) => [f32(s.rows * s.width)],
    flops: NOTHING,
    ...ROWS,
  }),
  rmsnorm: kernel({
    sizes: { rows: 'u32', width: 'u32', stride: 'u32', eps: 'f32' },
    inputs: (s) => [f32(s.rows * s.width, s.stride), f32(s.width)],
    outputs: (s) => [f32(s.rows * s.width)],
    flops: (s) => 4 * s.rows * s.width,
    ...ROWS,
  }),
  /** The sum of two or three `terms`, and its norm. Of two, the last is bound twice, and read once. */
  add_rmsnorm: kernel({
    sizes: { rows: 'u32', width: 'u32', terms: 'u32', eps: 'f32' },
    inputs: (s) => [f32(s.rows * s.width), f32(s.rows * s.width), f32(s.rows * s.width), f32(s.width)],
    outputs: (s) => [f32(s.rows * s.width), f32(s.rows * s.width)],
    flops: (s) => (3 + s.terms) * s.rows * s.width,
    ...ROWS,
  }),
  gemm: kernel({
    sizes: { rows: 'u32', inner: 'u32', cols: 'u32' },
    inputs: (s) => [f32(s.rows * s.inner), f32(s.cols * s.inner)],
    outputs: (s) => [f32(s.rows * s.cols)],
    flops: (s) => 2 * s.rows * s.inner * s.cols,
    ...ROWS,
  }),
  /** SwiGLU of x · weightᵀ: of each output a gate, in the first half of the weight's rows, and its up projection. */
  gemm_swiglu: kernel({
    sizes: { rows: 'u32', inner: 'u32', width: 'u32' },
    inputs: (s) => [f32(s.rows * s.inner), f32(2 * s.width * s.inner)],
    outputs: (s) => [f32(s.rows * s.width)],
    flops: (s) => 4 * s.rows * s.inner * s.width,
    ...ROWS,
  }),
  /** x [rows, inner] · y [inner, cols]: the gradient of a product's input. */
  gemm_nn: kernel({
    sizes: { rows: 'u32', inner: 'u32', cols: 'u32' },
    inputs: (s) => [f32(s.rows * s.inner), f32(s.inner * s.cols)],
    outputs: (s) => [f32(s.rows * s.cols)],
    flops: (s) => 2 * s.rows * s.inner * s.cols,
    ...ROWS,
  }),
  /** x [inner, rows]ᵀ · y [inner, cols]: the gradient of a product's weight. */
  gemm_tn: kernel({
    sizes: { rows: 'u32', inner: 'u32', cols: 'u32' },
    inputs: (s) => [f32(s.inner * s.rows), f32(s.inner * s.cols)],
    outputs: (s) => [f32(s.rows * s.cols)],
    flops: (s) => 2 * s.rows * s.inner * s.cols,
    ...ROWS,
  }),
  grouped_gemm: kernel({
    sizes: { pairs: 'u32', inner: 'u32', cols: 'u32', groups: 'u32', stride: 'u32', gather: 'u32' },
    inputs: (s) => [
      word(s.pairs * s.inner, s.stride),
      u32(s.pairs),
      u32(s.groups + 1),
      f32(s.groups * s.cols * s.inner),
    ],
    outputs: (s) => [f32(s.pairs * s.cols)],
    flops: (s) => 2 * s.pairs * s.inner * s.cols,
    hasWork: (s) => s.pairs > 0,
  }),
  /** As gemm_swiglu, with a weight an expert; x as it comes off the wire. */
  grouped_gemm_swiglu: kernel({
    sizes: {
      pairs: 'u32',
      inner: 'u32',
      width: 'u32',
      groups: 'u32',
      stride: 'u32',
      gather: 'u32',
      packed: 'u32',
    },
    inputs: (s) => [
      word(s.pairs * wordsOf(s.packed, s.inner), s.stride),
      u32(s.pairs),
      u32(s.groups + 1),
      f32(2 * s.groups * s.width * s.inner),
    ],
    outputs: (s) => [f32(s.pairs * s.width)],
    flops: (s) => 4 * s.pairs * s.inner * s.width,
    hasWork: (s) => s.pairs > 0,
  }),
  add: kernel({
    sizes: { rows: 'u32', width: 'u32' },
    inputs: (s) => [f32(s.rows * s.width), f32(s.rows * s.width)],
    outputs: (s) => [f32(s.rows * s.width)],
    flops: (s) => s.rows * s.width,
    ...ROWS,
  }),
  rope: kernel({
    sizes: { rows: 'u32', heads: 'u32', headDim: 'u32', rotated: 'u32', interleaved: 'u32' },
    inputs: (s) => [f32(s.rows * s.heads * s.headDim), u32(s.rows), f32(s.rows * s.rotated, s.rotated)],
    outputs: (s) => [f32(s.rows * s.heads * s.headDim)],
    flops: (s) => 3 * s.rows * s.heads * s.rotated,
    ...ROWS,
  }),
  mla_keys: kernel({
    sizes: { rows: 'u32', heads: 'u32', nope: 'u32', rotated: 'u32', valueDim: 'u32', latent: 'u32' },
    inputs: (s) => [
      f32(s.rows * s.heads * (s.nope + s.valueDim)),
      f32(s.rows * s.rotated, s.latent + s.rotated),
      f32(s.rows * s.heads * (s.nope + s.rotated)),
      u32(s.rows),
      f32(s.rows * s.rotated, s.rotated),
    ],
    outputs: (s) => [
      f32(s.rows * s.heads * (s.nope + s.rotated)),
      f32(s.rows * s.heads * s.valueDim),
      f32(s.rows * s.heads * (s.nope + s.rotated)),
    ],
    flops: (s) => 6 * s.rows * s.heads * s.rotated,
    ...ROWS,
  }),
  mla_cache: kernel({
    sizes: { rows: 'u32', latent: 'u32', rotated: 'u32' },
    inputs: (s) => [
      f32(s.rows * s.latent),
      f32(s.rows * s.rotated, s.latent + s.rotated),
      u32(s.rows),
      u32(s.rows),
      f32(s.rows * s.rotated, s.rotated),
    ],
    outputs: (s) => [f32(s.rows * (s.latent + s.rotated), s.latent + s.rotated)],
    flops: (s) => 3 * s.rows * s.rotated,
    ...ROWS,
  }),
  mla_query: kernel({
    sizes: { rows: 'u32', heads: 'u32', nope: 'u32', rotated: 'u32', valueDim: 'u32', latent: 'u32' },
    inputs: (s) => [
      f32(s.rows * s.heads * (s.nope + s.rotated)),
      f32(s.heads * s.nope * s.latent, s.heads * (s.nope + s.valueDim) * s.latent),
      u32(s.rows),
      f32(s.rows * s.rotated, s.rotated),
    ],
    outputs: (s) => [f32(s.rows * s.heads * (s.latent + s.rotated))],
    flops: (s) => 2 * s.rows * s.heads * s.nope * s.latent,
    ...ROWS,
  }),
  mla_values: kernel({
    sizes: { rows: 'u32', heads: 'u32', nope: 'u32', valueDim: 'u32', latent: 'u32' },
    inputs: (s) => [
      f32(s.rows * s.heads * s.latent),
      f32(s.heads * s.valueDim * s.latent, s.heads * (s.nope + s.valueDim) * s.latent),
    ],
    outputs: (s) => [f32(s.rows * s.heads * s.valueDim)],
    flops: (s) => 2 * s.rows * s.heads * s.valueDim * s.latent,
    ...ROWS,
  }),
  cache_rows: kernel({
    sizes: { rows: 'u32', width: 'u32' },
    inputs: (s) => [f32(s.rows * s.width), u32(s.rows)],
    outputs: (s) => [f32(s.rows * s.width, s.width)],
    flops: NOTHING,
    ...ROWS,
  }),
  /**
   * `keys`: the sum over tokens of the keys that each attends to; `keyRows`: how many different keys these are at most.
   */
  attention: kernel({
    sizes: {
      rows: 'u32',
      heads: 'u32',
      kvHeads: 'u32',
      keyDim: 'u32',
      valueDim: 'u32',
      valueStride: 'u32',
      scale: 'f32',
      keys: 'host',
      keyRows: 'host',
    },
    inputs: (s) => [
      f32(s.rows * s.heads * s.keyDim),
      f32(s.keyRows * s.kvHeads * s.keyDim, s.kvHeads * s.keyDim),
      f32(s.keyRows * s.kvHeads * s.valueDim, s.valueStride),
      u32(s.rows),
      u32(s.rows),
    ],
    outputs: (s) => [f32(s.rows * s.heads * s.valueDim)],
    flops: (s) => 2 * s.keys * s.heads * (s.keyDim + s.valueDim),
    ...ROWS,
  }),
  sigmoid_gate: kernel({
    sizes: { rows: 'u32', width: 'u32' },
    inputs: (s) => [f32(s.rows * s.width), f32(s.rows * s.width)],
    outputs: (s) => [f32(s.rows * s.width)],
    flops: (s) => 4 * s.rows * s.width,
    ...ROWS,
  }),
  scale_rows: kernel({
    sizes: { rows: 'u32', width: 'u32' },
    inputs: (s) => [f32(s.rows * s.width), f32(s.rows)],
    outputs: (s) => [f32(s.rows * s.width)],
    flops: (s) => s.rows * s.width,
    ...ROWS,
  }),
  router_topk: kernel({
    sizes: {
      rows: 'u32',
      experts: 'u32',
      topK: 'u32',
      scoring: 'u32',
      groups: 'u32',
      keptGroups: 'u32',
      normalise: 'u32',
      balanced: 'u32',
      scale: 'f32',
    },
    inputs: (s) => [f32(s.rows * s.experts), f32(s.experts)],
    outputs: (s) => [u32(s.rows * s.topK), f32(s.rows * s.topK)],
    flops: (s) => 4 * s.rows * s.experts,
    ...ROWS,
  }),
  /** Writes counts of zero for a rank without tokens. */
  send_plan: kernel({
    sizes: { rows: 'u32', ranks: 'u32', experts: 'u32', topK: 'u32' },
    inputs: (s) => [u32(s.rows * s.topK)],
    outputs: (s) => [u32(s.rows * s.ranks), u32(s.experts + s.ranks)],
    flops: NOTHING,
    ...ALWAYS,
  }),
  permute: kernel({
    sizes: { rows: 'u32', ranks: 'u32', experts: 'u32', topK: 'u32', width: 'u32', packed: 'u32' },
    inputs: (s) => [f32(s.rows * s.width), u32(s.rows * s.topK), f32(s.rows * s.topK), u32(s.rows * s.ranks)],
    outputs: (s) => [u32(s.rows * Math.min(s.ranks, s.topK) * (wordsOf(s.packed, s.width) + 2 * s.topK))],
    flops: NOTHING,
    ...ROWS,
  }),
  pair_counts: kernel({
    sizes: RECEIVED,
    inputs: (s) => [u32(s.rows * s.topK, s.stride)],
    outputs: (s) => [u32(s.experts * PARTS)],
    flops: NOTHING,
    ...ALWAYS,
  }),
  expert_plan: kernel({
    sizes: RECEIVED,
    inputs: (s) => [u32(s.rows * s.topK, s.stride), u32(s.experts * PARTS)],
    outputs: (s) => [u32(s.rows * s.topK, 1), u32(s.rows * s.topK), u32(s.experts + 1)],
    flops: NOTHING,
    ...ALWAYS,
  }),
  weigh_experts: kernel({
    sizes: { rows: 'u32', width: 'u32', topK: 'u32', stride: 'u32', at: 'u32', packed: 'u32' },
    inputs: (s) => [f32(s.rows * s.topK * s.width, s.width), word(s.rows * s.topK, s.stride), u32(s.rows * s.topK)],
    outputs: (s) => [onWire(s.packed, s.rows, s.width)],
    flops: (s) => 2 * s.rows * s.width * s.topK,
    ...ROWS,
  }),
  unpermute: kernel({
    sizes: { rows: 'u32', ranks: 'u32', width: 'u32', packed: 'u32' },
    inputs: (s) => [
      { ...onWire(s.packed, s.rows * s.ranks, s.width), rowsOf: colsOfRow(s.width, s.packed ? 'bf16' : 'f32') },
      u32(s.rows * s.ranks),
    ],
    outputs: (s) => [f32(s.rows * s.width)],
    flops: (s) => s.rows * s.width * s.ranks,
    ...ROWS,
  }),
  pack_bf16: kernel({
    sizes: { rows: 'u32', width: 'u32' },
    inputs: (s) => [f32(s.rows * s.width)],
    outputs: (s) => [onWire(1, s.rows, s.width)],
    flops: NOTHING,
    ...ROWS,
  }),
  /** Its rows are of `stride` words, of which the first hold the values. */
  unpack_bf16: kernel({
    sizes: { rows: 'u32', width: 'u32', stride: 'u32' },
    inputs: (s) => [word(s.rows * wordsOf(1, s.width), s.stride)],
    outputs: (s) => [f32(s.rows * s.width)],
    flops: NOTHING,
    ...ROWS,
  }),
  sum_parts: kernel({
    sizes: { rows: 'u32', width: 'u32', parts: 'u32', packed: 'u32' },
    inputs: (s) => [onWire(s.packed, s.parts * s.rows, s.width)],
    outputs: (s) => [f32(s.rows * s.width)],
    flops: (s) => s.rows * s.width * s.parts,
    ...ROWS,
  }),
  /** A token a row of logits, drawn as `temperature`, `topK` and `topP` say by a number in [0, 1) a row. */
  sample: kernel({
    sizes: { rows: 'u32', width: 'u32', topK: 'u32', temperature: 'f32', topP: 'f32' },
    inputs: (s) => [f32(s.rows * s.width), f32(s.rows)],
    outputs: (s) => [u32(s.rows)],
    flops: NOTHING,
    ...ROWS,
  }),
  /** Rows of words: some from row `start` on, to row `to` on. */
  copy_rows: kernel({
    sizes: { rows: 'u32', width: 'u32', start: 'u32', to: 'u32' },
    inputs: (s) => [word(s.rows * s.width, s.width)],
    outputs: (s) => [word(s.rows * s.width, s.width)],
    flops: NOTHING,
    ...ROWS,
  }),
  /** The same from up to four places at once, as a collective brings a receiver; rows of 0 where there are fewer. */
  copy_parts: kernel({
    sizes: {
      width: 'u32',
      rows0: 'u32',
      start0: 'u32',
      to0: 'u32',
      rows1: 'u32',
      start1: 'u32',
      to1: 'u32',
      rows2: 'u32',
      start2: 'u32',
      to2: 'u32',
      rows3: 'u32',
      start3: 'u32',
      to3: 'u32',
    },
    inputs: (s) => [s.rows0, s.rows1, s.rows2, s.rows3].map((rows) => word(rows * s.width, s.width)),
    outputs: (s) => [word(rowsOfParts(s) * s.width, s.width)],
    flops: NOTHING,
    hasWork: (s) => rowsOfParts(s) > 0,
  }),
  /** Fills a part of a weight before any program runs. */
  draw_normal: kernel({
    sizes: {
      rows: 'u32',
      first: 'u32',
      stream: 'u32',
      cols: 'u32',
      firstRow: 'u32',
      firstCol: 'u32',
      ownCols: 'u32',
      scale: 'f32',
    },
    inputs: () => [],
    outputs: (s) => [f32(s.rows, 1)],
    flops: NOTHING,
    ...ROWS,
  }),
  ...BACKWARD_KERNELS,
} as const;

/** Rows that `copy_parts` copies. */
export function rowsOfParts(s: {
  readonly rows0: number;
  readonly rows1: number;
  readonly rows2: number;
  readonly rows3: number;
}): number {
  return s.rows0 + s.rows1 + s.rows2 + s.rows3;
}

export type KernelName = keyof typeof KERNELS;
export const KERNEL_NAMES = Object.keys(KERNELS) as readonly KernelName[];
/** Those of a kernel's sizes that it is told. */
export type ToldSizes<K extends KernelName> = {
  readonly [S in keyof (typeof KERNELS)[K]['sizes'] as (typeof KERNELS)[K]['sizes'][S] extends 'host'
    ? never
    : S]: number;
};
export type SizesOf<K extends KernelName, T> = { readonly [S in keyof (typeof KERNELS)[K]['sizes']]: T };
export type KernelCall = { [K in KernelName]: { readonly kernel: K; readonly sizes: SizesOf<K, Dim> } }[KernelName];
/** Sizes of a kernel that is known only when it runs, by name. */
export type NamedSizes = Readonly<Record<string, number>>;

/** A kernel's contract, for whatever kernel. */
export const contractOf = (kernel: KernelName) =>
  KERNELS[kernel] as unknown as Contract<Readonly<Record<string, SizeType>>>;

/** An operation's sizes on a rank whose symbols are known. */
export function sizesOf(op: KernelCall, symbols: ReadonlyMap<string, number>): NamedSizes {
  const dims = op.sizes as Readonly<Record<string, Dim>>;
  const sizes: Record<string, number> = {};
  for (const name in dims) sizes[name] = resolve(dims[name]!, symbols);
  return sizes;
}

/** Floating-point operations on a rank; null where only the GPU knows how many rows there are. */
export const flopsOf = (op: KernelCall & { readonly atMost?: true }, sizes: NamedSizes): number | null =>
  op.atMost ? null : contractOf(op.kernel).flops(sizes);

/** Bytes that a kernel must read and write, each element once; at most, where counts vary. */
export function bytesMoved(kernel: KernelName, sizes: NamedSizes): { readonly read: number; readonly written: number } {
  const { inputs, outputs } = contractOf(kernel);
  const total = (operands: readonly Operand[]) =>
    operands.reduce((sum, { type, count }) => sum + count * elementBytes(type), 0);
  return { read: total(inputs(sizes)), written: total(outputs(sizes)) };
}

const elementBytes = (type: Operand['type']): number => (type === 'word' ? WORD_BYTES : BYTES_OF[type]);

/** Names of the sizes that a kernel is told. */
export const toldSizes = (kernel: KernelName): string[] =>
  Object.entries(contractOf(kernel).sizes).flatMap(([name, type]) => (type === 'host' ? [] : [name]));

/** A kernel's uniform struct: what it is told, in the contract's order. */
export function uniformOf(kernel: KernelName, sizes: NamedSizes): ArrayBuffer {
  const types = contractOf(kernel).sizes;
  const told = toldSizes(kernel);
  const view = new DataView(new ArrayBuffer(told.length * WORD_BYTES));
  told.forEach((name, i) => {
    if (types[name] === 'f32') view.setFloat32(i * WORD_BYTES, sizes[name]!, true);
    else view.setUint32(i * WORD_BYTES, sizes[name]!, true);
  });
  return view.buffer;
}
