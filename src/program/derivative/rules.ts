import type { Dim } from '../dim';
import type { KernelCall, KernelName } from '../kernels';
import type { Compute } from '../program';
import { type Call, contribute, contributionName, type Gradients, placeOf } from './gradients';

/** Takes the gradients of what an operation wrote; null where nobody contributed. */
export type Rule<K extends KernelName> = (gradients: Gradients, op: Call<K>, d: readonly (string | null)[]) => void;

type Output = { readonly name: string; readonly rows: Dim; readonly cols: number; readonly type?: 'u32' };

/**
 * Adds an operation whose first outputs are contributions to the gradients of some values, each as large as its value;
 * `more` are the others. Answers the first contribution's name.
 */
export function toGradients(
  gradients: Gradients,
  op: Compute,
  values: readonly string[],
  call: KernelCall,
  inputs: readonly string[],
  ...more: readonly Output[]
): string {
  const { build } = gradients;
  const own = values.map((value): Output => {
    const { rows, cols } = build.shapeOf(value);
    return { name: contributionName(gradients, value), rows, cols };
  });
  const reads = { inputs, ...(op.atMost && { atMost: true as const }) };
  const first = build.compute(placeOf(op), `d ${op.name}`, call, reads, ...own, ...more);
  for (const [i, value] of values.entries()) contribute(gradients, value, own[i]!.name);
  return first;
}

/** Adds an operation whose outputs are no gradient of a value, under names of their own; answers the first. */
export function helper(
  { build }: Gradients,
  op: Compute,
  part: string,
  call: KernelCall,
  inputs: readonly string[],
  ...outputs: readonly Output[]
): string {
  const reads = { inputs, ...(op.atMost && { atMost: true as const }) };
  return build.compute(placeOf(op), `d ${op.name}: ${part}`, call, reads, ...outputs);
}
