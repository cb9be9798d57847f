import { balancedPairs, keysOfTokens, skewedPairs } from '../../../gpu/scratch';
import { contractOf, type KernelName, type NamedSizes } from '../../../program/kernels';

/** A kernel at a shape that models have. */
export type BenchCase = {
  readonly kernel: KernelName;
  readonly shape: string;
  readonly sizes: NamedSizes;
  /** Its inputs of integers, in their order; those of values are drawn. */
  readonly integers: readonly Uint32Array<ArrayBuffer>[];
};

const CUBES = [512, 1024, 2048, 4096];
/** Rows, inner, columns, as DeepSeek-V2-Lite's shape has them: attention, MLP, LM head; then decoding. */
const PRODUCTS = [
  // As many operations as grouped products below have.
  [4096, 2048, 1408],
  [12288, 2048, 1408],
  [2048, 2048, 3072],
  [2048, 2048, 10944],
  [512, 2048, 102400],
  [512, 2048, 3072],
  [512, 2048, 64],
  [512, 2048, 576],
  [1, 2048, 2048],
  [1, 2048, 102400],
  [16, 2048, 10944],
] as const;
/** Experts, and rows of each. */
const GROUPS = [
  [8, 512],
  [64, 192],
  [64, 1],
] as const;

/** All shapes that are tried. */
export const benchCases = (): BenchCase[] => [
  ...CUBES.map((n) => gemm(n, n, n)),
  ...PRODUCTS.map(([rows, inner, cols]) => gemm(rows, inner, cols)),
  ...(['gemm_nn', 'gemm_tn'] as const).flatMap((kernel) => CUBES.map((n) => gemm(n, n, n, kernel))),
  gated(2048, 2048, 2816),
  ...GROUPS.map(([groups, rows]) => grouped('grouped_gemm', groups, rows, 2048, 1408)),
  skewed(64, 192, 2048, 1408),
  ...GROUPS.map(([groups, rows]) => grouped('grouped_gemm_swiglu', groups, rows, 2048, 1408)),
  ...(['grouped_gemm_nn', 'grouped_gemm_tn'] as const).map((kernel) => groupedBackward(kernel, 64, 192, 1408, 2048)),
  ...[512, 2048].map((tokens) => attention(tokens, 16, 192, 128)),
  ...(['attention_sums', 'attention_query_grad', 'attention_key_grad'] as const).flatMap((kernel) =>
    [512, 2048].map((tokens) => ({
      ...attention(tokens, 16, 192, 128),
      kernel,
      integers: keysOfTokens(tokens, (tokens * (tokens + 1)) / 2, tokens).slice(0, 1),
    })),
  ),
  ...exchanged(16384, 4, 64, 6, 2048),
  rowwise('rmsnorm', 16384, 2048, { stride: 2048, eps: 1e-6 }),
  rowwise('add_rmsnorm', 16384, 2048, { terms: 3, eps: 1e-6 }),
  rowwise('add', 16384, 2048),
  rowwise('scale_rows', 16384, 2048),
];

/** A product of matrices, x · Wᵀ if nothing else is said. */
export const gemm = (
  rows: number,
  inner: number,
  cols: number,
  kernel: 'gemm' | 'gemm_nn' | 'gemm_tn' = 'gemm',
): BenchCase => ({
  kernel,
  shape: `${rows} × ${inner} → ${cols}`,
  sizes: { rows, inner, cols },
  integers: [],
});

const gated = (rows: number, inner: number, width: number): BenchCase => ({
  kernel: 'gemm_swiglu',
  shape: `${rows} × ${inner} → ${width}`,
  sizes: { rows, inner, width },
  integers: [],
});

/** As many rows for each expert, one after the other. */
const grouped = (
  kernel: 'grouped_gemm' | 'grouped_gemm_swiglu',
  groups: number,
  rows: number,
  inner: number,
  outputs: number,
): BenchCase => ({
  kernel,
  shape: `${groups} experts × ${rows} × ${inner} → ${outputs}`,
  sizes: {
    pairs: groups * rows,
    inner,
    [kernel === 'grouped_gemm' ? 'cols' : 'width']: outputs,
    groups,
    stride: inner,
    gather: 0,
    ...(kernel === 'grouped_gemm_swiglu' && { packed: 0 }),
  },
  integers: balancedPairs(groups * rows, groups),
});

