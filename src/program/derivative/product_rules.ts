import type { Dim } from '../dim';
import type { KernelCall } from '../kernels';
import type { Compute } from '../program';
import { type Gradients, gradientName, outputOf } from './gradients';
import { helper, type Rule, toGradients } from './rules';
import { partsOf, rowsOf, tilesOf, toWeight } from './weight_sums';

/** d x and d weight of x [rows, inner] · weight [cols, inner]ᵀ. */
export function productGrad(
  gradients: Gradients,
  op: Compute,
  d: string,
  { rows, inner, cols }: { rows: Dim; inner: number; cols: number },
): void {
  const [x, weight] = op.inputs as [string, string];
  toGradients(gradients, op, [x], { kernel: 'gemm_nn', sizes: { rows, inner: cols, cols: inner } }, [d, weight]);
  const parts = partsOf(tilesOf(cols * inner), rowsOf(gradients, rows));
  const tn = { rows: cols, inner: rows, cols: inner };
  const call =
    parts === 1
      ? ({ kernel: 'gemm_tn', sizes: tn } as const)
      : ({ kernel: 'gemm_tn_parts', sizes: { ...tn, parts } } as const);
  toWeight(gradients, op, weight, parts, call, [d, x]);
}

/** SwiGLU of a product. */
export const gatedProductRule: Rule<'gemm_swiglu'> = (gradients, op, [d]) => {
  const [x, weight] = op.inputs as [string, string];
  const { rows, inner, width } = op.sizes as { rows: Dim; inner: number; width: number };
  const cols = 2 * width;
  const anew = { kernel: 'gemm', sizes: { rows, inner, cols } } as const;
  const dGates = gatesGrad(gradients, op, d!, { rows, width }, anew, [x, weight]);
  productGrad(gradients, op, dGates, { rows, inner, cols });
};

/**
 * Of SwiGLU's d out, d of its gates and up projections [rows, 2 width]. These were not kept: a product computes them
 * anew.
 */
export function gatesGrad(
  gradients: Gradients,
  op: Compute,
  d: string,
  sizes: { readonly rows: Dim; readonly width: number },
  product: KernelCall,
  read: readonly string[],
): string {
  const shape = { rows: sizes.rows, cols: 2 * sizes.width };
  const name = `${gradientName(outputOf(op))} gates`;
  const gates = helper(gradients, op, 'gates anew', product, read, { name, ...shape });
  return helper(gradients, op, 'gates', { kernel: 'swiglu_grad', sizes }, [gates, d], {
    name: `d of ${name}`,
    ...shape,
  });
}
