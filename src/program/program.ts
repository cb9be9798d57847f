/**
 * A program: operations on named values, each value written once. All ranks run the same program, each on values of its
 * own; rows may differ between ranks, so sizes are symbols until a rank resolves them.
 */
export type Program = {
  readonly values: ReadonlyMap<string, Value>;
  readonly operations: readonly Operation[];
  /** Values that the host writes before a run. */
  readonly inputs: readonly string[];
  /** Values that the host reads after a run. */
  readonly outputs: readonly string[];
};

/**
 * A size: a number, a symbol, or a multiple of a symbol. Symbols: `tokens` and `sequences` of a rank, `rank` its index,
 * `cache` the rows of its caches, `keys` the sum over its tokens of the keys each attends to and `keys in chunk` of those
 * in its chunk; `chunk` the rows of a reduce-scatter that it answers for; for the MoE layer k, `sent.k` and `received.k` rows of Dispatch, `pairs.k` (token, expert) pairs
 * computed here.
 */
export type Dim = number | string | { readonly of: string; readonly times: number };

/** A cached value lies in a buffer that a rank keeps between runs: its writer adds rows to what earlier runs wrote. */
export type Value = {
  readonly name: string;
  readonly rows: Dim;
  readonly cols: number;
  readonly type: 'f32' | 'u32';
  readonly cached: boolean;
};

/** What an operation belongs to: how it is drawn and summed. */
export const BLOCKS = [
  'embedding',
  'attention',
  'router',
  'routed',
  'shared',
  'residual',
  'head',
  'dispatch',
  'combine',
  'all-reduce',
] as const;
export type Block = (typeof BLOCKS)[number];

export type Operation = Compute | Collective;

type Common = { readonly id: number; readonly name: string; readonly block: Block; readonly layer: number | null };

/** The sizes that each kernel takes, in the order of its uniform struct. `eps` and `scale` are floating-point. */
export const KERNEL_SIZES = {
  embedding: ['rows', 'width'],
  gather_rows: ['rows', 'width'],
  rmsnorm: ['rows', 'width', 'stride', 'eps'],
  gemm: ['rows', 'inner', 'cols'],
  grouped_gemm: ['pairs', 'inner', 'cols', 'groups', 'stride', 'gather'],
  swiglu: ['rows', 'width'],
  add: ['rows', 'width'],
  rope: ['rows', 'heads', 'headDim', 'rotated', 'interleaved'],
  mla_keys: ['rows', 'heads', 'nope', 'rotated', 'valueDim', 'latent'],
  mla_cache: ['rows', 'latent', 'rotated'],
  mla_query: ['rows', 'heads', 'nope', 'rotated', 'valueDim', 'latent'],
  mla_values: ['rows', 'heads', 'nope', 'valueDim', 'latent'],
  cache_rows: ['rows', 'width'],
  attention: ['rows', 'heads', 'kvHeads', 'keyDim', 'valueDim', 'valueStride', 'scale'],
  sigmoid_gate: ['rows', 'width'],
  scale_rows: ['rows', 'width'],
  router_topk: ['rows', 'experts', 'topK', 'scoring', 'groups', 'keptGroups', 'normalise', 'balanced', 'scale'],
  send_plan: ['rows', 'ranks', 'experts', 'topK'],
  permute: ['rows', 'ranks', 'experts', 'topK', 'width', 'packed'],
  expert_plan: ['rows', 'stride', 'at', 'topK', 'firstExpert', 'experts'],
  weigh_experts: ['rows', 'width', 'topK', 'stride', 'at', 'packed'],
  unpermute: ['rows', 'ranks', 'width', 'packed'],
  pack_bf16: ['rows', 'width'],
  unpack_bf16: ['rows', 'width', 'stride'],
  sum_parts: ['rows', 'width', 'parts', 'packed'],
  draw_normal: ['rows', 'first', 'stream', 'cols', 'firstRow', 'firstCol', 'ownCols', 'scale'],
} as const;
export type KernelName = keyof typeof KERNEL_SIZES;
export type SizesOf<K extends KernelName, T> = { readonly [S in (typeof KERNEL_SIZES)[K][number]]: T };

/** One kernel: bindings are its sizes, then inputs, weights and outputs in the order given (kernels/NAME.wgsl). */
export type Compute = Common & {
  readonly kind: 'compute';
  readonly inputs: readonly string[];
  readonly weights: readonly string[];
  readonly outputs: readonly string[];
  /** Its rows are an upper bound: how many there are only the GPU knows. */
  readonly atMost?: true;
} & KernelCall;
export type KernelCall = { [K in KernelName]: { readonly kernel: K; readonly sizes: SizesOf<K, Dim> } }[KernelName];

/**
 * An all-to-all with counts that vary. Dispatch: rank s sends to rank d the rows that `counts` (send_plan.wgsl, as
 * experts + ranks) plans for it; Combine sends the same number of rows back, each to the place its row came from.
 */
export type AllToAll = Common & {
  readonly kind: 'all-to-all';
  readonly direction: 'dispatch' | 'combine';
  readonly input: string;
  readonly output: string;
  readonly counts: string;
  readonly experts: number;
};

/**
 * A collective of parts whose sizes are known beforehand, part s from rank s. All-gather: every rank's whole input goes to all.
 * Reduce-scatter: of every rank's input the rows that rank d answers for go to rank d; the sum is the operation that reads what
 * arrives. `direct` sends each part straight to where it goes; `ring` hands parts on from neighbour to neighbour, so that a
 * reduce-scatter sends a (N - 1) / N-th of its input instead of all. What a ring would add on the way is added at the end,
 * in rank order: the same bits either way.
 */
export type Spread = Common & {
  readonly kind: 'all-gather' | 'reduce-scatter';
  readonly algorithm: 'direct' | 'ring';
  readonly input: string;
  readonly output: string;
};

export type Collective = AllToAll | Spread;

export const isCollective = (op: Operation): op is Collective => op.kind !== 'compute';

export const readsOfOperation = (op: Operation): readonly string[] => (op.kind === 'compute' ? op.inputs : [op.input]);
export const writesOfOperation = (op: Operation): readonly string[] => (op.kind === 'compute' ? op.outputs : [op.output]);

/** Number of rows or of anything that a symbol stands for on a rank. Throws when the symbol is not known yet. */
export function resolve(dim: Dim, symbols: ReadonlyMap<string, number>): number {
  if (typeof dim === 'number') return dim;
  const name = typeof dim === 'string' ? dim : dim.of;
  const value = symbols.get(name);
  if (value === undefined) throw new Error(`size ${name} is not known yet`);
  return typeof dim === 'string' ? value : value * dim.times;
}

/**
 * Values that the host writes before a run: per token its id, its position in its sequence, the row of its own key among
 * the keys attended to, the rows of the first key that it sees at all and within its chunk, the factor of its queries in
 * tempered layers, and a 1; per sequence, the row of its last token.
 */
export const INPUTS = {
  ids: 'ids',
  position: 'position',
  own: 'own',
  first: 'first',
  firstInChunk: 'first in chunk',
  temperature: 'temperature',
  one: 'one',
  last: 'last',
} as const;

/** Weights that come from no checkpoint but that every rank holds: the RoPE table, zeros and ones as long as any vector. */
export const CONSTANTS = { rope: 'rope', zeros: 'zeros', ones: 'ones' } as const;
