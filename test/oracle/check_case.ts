import { expect } from 'vitest';
import { checkExperiment } from '../../src/lab/experiments/check';
import type { Plan } from '../../src/model/plan';
import { openLab } from '../support';

/** The oracle's models, and the connectivities that PyTorch computed them in. */
export const FOLDERS: readonly (readonly [name: string, connectivities: readonly string[]])[] = [
  ['mixtral', ['regular', 'farskip']],
  ['qwen3_moe', ['regular', 'farskip']],
  ['deepseek_v2', ['regular', 'farskip', 'attn_only', 'mlp_only', 'last_half']],
  ['deepseek_v3', ['regular', 'farskip']],
  ['llama4', ['regular', 'farskip']],
  ['instella', ['farskip']],
];

/** Every entry that the engine computes agrees with PyTorch's. */
export async function agreesWithPyTorch(name: string, connectivities: readonly string[], plan: Plan): Promise<void> {
  const lab = await openLab();
  const rows = await checkExperiment.run(
    lab,
    { folder: `test/oracle/fixtures/${name}`, connectivities, plan },
    () => {},
  );
  const done = rows.filter((row) => row.status !== 'not yet');
  expect(done.filter((row) => row.status === 'failed')).toEqual([]);
  // Logits, loss, greedy tokens, the embedding and three layers' hidden states, for each connectivity.
  expect(done).toHaveLength(connectivities.length * 7);
}
