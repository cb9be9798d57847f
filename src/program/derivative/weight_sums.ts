import type { Dim } from '../dim';
import type { KernelCall } from '../kernels';
import type { Compute } from '../program';
import { type Gradients, gradientName, outputOf } from './gradients';
import { helper, toGradients } from './rules';

/**
 * A weight's gradient is a sum over tokens. A small weight makes few workgroups, which leave most of a GPU idle: then
 * the tokens are split in parts, each part has a sum of its own, and these are added (split-k).
 */
const SPLIT = {
  /** So many workgroups keep a large GPU busy. */
  workgroups: 256,
  /** With fewer tokens a part is not worth its sum. */
  tokens: 256,
  most: 32,
};

/** Of a weight's gradient that so many workgroups sum over so many tokens (null: not known), how many parts. */
export const partsOf = (workgroups: number, tokens: number | null): number =>
  Math.max(
    1,
    Math.min(SPLIT.most, Math.floor(SPLIT.workgroups / workgroups), Math.floor((tokens ?? 0) / SPLIT.tokens)),
  );

/** Workgroups of an output of so many values, by the tiles that large products are computed in. */
export const tilesOf = (values: number): number => Math.ceil(values / (64 * 128));

/** About how many rows there will be; null where that is not known. */
export function rowsOf({ tokens }: Gradients, rows: Dim): number | null {
  if (typeof rows === 'number') return rows;
  const { of, times } = typeof rows === 'string' ? { of: rows, times: 1 } : rows;
  return of === 'tokens' && tokens !== null ? tokens * times : null;
}

/** Adds a contribution to a weight's gradient by a kernel that writes so many sums, one after the other. */
export function toWeight(
  gradients: Gradients,
  op: Compute,
  weight: string,
  parts: number,
  call: KernelCall,
  inputs: readonly string[],
): void {
  if (parts === 1) {
    toGradients(gradients, op, [weight], call, inputs);
    return;
  }
  const { rows, cols } = gradients.build.shapeOf(weight) as { rows: number; cols: number };
  const sums = { name: `${gradientName(outputOf(op))} of ${weight}, in parts`, rows: parts * rows, cols };
  const partial = helper(gradients, op, 'in parts', call, inputs, sums);
  const sum = { kernel: 'sum_parts', sizes: { rows, width: cols, parts, packed: 0 } } as const;
  toGradients(gradients, op, [weight], sum, [partial]);
}
