import type { Dim } from '../dim';
import type { KernelCall, KernelName } from '../kernels';
import type { Compute } from '../program';
import {
  type Call,
  contribute,
  contributionName,
  type Gradients,
  gradientName,
  outputOf,
  placeOf,
  writerOf,
} from './gradients';

/** Takes the gradients of what an operation wrote; null where nobody contributed. */
type Rule<K extends KernelName> = (gradients: Gradients, op: Call<K>, d: readonly (string | null)[]) => void;

const twice = (dim: Dim, times: number): Dim =>
  typeof dim === 'number'
    ? dim * times
    : typeof dim === 'string'
      ? { of: dim, times }
      : { ...dim, times: dim.times * times };

/** Adds an operation that computes a contribution to a value's gradient, as large as the value; answers its name. */
function compute(
  gradients: Gradients,
  op: Compute,
  value: string,
  call: KernelCall,
  inputs: readonly string[],
  ...more: { name: string; rows: Dim; cols: number }[]
): string {
  const { build } = gradients;
  const { rows, cols } = build.shapeOf(value);
  const own = { name: contributionName(gradients, value), rows, cols };
  const gradient = build.compute(
    placeOf(op),
    `d ${op.name}`,
    call,
    { inputs, ...(op.atMost && { atMost: true }) },
    own,
    ...more,
  );
  contribute(gradients, value, gradient);
  return gradient;
}

/** Adds an operation whose outputs are no gradient of a value, under names of their own; answers the first. */
function helper(
  { build }: Gradients,
  op: Compute,
  part: string,
  call: KernelCall,
  inputs: readonly string[],
  ...outputs: { name: string; rows: Dim; cols: number; type?: 'u32' }[]
): string {
  return build.compute(
    placeOf(op),
    `d ${op.name}: ${part}`,
    call,
    { inputs, ...(op.atMost && { atMost: true }) },
    ...outputs,
  );
}

/** What an operation has as its output is what it has of each of these inputs. */
const passOn =
  (...places: readonly number[]) =>
  (gradients: Gradients, op: Compute, [d]: readonly (string | null)[]): void => {
    for (const place of places) contribute(gradients, op.inputs[place]!, d!);
  };

/** Of a norm's d out: d x, and d weight unless that is a constant. */
function normGrad(
  gradients: Gradients,
  op: Compute,
  x: string,
  weight: string,
  d: string,
  sizes: { rows: Dim; width: number; stride: number; eps: number },
): string {
  const factors = `${gradientName(outputOf(op))} factors`;
  const { rows, width, stride } = sizes;
  const dx = compute(gradients, op, x, { kernel: 'rmsnorm_grad', sizes }, [x, weight, d], {
    name: factors,
    rows,
    cols: 1,
  });
  const value = gradients.program.values.get(weight)!;
  if (value.lives === 'kept' && value.origin === 'constant') return dx;
  compute(gradients, op, weight, { kernel: 'norm_weight_grad', sizes: { rows, width, stride } }, [x, factors, d]);
  return dx;
}

/** d x and d weight of x [rows, inner] · weight [cols, inner]ᵀ. */
function productGrad(
  gradients: Gradients,
  op: Compute,
  d: string,
  { rows, inner, cols }: { rows: Dim; inner: number; cols: number },
): void {
  const [x, weight] = op.inputs as [string, string];
  compute(gradients, op, x, { kernel: 'gemm_nn', sizes: { rows, inner: cols, cols: inner } }, [d, weight]);
  compute(gradients, op, weight, { kernel: 'gemm_tn', sizes: { rows: cols, inner: rows, cols: inner } }, [d, x]);
}

const NONE = () => {};

/**
 * The derivative of each kernel: from the gradients of what it wrote, contributions to those of what it read. Missing
 * are kernels that no forward pass of whole sequences has.
 */