/** The gradients of a grouped product: of its rows, or of its weights. */
const groupedBackward = (
  kernel: 'grouped_gemm_nn' | 'grouped_gemm_tn',
  groups: number,
  rows: number,
  outputs: number,
  inner: number,
): BenchCase => {
  const pairs = groups * rows;
  const [pairRow, offsets] = balancedPairs(pairs, groups) as [Uint32Array<ArrayBuffer>, Uint32Array<ArrayBuffer>];
  return {
    kernel,
    shape: `${groups} experts × ${rows} × ${outputs} → ${inner}`,
    ...(kernel === 'grouped_gemm_nn'
      ? { sizes: { pairs, inner: outputs, cols: inner, groups }, integers: [offsets] }
      : {
          sizes: { pairs, rows: outputs, cols: inner, groups, stride: inner, gather: 0, parts: 1 },
          integers: [pairRow, offsets],
        }),
  };
};

/** As many rows in all, spread over experts by Zipf's law. */
const skewed = (groups: number, rows: number, inner: number, cols: number): BenchCase => ({
  ...grouped('grouped_gemm', groups, rows, inner, cols),
  shape: `${groups} experts, Zipf × ${rows} × ${inner} → ${cols}`,
  integers: skewedPairs(groups * rows, groups),
});

/** One sequence whose tokens see all before them. */
const attention = (tokens: number, heads: number, keyDim: number, valueDim: number): BenchCase => ({
  kernel: 'attention',
  shape: `${tokens} causal, ${heads} heads of ${keyDim}, ${valueDim}`,
  sizes: {
    rows: tokens,
    heads,
    kvHeads: heads,
    keyDim,
    valueDim,
    valueStride: heads * valueDim,
    scale: keyDim ** -0.5,
    keys: (tokens * (tokens + 1)) / 2,
    keyRows: tokens,
  },
  integers: keysOfTokens(tokens, (tokens * (tokens + 1)) / 2, tokens),
});

/** What goes round Dispatch and Combine: balanced, in bf16. */
function exchanged(rows: number, ranks: number, experts: number, topK: number, width: number): BenchCase[] {
  const shape = `${rows} × ${width}, ${topK} of ${experts} on ${ranks}`;
  const ids = Uint32Array.from(
    { length: rows * topK },
    (_, i) => (Math.floor(i / topK) + (i % topK) * Math.floor(experts / topK)) % experts,
  );
  const rowOf = Uint32Array.from({ length: rows * ranks }, (_, i) => (i % ranks) * rows + Math.floor(i / ranks));
  const pairOf = Uint32Array.from({ length: rows * topK }, (_, i) => i);
  const words = width / 2;
  const stride = words + 2 * topK;
  return [
    { kernel: 'permute', shape, sizes: { rows, ranks, experts, topK, width, packed: 1 }, integers: [ids, rowOf] },
    { kernel: 'unpack_bf16', shape, sizes: { rows, width, stride }, integers: [] },
    {
      kernel: 'weigh_experts',
      shape,
      sizes: { rows, width, topK, stride, at: words + topK, packed: 1 },
      integers: [pairOf],
    },
    { kernel: 'unpermute', shape, sizes: { rows, ranks, width, packed: 1 }, integers: [rowOf] },
  ];
}

/** A kernel of rows. */
export const rowwise = (kernel: KernelName, rows: number, width: number, more: NamedSizes = {}): BenchCase => ({
  kernel,
  shape: `${rows} × ${width}`,
  sizes: { rows, width, ...more },
  integers: [],
});

/** Floating-point operations of a case. */
export const flopsOfCase = ({ kernel, sizes }: BenchCase): number => contractOf(kernel).flops(sizes);
