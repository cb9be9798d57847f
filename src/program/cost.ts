import { type Compute, INPUTS, resolve } from './program';

/**
 * Floating-point operations of a kernel on a rank whose symbols are known; the products alone where there are any. null where
 * only the GPU knows how many rows there are.
 */
export function flopsOf(op: Compute, symbols: ReadonlyMap<string, number>): number | null {
  if (op.atMost) return null;
  const n = (dim: Parameters<typeof resolve>[0]) => resolve(dim, symbols);
  switch (op.kernel) {
    case 'gemm':
      return 2 * n(op.sizes.rows) * n(op.sizes.inner) * n(op.sizes.cols);
    case 'grouped_gemm':
      return 2 * n(op.sizes.pairs) * n(op.sizes.inner) * n(op.sizes.cols);
    case 'attention':
      return (
        2 *
        n(op.inputs.includes(INPUTS.firstInChunk) ? 'keys in chunk' : 'keys') *
        n(op.sizes.heads) *
        (n(op.sizes.keyDim) + n(op.sizes.valueDim))
      );
    case 'mla_query':
      return 2 * n(op.sizes.rows) * n(op.sizes.heads) * n(op.sizes.nope) * n(op.sizes.latent);
    case 'mla_values':
      return 2 * n(op.sizes.rows) * n(op.sizes.heads) * n(op.sizes.valueDim) * n(op.sizes.latent);
    case 'rmsnorm':
      return 4 * n(op.sizes.rows) * n(op.sizes.width);
    case 'swiglu':
      return 5 * n(op.sizes.rows) * n(op.sizes.width);
    case 'sigmoid_gate':
      return 4 * n(op.sizes.rows) * n(op.sizes.width);
    case 'add':
    case 'scale_rows':
      return n(op.sizes.rows) * n(op.sizes.width);
    case 'rope':
      return 3 * n(op.sizes.rows) * n(op.sizes.heads) * n(op.sizes.rotated);
    case 'mla_keys':
      return 3 * n(op.sizes.rows) * n(op.sizes.heads) * n(op.sizes.rotated);
    case 'mla_cache':
      return 3 * n(op.sizes.rows) * n(op.sizes.rotated);
    case 'router_topk':
      return n(op.sizes.rows) * n(op.sizes.experts) * 4;
    case 'weigh_experts':
      return 2 * n(op.sizes.rows) * n(op.sizes.width) * n(op.sizes.topK);
    case 'sum_parts':
      return n(op.sizes.rows) * n(op.sizes.width) * n(op.sizes.parts);
    case 'unpermute':
      return n(op.sizes.rows) * n(op.sizes.width) * n(op.sizes.ranks);
    case 'embedding':
    case 'gather_rows':
    case 'cache_rows':
    case 'pack_bf16':
    case 'unpack_bf16':
    case 'draw_normal':
    case 'send_plan':
    case 'permute':
    case 'expert_plan':
      return 0;
  }
}