export const KERNEL_RULES: { readonly [K in KernelName]?: Rule<K> } = {
  embedding: (gradients, op, [d]) => {
    const [ids, table] = op.inputs as [string, string];
    const { rows, cols } = gradients.build.shapeOf(table);
    const sizes = { rows: op.sizes.rows, words: rows, width: cols };
    compute(gradients, op, table, { kernel: 'embedding_grad', sizes }, [ids, d!]);
  },
  add: passOn(0, 1),
  rmsnorm: (gradients, op, [d]) => {
    const [x, weight] = op.inputs as [string, string];
    normGrad(gradients, op, x, weight, d!, op.sizes as Parameters<typeof normGrad>[5]);
  },
  add_rmsnorm: (gradients, op, [dSum, dOut]) => {
    const weight = op.inputs.at(-1)!;
    const [sum] = op.outputs as [string, string];
    const { rows, width, eps, terms } = op.sizes as { rows: Dim; width: number; eps: number; terms: number };
    // The sum has more readers, all of which have contributed: its norm is one more.
    const sizes = { rows, width, stride: width, eps };
    let total = dSum;
    if (dOut) {
      const ofNorm = normGrad(gradients, op, sum, weight, dOut, sizes);
      total = dSum
        ? helper(gradients, op, 'sum', { kernel: 'add', sizes: { rows, width } }, [dSum, ofNorm], {
            name: `${gradientName(sum)} in all`,
            rows,
            cols: width,
          })
        : ofNorm;
    }
    for (const term of op.inputs.slice(0, terms)) contribute(gradients, term, total!);
  },
  gemm: (gradients, op, [d]) => productGrad(gradients, op, d!, op.sizes as Parameters<typeof productGrad>[3]),
  gemm_swiglu: (gradients, op, [d]) => {
    const [x, weight] = op.inputs as [string, string];
    const { rows, inner, width } = op.sizes as { rows: Dim; inner: number; width: number };
    const cols = 2 * width;
    const out = gradientName(outputOf(op));
    // Gates and up projections were not kept: they are computed anew.
    const pre = helper(gradients, op, 'anew', { kernel: 'gemm', sizes: { rows, inner, cols } }, [x, weight], {
      name: `${out} gates`,
      rows,
      cols,
    });
    const dPre = helper(gradients, op, 'SwiGLU', { kernel: 'swiglu_grad', sizes: { rows, width } }, [pre, d!], {
      name: `${out} d gates`,
      rows,
      cols,
    });
    productGrad(gradients, op, dPre, { rows, inner, cols });
  },
  grouped_gemm: (gradients, op, [d]) => {
    const [x, pairRow, offsets, weight] = op.inputs as [string, string, string, string];
    const { pairs, inner, cols, groups, stride } = op.sizes as {
      pairs: Dim;
      inner: number;
      cols: number;
      groups: number;
      stride: number;
    };
    const nn = { kernel: 'grouped_gemm_nn', sizes: { pairs, inner: cols, cols: inner, groups } } as const;
    compute(gradients, op, x, nn, [d!, offsets, weight]);
    const tn = {
      kernel: 'grouped_gemm_tn',
      sizes: { pairs, rows: cols, cols: inner, groups, stride, gather: 0 },
    } as const;
    compute(gradients, op, weight, tn, [d!, x, pairRow, offsets]);
  },
  grouped_gemm_swiglu: (gradients, op, [d]) => {
    const [sent, pairRow, offsets, weight] = op.inputs as [string, string, string, string];
    const { pairs, inner, width, groups, packed } = op.sizes as {
      pairs: Dim;
      inner: number;
      width: number;
      groups: number;
      packed: number;
    };
    const { build } = gradients;
    const { rows } = build.shapeOf(sent);
    const out = gradientName(outputOf(op));
    const cols = 2 * width;
    // What travelled as bf16 is read as it arrived.
    const x = packed
      ? helper(
          gradients,
          op,
          'unpacked',
          { kernel: 'unpack_bf16', sizes: { rows, width: inner, stride: build.columns(sent) } },
          [sent],
          { name: `${out} x`, rows, cols: inner },
        )
      : sent;
    const stride = build.columns(x);
    const pre = helper(
      gradients,
      op,
      'anew',
      { kernel: 'grouped_gemm', sizes: { pairs, inner, cols, groups, stride, gather: 1 } },
      [x, pairRow, offsets, weight],
      { name: `${out} gates`, rows: pairs, cols },
    );
    const dPre = helper(gradients, op, 'SwiGLU', { kernel: 'swiglu_grad', sizes: { rows: pairs, width } }, [pre, d!], {
      name: `${out} d gates`,
      rows: pairs,
      cols,
    });
    const tn = {
      kernel: 'grouped_gemm_tn',
      sizes: { pairs, rows: cols, cols: inner, groups, stride, gather: 1 },
    } as const;
    compute(gradients, op, weight, tn, [dPre, x, pairRow, offsets]);
    const nn = { kernel: 'grouped_gemm_nn', sizes: { pairs, inner: cols, cols: inner, groups } } as const;
    const ofPairs = helper(gradients, op, 'x', nn, [dPre, offsets, weight], {
      name: `${out} d pairs`,
      rows: pairs,
      cols: inner,
    });
    const [, pairOf] = writerOf(gradients, pairRow, 'expert_plan').outputs as [string, string];
    const { cols: topK } = build.shapeOf(pairOf);
    const dx = helper(
      gradients,
      op,
      'sum of pairs',
      { kernel: 'sum_pairs', sizes: { rows, width: inner, topK } },
      [ofPairs, pairOf],
      { name: `${out} d x`, rows, cols: inner },
    );
    contribute(gradients, sent, dx);
  },
  weigh_experts: (gradients, op, [d]) => {
    const [y, weights, pairOf] = op.inputs as [string, string, string];
    const { rows, width, topK, stride, at } = op.sizes as {
      rows: Dim;
      width: number;
      topK: number;
      stride: number;
      at: number;
    };
    const dWeights = `${gradientName(outputOf(op))} of weights`;
    compute(
      gradients,
      op,
      y,
      { kernel: 'weigh_experts_grad', sizes: { rows, width, topK, stride, at } },
      [y, weights, pairOf, d!],
      { name: dWeights, rows, cols: topK },
    );
    // Weights travel beside the tokens, or come straight from the router.
    if (at > 0) gradients.ofSlots.set(weights, dWeights);
    else contribute(gradients, weights, dWeights);
  },
  unpermute: (gradients, op, [d]) => {
    const [returned, rowOf] = op.inputs as [string, string];
    const { rows, ranks, width, packed } = op.sizes as { rows: Dim; ranks: number; width: number; packed: number };
    const { build } = gradients;
    const { cols, type } = build.shapeOf(returned);
    const topK = writerOf(gradients, rowOf, 'send_plan').sizes.topK as number;
    const spread = build.compute(
      placeOf(op),
      `d ${op.name}`,
      { kernel: 'spread_rows', sizes: { rows, ranks, topK, width, packed } },
      { inputs: [d!, rowOf] },
      { name: contributionName(gradients, returned), rows: twice(rows, Math.min(ranks, topK)), cols, type },
    );
    contribute(gradients, returned, spread);
  },
  permute: (gradients, op, [d]) => {
    const [x, ids, weights, rowOf] = op.inputs as [string, string, string, string];
    const { rows, ranks, experts, topK, width, packed } = op.sizes as {
      rows: Dim;
      ranks: number;
      experts: number;
      topK: number;
      width: number;
      packed: number;
    };
    const dWeights = `${gradientName(outputOf(op))} of weights`;
    compute(
      gradients,
      op,
      x,
      { kernel: 'sum_token_grads', sizes: { rows, ranks, experts, topK, width, packed } },
      [d!, rowOf, ids],
      { name: dWeights, rows, cols: topK },
    );
    contribute(gradients, weights, dWeights);
  },
  // Experts are chosen, not computed: the gradient goes through the scores of those chosen.
  router_topk: (gradients, op, [, d]) => {
    const [logits] = op.inputs as [string, string];
    const [ids] = op.outputs as [string, string];
    const { rows, experts, topK, scoring, normalise, scale } = op.sizes;
    const sizes = { rows, experts, topK, scoring, normalise, scale };
    compute(gradients, op, logits, { kernel: 'router_grad', sizes }, [logits, ids, d!]);
  },
  scale_rows: (gradients, op, [d]) => {
    const [x, factors] = op.inputs as [string, string];
    const { sizes } = op;
    compute(gradients, op, x, { kernel: 'scale_rows', sizes }, [d!, factors]);
    if (!gradients.program.inputs.includes(factors))
      compute(gradients, op, factors, { kernel: 'rows_dot', sizes }, [x, d!]);
  },
  sigmoid_gate: (gradients, op, [d]) => {
    const [x, gate] = op.inputs as [string, string];
    const { rows, cols } = gradients.build.shapeOf(gate);
    const name = contributionName(gradients, gate);
    compute(gradients, op, x, { kernel: 'sigmoid_gate_grad', sizes: op.sizes }, [x, gate, d!], { name, rows, cols });
    contribute(gradients, gate, name);
  },
  rope: (gradients, op, [d]) => {
    const [x, position, table] = op.inputs as [string, string, string];
    compute(gradients, op, x, { kernel: 'rope_grad', sizes: op.sizes }, [d!, position, table]);
  },
  mla_keys: (gradients, op, [dKeys, dValues, dQueries]) => {
    const [expanded, compressed, q, position, table] = op.inputs as [string, string, string, string, string];
    const more = [compressed, q].map((value) => {
      const { rows, cols } = gradients.build.shapeOf(value);
      return { value, name: contributionName(gradients, value), rows, cols };
    });
    compute(
      gradients,
      op,
      expanded,
      { kernel: 'mla_keys_grad', sizes: op.sizes },
      [dKeys!, dValues!, dQueries!, position, table],
      ...more.map(({ name, rows, cols }) => ({ name, rows, cols })),
    );
    for (const { value, name } of more) contribute(gradients, value, name);
  },
  attention: (gradients, op, [d]) => {
    const [q, k, v, first] = op.inputs as [string, string, string, string];
    const { rows, heads, kvHeads, keyDim, valueDim, scale, keys } = op.sizes;
    const sizes = { rows, heads, kvHeads, keyDim, valueDim, scale, keys };
    const sums = `${gradientName(outputOf(op))} sums`;
    const cols = 2 * (heads as number);
    compute(gradients, op, q, { kernel: 'attention_query_grad', sizes }, [q, k, v, first, d!], {
      name: sums,
      rows,
      cols,
    });
    const { rows: keyRows, cols: valueCols } = gradients.build.shapeOf(v);
    const dv = { name: contributionName(gradients, v), rows: keyRows, cols: valueCols };
    compute(gradients, op, k, { kernel: 'attention_key_grad', sizes }, [q, k, v, first, d!, sums], dv);
    contribute(gradients, v, dv.name);
  },
  // Rounding to bf16 counts as if it changed nothing.
  pack_bf16: passOn(0),
  unpack_bf16: passOn(0),
  sum_parts: (gradients, op, [d]) => {
    gradients.ofEach.set(op.inputs[0]!, d!);
  },
  expert_plan: NONE,
  send_plan: NONE,
};
