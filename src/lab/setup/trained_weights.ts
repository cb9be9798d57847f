import { tensorsFrom } from '../../model/tensors_of';
import { weightsOf } from '../../model/weights';
import type { WrittenTensor } from '../../model/write_safetensors';
import { keptValuesOf } from '../../program/lower';
import { sharersOf } from '../../program/lower_update';
import { floatsIn } from './kept_floats';
import type { Deployed, Lab } from './lab';

/** The weights that a model's ranks have by now, as the tensors of its checkpoint. */
export async function weightsIn(
  lab: Lab,
  { checkpoint: { spec }, cluster }: Deployed,
): Promise<Map<string, WrittenTensor>> {
  const { plan, ranks } = cluster;
  const kept = new Map(keptValuesOf(spec, plan).map((value) => [value.name, value]));
  const tensors = new Map<string, WrittenTensor>();
  for (const weight of weightsOf(spec)) {
    const share = sharersOf(kept.get(weight.name)!, plan);
    const parts: Float32Array[] = [];
    for (const { index, engine, kept: held } of ranks) {
      const own = await floatsIn(engine, held.get(weight.name)!, lab.pause);
      // Of ranks that have the same, one says it: what all have is summed.
      parts.push(index % share === 0 ? own : new Float32Array(own.length));
    }
    const shapes = new Map(weight.pieces.map(({ tensor, shape }) => [tensor, shape]));
    for (const [tensor, values] of tensorsFrom(weight, plan, parts))
      tensors.set(tensor, { shape: shapes.get(tensor)!, values: Float32Array.from(values) });
  }
  return tensors;
}
