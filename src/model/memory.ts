import type { Plan } from './plan';
import type { ModelSpec } from './spec';
import { BYTES_OF } from './value_type';
import { shapeOnRank, type Weight, weightsOf } from './weights';

/** Bytes of a weight on each rank, as float32; all ranks have as much. */
export function bytesOnRank(weight: Weight, plan: Plan): number {
  const { rows, cols } = shapeOnRank(weight, plan);
  return rows * cols * BYTES_OF.f32;
}

type Memory = { readonly bytes: number; readonly largest: { readonly name: string; readonly bytes: number } };

/** What a model's weights take on all ranks together, float32, and the largest single buffer among them. */
export function memoryOf(spec: ModelSpec, plan: Plan): Memory {
  const sizes = weightsOf(spec).map((weight) => ({ name: weight.name, bytes: bytesOnRank(weight, plan) }));
  return {
    bytes: plan.ranks * sizes.reduce((sum, { bytes }) => sum + bytes, 0),
    largest: sizes.reduce((a, b) => (b.bytes > a.bytes ? b : a)),
  };
}
