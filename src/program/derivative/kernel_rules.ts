import { NORM_COLUMNS } from '../backward_kernels';
import type { Dim } from '../dim';
import type { KernelName } from '../kernels';
import type { Compute } from '../program';
import { EXPERT_RULES } from './expert_rules';
import { contribute, type Gradients, gradientName, outputOf } from './gradients';
import { gatedProductRule, productGrad } from './product_rules';
import { helper, type Rule, toGradients } from './rules';
import { partsOf, rowsOf, toWeight } from './weight_sums';

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
  const dx = toGradients(gradients, op, [x], { kernel: 'rmsnorm_grad', sizes }, [x, weight, d], {
    name: factors,
    rows,
    cols: 1,
  });
  const value = gradients.program.values.get(weight)!;
  if (value.lives === 'kept' && value.origin === 'constant') return dx;
  const parts = partsOf(Math.ceil(width / NORM_COLUMNS), rowsOf(gradients, rows));
  const call = { kernel: 'norm_weight_grad', sizes: { rows, width, stride, parts } } as const;
  toWeight(gradients, op, weight, parts, call, [x, factors, d]);
  return dx;
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
    toGradients(gradients, op, [table], { kernel: 'embedding_grad', sizes }, [ids, d!]);
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
  gemm_swiglu: gatedProductRule,
  ...EXPERT_RULES,
  // Experts are chosen, not computed: the gradient goes through the scores of those chosen.
  router_topk: (gradients, op, [, d]) => {
    const [logits] = op.inputs as [string, string];
    const [ids] = op.outputs as [string, string];
    const { rows, experts, topK, scoring, normalise, scale } = op.sizes;
    const sizes = { rows, experts, topK, scoring, normalise, scale };
    toGradients(gradients, op, [logits], { kernel: 'router_grad', sizes }, [logits, ids, d!]);
  },
  scale_rows: (gradients, op, [d]) => {
    const [x, factors] = op.inputs as [string, string];
    const { sizes } = op;
    toGradients(gradients, op, [x], { kernel: 'scale_rows', sizes }, [d!, factors]);
    if (!gradients.program.inputs.includes(factors))
      toGradients(gradients, op, [factors], { kernel: 'rows_dot', sizes }, [x, d!]);
  },
  sigmoid_gate: (gradients, op, [d]) => {
    const [x, gate] = op.inputs as [string, string];
    toGradients(gradients, op, [x, gate], { kernel: 'sigmoid_gate_grad', sizes: op.sizes }, [x, gate, d!]);
  },
  rope: (gradients, op, [d]) => {
    const [x, position, table] = op.inputs as [string, string, string];
    toGradients(gradients, op, [x], { kernel: 'rope_grad', sizes: op.sizes }, [d!, position, table]);
  },
  mla_keys: (gradients, op, [dKeys, dValues, dQueries]) => {
    const [expanded, compressed, q, position, table] = op.inputs as [string, string, string, string, string];
    const call = { kernel: 'mla_keys_grad', sizes: op.sizes } as const;
    const read = [dKeys!, dValues!, dQueries!, position, table];
    toGradients(gradients, op, [expanded, compressed, q], call, read);
  },
  attention: (gradients, op, [d]) => {
    const [q, k, v, first] = op.inputs as [string, string, string, string];
    const { rows, heads, kvHeads, keyDim, valueDim, scale, keys } = op.sizes;
    const sizes = { rows, heads, kvHeads, keyDim, valueDim, scale, keys };
    const sums = helper(gradients, op, 'sums', { kernel: 'attention_sums', sizes }, [q, k, first, outputOf(op), d!], {
      name: `${gradientName(outputOf(op))} sums`,
      rows,
      cols: 2 * (heads as number),
    });
    const read = [q, k, v, first, d!, sums];
    toGradients(gradients, op, [q], { kernel: 'attention_query_grad', sizes }, read);
    toGradients(gradients, op, [k, v], { kernel: 'attention_key_grad', sizes }, read);
  },
  // Rounding to bf16 counts as if it changed nothing.
  pack_bf16: passOn(0),
  unpack_bf16: passOn(0),
  sum_parts: (gradients, op, [d]) => {
    gradients.ofEach.set(op.inputs[0]!, d!);
  },
  pair_counts: NONE,
  expert_plan: NONE,
  send_plan: NONE,
};
