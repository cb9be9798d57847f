import { ALWAYS, f32, kernel, NOTHING, type Numbers, type Operand, onWire, ROWS, u32, word, wordsOf } from './contract';

/** Bytes aside, a pass over so many values that does so many operations for each. */
const each = (operations: number) => (s: { readonly rows: number; readonly width: number }) =>
  operations * s.rows * s.width;

/** Columns that a workgroup of norm_weight_grad sums. */
export const NORM_COLUMNS = 8;

/** Columns of parts of sums of squares. */
export const SQUARES = 256;

/** Of attention backward: queries, keys, values, each row's first key, and d out. */
const ATTENTION = {
  rows: 'u32',
  heads: 'u32',
  kvHeads: 'u32',
  keyDim: 'u32',
  valueDim: 'u32',
  scale: 'f32',
  keys: 'host',
} as const;
const attentionRead = (s: Numbers<typeof ATTENTION>): Operand[] => [
  f32(s.rows * s.heads * s.keyDim),
  f32(s.rows * s.kvHeads * s.keyDim),
  f32(s.rows * s.kvHeads * s.valueDim),
  u32(s.rows),
  f32(s.rows * s.heads * s.valueDim),
];

/** Kernels of the backward pass, losses and the optimizer; `d x` is the gradient of x. */
export const BACKWARD_KERNELS = {
  /** d table [words, width]: each word's rows of d out, summed in their order. */
  embedding_grad: kernel({
    sizes: { rows: 'u32', words: 'u32', width: 'u32' },
    inputs: (s) => [u32(s.rows), f32(s.rows * s.width)],
    outputs: (s) => [f32(s.words * s.width)],
    flops: NOTHING,
    ...ALWAYS,
  }),
  /** d x, rows of `stride` that are 0 after the first `width`, and what each row was multiplied by, 1 ÷ its RMS. */
  rmsnorm_grad: kernel({
    sizes: { rows: 'u32', width: 'u32', stride: 'u32', eps: 'f32' },
    inputs: (s) => [f32(s.rows * s.width, s.stride), f32(s.width), f32(s.rows * s.width)],
    outputs: (s) => [f32(s.rows * s.stride), f32(s.rows)],
    flops: each(9),
    ...ROWS,
  }),
  /** d weight of a norm, of x, the factors of its rows, and d out: in sums of so many parts of the rows. */
  norm_weight_grad: kernel({
    sizes: { rows: 'u32', width: 'u32', stride: 'u32', parts: 'u32' },
    inputs: (s) => [f32(s.rows * s.width, s.stride), f32(s.rows), f32(s.rows * s.width)],
    outputs: (s) => [f32(s.parts * s.width)],
    flops: each(3),
    ...ALWAYS,
  }),
  /** d of gates and up projections [rows, 2 width] of SwiGLU, of these and of d out. */
  swiglu_grad: kernel({
    sizes: { rows: 'u32', width: 'u32' },
    inputs: (s) => [f32(s.rows * 2 * s.width), f32(s.rows * s.width)],
    outputs: (s) => [f32(s.rows * 2 * s.width)],
    flops: each(10),
    ...ROWS,
  }),
  /** A product with each pair's own weight [inner, cols]: d x of a grouped product. */
  grouped_gemm_nn: kernel({
    sizes: { pairs: 'u32', inner: 'u32', cols: 'u32', groups: 'u32' },
    inputs: (s) => [f32(s.pairs * s.inner), u32(s.groups + 1), f32(s.groups * s.inner * s.cols)],
    outputs: (s) => [f32(s.pairs * s.cols)],
    flops: (s) => 2 * s.pairs * s.inner * s.cols,
    hasWork: (s) => s.pairs > 0,
  }),
  /** As gemm_tn, in sums of so many parts of `inner`, [parts * rows, cols]. */
  gemm_tn_parts: kernel({
    sizes: { rows: 'u32', inner: 'u32', cols: 'u32', parts: 'u32' },
    inputs: (s) => [f32(s.inner * s.rows), f32(s.inner * s.cols)],
    outputs: (s) => [f32(s.parts * s.rows * s.cols)],
    flops: (s) => 2 * s.rows * s.inner * s.cols,
    ...ROWS,
  }),
  /**
   * Of each group d outᵀ · x of its pairs [rows, cols]: d weight of a grouped product; 0 where it has none. In sums of
   * so many parts of each group's pairs, [parts * groups * rows, cols].
   */
  grouped_gemm_tn: kernel({
    sizes: { pairs: 'u32', rows: 'u32', cols: 'u32', groups: 'u32', stride: 'u32', gather: 'u32', parts: 'u32' },
    inputs: (s) => [f32(s.pairs * s.rows), word(s.pairs * s.cols, s.stride), u32(s.pairs), u32(s.groups + 1)],
    outputs: (s) => [f32(s.parts * s.groups * s.rows * s.cols)],
    flops: (s) => 2 * s.pairs * s.rows * s.cols,
    ...ALWAYS,
  }),
  /** Of each row the sum of its pairs. */
  sum_pairs: kernel({
    sizes: { rows: 'u32', width: 'u32', topK: 'u32' },
    inputs: (s) => [f32(s.rows * s.topK * s.width, s.width), u32(s.rows * s.topK)],
    outputs: (s) => [f32(s.rows * s.width)],
    flops: (s) => s.rows * s.width * s.topK,
    ...ROWS,
  }),
  /** d y of each pair, and d weight of each slot, of weigh_experts. */
  weigh_experts_grad: kernel({
    sizes: { rows: 'u32', width: 'u32', topK: 'u32', stride: 'u32', at: 'u32' },
    inputs: (s) => [
      f32(s.rows * s.topK * s.width, s.width),
      word(s.rows * s.topK, s.stride),
      u32(s.rows * s.topK),
      f32(s.rows * s.width),
    ],
    outputs: (s) => [f32(s.rows * s.topK * s.width, s.width), f32(s.rows * s.topK)],
    flops: (s) => 3 * s.rows * s.width * s.topK,
    ...ROWS,
  }),
  /** d of what Combine brings: each token's row, to every rank that sent one for it. */
  spread_rows: kernel({
    sizes: { rows: 'u32', ranks: 'u32', topK: 'u32', width: 'u32', packed: 'u32' },
    inputs: (s) => [f32(s.rows * s.width), u32(s.rows * s.ranks)],
    outputs: (s) => [onWire(s.packed, s.rows * Math.min(s.ranks, s.topK), s.width)],
    flops: NOTHING,
    ...ROWS,
  }),
  /** Rows on their way back: d x, f32 or two bf16 a word, and d weights. */
  pack_token_grads: kernel({
    sizes: { rows: 'u32', width: 'u32', topK: 'u32', packed: 'u32' },
    inputs: (s) => [f32(s.rows * s.width), f32(s.rows * s.topK)],
    outputs: (s) => [u32(s.rows * (wordsOf(s.packed, s.width) + s.topK))],
    flops: NOTHING,
    ...ROWS,
  }),
  /** Of these, as they come back: d x summed over the ranks in their order, d weight of each expert from its rank. */
  sum_token_grads: kernel({
    sizes: { rows: 'u32', ranks: 'u32', experts: 'u32', topK: 'u32', width: 'u32', packed: 'u32' },
    inputs: (s) => [
      word(s.rows * s.ranks * (wordsOf(s.packed, s.width) + s.topK), wordsOf(s.packed, s.width) + s.topK),
      u32(s.rows * s.ranks),
      u32(s.rows * s.topK),
    ],
    outputs: (s) => [f32(s.rows * s.width), f32(s.rows * s.topK)],
    flops: (s) => s.rows * s.width * s.ranks,
    ...ROWS,
  }),
  /** d logits, of the logits, the experts chosen, and d of their weights. */
  router_grad: kernel({
    sizes: { rows: 'u32', experts: 'u32', topK: 'u32', scoring: 'u32', normalise: 'u32', scale: 'f32' },
    inputs: (s) => [f32(s.rows * s.experts), u32(s.rows * s.topK), f32(s.rows * s.topK)],
    outputs: (s) => [f32(s.rows * s.experts)],
    flops: (s) => 6 * s.rows * s.experts,
    ...ROWS,
  }),
  /** Of each row the product of two: d of what it was scaled by. */
  rows_dot: kernel({
    sizes: { rows: 'u32', width: 'u32' },
    inputs: (s) => [f32(s.rows * s.width), f32(s.rows * s.width)],
    outputs: (s) => [f32(s.rows)],
    flops: each(2),
    ...ROWS,
  }),
  /** d x and d gate, of x, gate and d out. */
  sigmoid_gate_grad: kernel({
    sizes: { rows: 'u32', width: 'u32' },
    inputs: (s) => [f32(s.rows * s.width), f32(s.rows * s.width), f32(s.rows * s.width)],
    outputs: (s) => [f32(s.rows * s.width), f32(s.rows * s.width)],
    flops: each(8),
    ...ROWS,
  }),
  /** d x of rope: turned back. */
  rope_grad: kernel({
    sizes: { rows: 'u32', heads: 'u32', headDim: 'u32', rotated: 'u32', interleaved: 'u32' },
    inputs: (s) => [f32(s.rows * s.heads * s.headDim), u32(s.rows), f32(s.rows * s.rotated, s.rotated)],
    outputs: (s) => [f32(s.rows * s.heads * s.headDim)],
    flops: (s) => 3 * s.rows * s.heads * s.rotated,
    ...ROWS,
  }),
  /** d expanded, d compressed (0 but for the shared key) and d q of mla_keys, of d keys, d values and d queries. */
  mla_keys_grad: kernel({
    sizes: { rows: 'u32', heads: 'u32', nope: 'u32', rotated: 'u32', valueDim: 'u32', latent: 'u32' },
    inputs: (s) => [
      f32(s.rows * s.heads * (s.nope + s.rotated)),
      f32(s.rows * s.heads * s.valueDim),
      f32(s.rows * s.heads * (s.nope + s.rotated)),
      u32(s.rows),
      f32(s.rows * s.rotated, s.rotated),
    ],
    outputs: (s) => [
      f32(s.rows * s.heads * (s.nope + s.valueDim)),
      f32(s.rows * (s.latent + s.rotated)),
      f32(s.rows * s.heads * (s.nope + s.rotated)),
    ],
    flops: (s) => 6 * s.rows * s.heads * s.rotated,
    ...ROWS,
  }),
  /**
   * What attention's gradients need of each row and head: the logarithm of its softmax's sum, and its output times d
   * out. Probabilities are computed anew (FlashAttention-2, 2023).
   */
  attention_sums: kernel({
    sizes: ATTENTION,
    inputs: (s) => {
      const [q, k, , first, d] = attentionRead(s) as [Operand, Operand, Operand, Operand, Operand];
      return [q, k, first, d, d];
    },
    outputs: (s) => [f32(s.rows * s.heads * 2)],
    flops: (s) => 2 * s.keys * s.heads * s.keyDim,
    ...ROWS,
  }),
  /** d q of attention. */
  attention_query_grad: kernel({
    sizes: ATTENTION,
    inputs: (s) => [...attentionRead(s), f32(s.rows * s.heads * 2)],
    outputs: (s) => [f32(s.rows * s.heads * s.keyDim)],
    flops: (s) => 2 * s.keys * s.heads * (2 * s.keyDim + s.valueDim),
    ...ROWS,
  }),
  /** d keys and d values of attention, where each row's own key is its own. */
  attention_key_grad: kernel({
    sizes: ATTENTION,
    inputs: (s) => [...attentionRead(s), f32(s.rows * s.heads * 2)],
    outputs: (s) => [f32(s.rows * s.kvHeads * s.keyDim), f32(s.rows * s.kvHeads * s.valueDim)],
    flops: (s) => 4 * s.keys * s.heads * (s.keyDim + s.valueDim),
    ...ROWS,
  }),
  /** Of each row its weight × −log softmax(logits)[target], and d logits of their sum. */
  cross_entropy: kernel({
    sizes: { rows: 'u32', width: 'u32' },
    inputs: (s) => [f32(s.rows * s.width), u32(s.rows), f32(s.rows)],
    outputs: (s) => [f32(s.rows), f32(s.rows * s.width)],
    flops: each(6),
    ...ROWS,
  }),
  /** Of each row its weight × KL(softmax(teacher) ‖ softmax(student)), and d student of their sum. */
  kl_divergence: kernel({
    sizes: { rows: 'u32', width: 'u32' },
    inputs: (s) => [f32(s.rows * s.width), f32(s.rows * s.width), f32(s.rows)],
    outputs: (s) => [f32(s.rows), f32(s.rows * s.width)],
    flops: each(12),
    ...ROWS,
  }),
  /** Of `parts` parts, one a rank, the sum of those of the ranks that share weights with this one, `share` in a row. */
  sum_shared: kernel({
    sizes: { rows: 'u32', width: 'u32', parts: 'u32', share: 'u32', rank: 'u32' },
    inputs: (s) => [f32(s.parts * s.rows * s.width)],
    outputs: (s) => [f32(s.rows * s.width)],
    flops: (s) => s.rows * s.width * s.share,
    ...ROWS,
  }),
  /**
   * A step of AdamW on a weight and its running averages, in place, by the gradient that begins at element `at`; `step`:
   * the rate, what corrects both averages, and what gradients are multiplied by.
   */
  adamw: kernel({
    sizes: { rows: 'u32', width: 'u32', at: 'u32', beta1: 'f32', beta2: 'f32', eps: 'f32', decay: 'f32' },
    inputs: (s) => [f32(s.rows * s.width, 1), f32(4)],
    outputs: (s) => [f32(s.rows * s.width), f32(s.rows * s.width), f32(s.rows * s.width)],
    flops: each(14),
    ...ROWS,
  }),
  /** What AdamW changes weights by but for their decay, of a rank's shard of many; the running averages in place. */
  adamw_change: kernel({
    sizes: { rows: 'u32', width: 'u32', beta1: 'f32', beta2: 'f32', eps: 'f32' },
    inputs: (s) => [f32(s.rows * s.width), f32(4)],
    outputs: (s) => [f32(s.rows * s.width), f32(s.rows * s.width), f32(s.rows * s.width)],
    flops: each(13),
    ...ROWS,
  }),
  /** A weight decays and changes, in place, by what begins at element `at`. */
  apply_change: kernel({
    sizes: { rows: 'u32', width: 'u32', at: 'u32', decay: 'f32' },
    inputs: (s) => [f32(s.rows * s.width, 1), f32(4)],
    outputs: (s) => [f32(s.rows * s.width)],
    flops: each(2),
    ...ROWS,
  }),
  /** Adds to what begins at element `at` of a kept sum; or begins it, where the second input is 0. */
  accumulate: kernel({
    sizes: { rows: 'u32', width: 'u32', at: 'u32' },
    inputs: (s) => [f32(s.rows * s.width), f32(1)],
    outputs: (s) => [f32(s.rows * s.width, 1)],
    flops: each(1),
    ...ROWS,
  }),
  /** Row `at` of a kept value of parts of sums of squares, times `scale`. */
  sum_squares: kernel({
    sizes: { rows: 'u32', width: 'u32', at: 'u32', scale: 'f32' },
    inputs: (s) => [f32(s.rows * s.width)],
    outputs: () => [f32(SQUARES, SQUARES)],
    flops: each(2),
    ...ALWAYS,
  }),
  /** A step whose gradients are made smaller where their norm, of these parts, is above `limit`; and that norm. */
  clip_step: kernel({
    sizes: { rows: 'u32', limit: 'f32' },
    inputs: (s) => [f32(s.rows * SQUARES), f32(4)],
    outputs: () => [f32(4), f32(1)],
    flops: NOTHING,
    ...ALWAYS,
  }),
  /** How many pairs each expert has. */
  expert_counts: kernel({
    sizes: { rows: 'u32', experts: 'u32', topK: 'u32' },
    inputs: (s) => [u32(s.rows * s.topK)],
    outputs: (s) => [f32(s.experts)],
    flops: NOTHING,
    ...ALWAYS,
  }),
  /** A router's bias falls or rises by `rate`, in place, by the counts that begin at element `at`. */
  balance_bias: kernel({
    sizes: { experts: 'u32', at: 'u32', rate: 'f32' },
    inputs: (s) => [f32(s.experts, 1)],
    outputs: (s) => [f32(s.experts)],
    flops: NOTHING,
    ...ALWAYS,
  }),
  /** How many pairs each expert has of a sequence, in the row that it begins with. */
  sequence_counts: kernel({
    sizes: { rows: 'u32', experts: 'u32', topK: 'u32' },
    inputs: (s) => [u32(s.rows * s.topK), u32(s.rows)],
    outputs: (s) => [u32(s.rows * s.experts)],
    flops: NOTHING,
    ...ROWS,
  }),
  /** Of each row what its router's balance costs, and d logits. */
  balance_loss: kernel({
    sizes: { rows: 'u32', experts: 'u32', scoring: 'u32', factor: 'f32' },
    inputs: (s) => [f32(s.rows * s.experts), u32(s.rows * s.experts), u32(s.rows), f32(s.rows)],
    outputs: (s) => [f32(s.rows), f32(s.rows * s.experts)],
    flops: (s) => 8 * s.rows * s.experts,
    ...ROWS,
  }),
  /** Of each row weight × factor × the squared distance of two, and d of the first. */
  squared_distance: kernel({
    sizes: { rows: 'u32', width: 'u32', factor: 'f32' },
    inputs: (s) => [f32(s.rows * s.width), f32(s.rows * s.width), f32(s.rows)],
    outputs: (s) => [f32(s.rows), f32(s.rows * s.width)],
    flops: each(4),
    ...ROWS,
  }),
  /** Of some columns of a vocabulary, from `first` on: the highest logit, the sum of exponentials, the target's logit. */
  softmax_part: kernel({
    sizes: { rows: 'u32', width: 'u32', first: 'u32' },
    inputs: (s) => [f32(s.rows * s.width), u32(s.rows)],
    outputs: (s) => [f32(s.rows * 3)],
    flops: each(3),
    ...ROWS,
  }),
  /** Two of these as one. */
  join_softmax: kernel({
    sizes: { rows: 'u32' },
    inputs: (s) => [f32(s.rows * 3), f32(s.rows * 3)],
    outputs: (s) => [f32(s.rows * 3)],
    flops: NOTHING,
    ...ROWS,
  }),
  /** Cross-entropy of each row by the joined ones, times its weight. */
  softmax_loss: kernel({
    sizes: { rows: 'u32' },
    inputs: (s) => [f32(s.rows * 3), f32(s.rows)],
    outputs: (s) => [f32(s.rows)],
    flops: NOTHING,
    ...ROWS,
  }),
  /** d logits of its sum, of some columns. */
  softmax_part_grad: kernel({
    sizes: { rows: 'u32', width: 'u32', first: 'u32' },
    inputs: (s) => [f32(s.rows * s.width), u32(s.rows), f32(s.rows), f32(s.rows * 3)],
    outputs: (s) => [f32(s.rows * s.width)],
    flops: each(3),
    ...ROWS,
  }),
} as const;

export type BackwardKernel = keyof typeof BACKWARD_KERNELS;
