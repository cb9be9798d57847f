import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Connectivity } from '../../src/connectivity/connectivity';
import { farskipTable, parseSwitches } from '../../src/connectivity/farskip';
import { createDecoder } from '../../src/lab/setup/decoder';
import { forward } from '../../src/lab/setup/forward';
import { type Deployed, deploy, type Lab } from '../../src/lab/setup/lab';
import { openCheckpoint } from '../../src/model/checkpoint';
import type { Plan } from '../../src/model/plan';
import { parseSafetensors, readFloats, readIntegers, type Tensor } from '../../src/model/safetensors';
import { type Source, within } from '../../src/model/source';
import { openLab } from '../support';
import { errorOf, lossOf, TOLERANCE } from './compare';

/** The oracle's models, and the connectivities that PyTorch computed them in. */
export const FOLDERS: readonly (readonly [name: string, connectivities: readonly string[]])[] = [
  ['mixtral', ['regular', 'farskip']],
  ['qwen3_moe', ['regular', 'farskip']],
  ['deepseek_v2', ['regular', 'farskip', 'attn_only', 'mlp_only', 'last_half']],
  ['deepseek_v3', ['regular', 'farskip']],
  ['llama4', ['regular', 'farskip']],
  ['instella', ['farskip']],
];

/** The embedding and what follows each of three layers. */
const HIDDEN = [0, 1, 2, 3];

/**
 * Logits, loss, hidden states and greedy tokens agree with PyTorch's, in each connectivity; of another `source` too.
 */
export async function agreesWithPyTorch(
  name: string,
  connectivities: readonly string[],
  plan: Plan,
  source?: Source,
): Promise<void> {
  const lab = await openLab();
  const folder = `test/oracle/fixtures/${name}`;
  const model = await deploy(lab, await openCheckpoint(source ?? within(lab.source, folder)), plan);
  const { spec } = model.checkpoint;
  for (const connectivity of connectivities) {
    const switches = JSON.parse(readFileSync(`${folder}/${connectivity}.json`, 'utf8'));
    const table = farskipTable(spec, parseSwitches(switches, spec));
    const file = new Uint8Array(readFileSync(`${folder}/expected.${connectivity}.safetensors`));
    const expected = parseSafetensors(file, connectivity);
    const floats = (entry: string) => readFloats(expected.get(entry)!);
    const ids = sequencesOf(expected.get('input_ids')!);
    const { logits, hidden } = await forward(lab, model, table, ids, { logits: 'all', hidden: true });
    const errors = {
      logits: errorOf(joined(logits), floats('logits')),
      loss: errorOf([lossOf(logits, ids)], floats('loss')),
      ...Object.fromEntries(HIDDEN.map((k) => [`hidden ${k}`, errorOf(joined(hidden[k]!), floats(`hidden.${k}`))])),
    };
    for (const [what, error] of Object.entries(errors))
      expect(error, `${connectivity}: ${what}`).toBeLessThanOrEqual(TOLERANCE);
    const greedy = sequencesOf(expected.get('greedy')!);
    expect(await continued(lab, model, table, ids, greedy[0]!.length), `${connectivity}: greedy`).toEqual(greedy);
  }
  model.cluster.destroy();
}

/** Sequences followed by the most likely tokens, one by one, up to `length`. */
async function continued(
  lab: Lab,
  model: Deployed,
  table: Connectivity,
  sequences: readonly (readonly number[])[],
  length: number,
): Promise<number[][]> {
  const decoder = await createDecoder(lab, model, table, {
    sequences: sequences.length,
    capacity: length,
    schedule: 'overlapped',
    cost: () => 1,
    topology: null,
  });
  const whole = sequences.map((ids) => [...ids]);
  let next = whole.map((ids) => [...ids]);
  while (whole[0]!.length < length) {
    const { logits } = await decoder.step(next);
    next = logits.map((own) => [own!.indexOf(Math.max(...own!))]);
    whole.forEach((ids, i) => {
      ids.push(...next[i]!);
    });
  }
  decoder.destroy();
  return whole;
}

/** Rows of an [B, T] tensor of ids. */
function sequencesOf(ids: Tensor): number[][] {
  const values = Array.from(readIntegers(ids));
  const length = ids.shape[1]!;
  return Array.from({ length: ids.shape[0]! }, (_, i) => values.slice(i * length, (i + 1) * length));
}

const joined = (parts: readonly Float32Array[]): number[] => parts.flatMap((part) => [...part]);
