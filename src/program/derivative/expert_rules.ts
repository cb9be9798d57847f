import type { Dim } from '../dim';
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
import { gatesGrad } from './product_rules';
import { helper, type Rule, toGradients } from './rules';
import { partsOf, rowsOf, tilesOf, toWeight } from './weight_sums';

/** Products of pairs with the weights of their experts. */
const product: Rule<'grouped_gemm'> = (gradients, op, [d]) => {
  const [x, pairRow, offsets, weight] = op.inputs as [string, string, string, string];
  const { pairs, inner, cols, groups, stride } = op.sizes as Pairs & { inner: number; cols: number; stride: number };
  const nn = { kernel: 'grouped_gemm_nn', sizes: { pairs, inner: cols, cols: inner, groups } } as const;
  toGradients(gradients, op, [x], nn, [d!, offsets, weight]);
  weightGrad(gradients, op, { pairs, rows: cols, cols: inner, groups, stride, gather: 0 }, [d!, x, pairRow, offsets]);
};

/**
 * d weight of a grouped product. Of tokens that are spread evenly, each group has as many as another; of experts in
 * place on several ranks only the GPU knows how many tokens are theirs.
 */
function weightGrad(
  gradients: Gradients,
  op: Call<'grouped_gemm'> | Call<'grouped_gemm_swiglu'>,
  sizes: Pairs & Readonly<Record<'rows' | 'cols' | 'stride' | 'gather', number>>,
  inputs: readonly [d: string, x: string, pairRow: string, offsets: string],
): void {
  const topK = gradients.build.columns(writerOf(gradients, inputs[2], 'expert_plan').outputs[1]!);
  const tokens = op.atMost ? null : rowsOf(gradients, 'tokens');
  const pairs = tokens === null ? null : (tokens * topK) / sizes.groups;
  const parts = partsOf(sizes.groups * tilesOf(sizes.rows * sizes.cols), pairs);
  const weight = op.inputs[3]!;
  toWeight(gradients, op, weight, parts, { kernel: 'grouped_gemm_tn', sizes: { ...sizes, parts } }, inputs);
}
type Pairs = { readonly pairs: Dim; readonly groups: number };

/** SwiGLU of such products, of rows as they arrived: a row's pairs are summed. */
const gatedProduct: Rule<'grouped_gemm_swiglu'> = (gradients, op, [d]) => {
  const { build } = gradients;
  const [sent, pairRow, offsets, weight] = op.inputs as [string, string, string, string];
  const { pairs, inner, width, groups } = op.sizes as Pairs & { inner: number; width: number };
  const { rows } = build.shapeOf(sent);
  const out = gradientName(outputOf(op));
  const cols = 2 * width;
  const x = op.sizes.packed === 1 ? unpacked(gradients, op, sent, inner) : sent;
  const stride = build.columns(x);
  const anew = { kernel: 'grouped_gemm', sizes: { pairs, inner, cols, groups, stride, gather: 1 } } as const;
  const dGates = gatesGrad(gradients, op, d!, { rows: pairs, width }, anew, [x, pairRow, offsets, weight]);
  const tn = { pairs, rows: cols, cols: inner, groups, stride, gather: 1 };
  weightGrad(gradients, op, tn, [dGates, x, pairRow, offsets]);
  const nn = { kernel: 'grouped_gemm_nn', sizes: { pairs, inner: cols, cols: inner, groups } } as const;
  const ofPairs = { name: `${out} d pairs`, rows: pairs, cols: inner };
  const dPairs = helper(gradients, op, 'pairs', nn, [dGates, offsets, weight], ofPairs);
  const [, pairOf] = writerOf(gradients, pairRow, 'expert_plan').outputs as [string, string];
  const sum = { kernel: 'sum_pairs', sizes: { rows, width: inner, topK: build.columns(pairOf) } } as const;
  const ofRows = { name: contributionName(gradients, sent), rows, cols: inner };
  contribute(gradients, sent, helper(gradients, op, 'sum of pairs', sum, [dPairs, pairOf], ofRows));
};

/** What travelled as bf16 is read as it arrived. */
function unpacked(gradients: Gradients, op: Parameters<typeof gatedProduct>[1], sent: string, width: number): string {
  const { rows, cols } = gradients.build.shapeOf(sent);
  const call = { kernel: 'unpack_bf16', sizes: { rows, width, stride: cols } } as const;
  const x = { name: `${gradientName(outputOf(op))} x`, rows, cols: width };
  return helper(gradients, op, 'unpacked', call, [sent], x);
}

const weighing: Rule<'weigh_experts'> = (gradients, op, [d]) => {
  const [y, weights, pairOf] = op.inputs as [string, string, string];
  const { rows, width, topK, stride, at } = op.sizes;
  const call = { kernel: 'weigh_experts_grad', sizes: { rows, width, topK, stride, at } } as const;
  const dWeights = { name: `${gradientName(outputOf(op))} of weights`, rows, cols: topK as number };
  toGradients(gradients, op, [y], call, [y, weights, pairOf, d!], dWeights);
  // Weights travel beside the tokens, or come straight from the router.
  if ((at as number) > 0) gradients.ofSlots.set(weights, dWeights.name);
  else contribute(gradients, weights, dWeights.name);
};

/** Each token's gradient goes to every rank that sent a row for it. */
const unpermuting: Rule<'unpermute'> = (gradients, op, [d]) => {
  const [returned, rowOf] = op.inputs as [string, string];
  const { rows, ranks, width, packed } = op.sizes as { rows: string; ranks: number; width: number; packed: number };
  const { cols, type } = gradients.build.shapeOf(returned);
  const topK = writerOf(gradients, rowOf, 'send_plan').sizes.topK as number;
  const spread = gradients.build.compute(
    placeOf(op),
    `d ${op.name}`,
    { kernel: 'spread_rows', sizes: { rows, ranks, topK, width, packed } },
    { inputs: [d!, rowOf] },
    // As permute has room for.
    { name: contributionName(gradients, returned), rows: { of: rows, times: Math.min(ranks, topK) }, cols, type },
  );
  contribute(gradients, returned, spread);
};

/** What came back for each token is summed, and each slot's weight gets its own. */
const permuting: Rule<'permute'> = (gradients, op, [d]) => {
  const [x, ids, weights, rowOf] = op.inputs as [string, string, string, string];
  const { rows, topK } = op.sizes as { rows: Dim; topK: number };
  const call = { kernel: 'sum_token_grads', sizes: op.sizes } as const;
  const dWeights = { name: `${gradientName(outputOf(op))} of weights`, rows, cols: topK };
  toGradients(gradients, op, [x], call, [d!, rowOf, ids], dWeights);
  contribute(gradients, weights, dWeights.name);
};

/** Rules of the routed experts' kernels, and of what brings tokens to them and back. */
export const EXPERT_RULES = {
  grouped_gemm: product,
  grouped_gemm_swiglu: gatedProduct,
  weigh_experts: weighing,
  unpermute: unpermuting,
  permute: permuting,
} as const;
