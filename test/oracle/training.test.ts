import { readFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { farskipTable, parseSwitches } from '../../src/connectivity/farskip';
import { sequencesOf } from '../../src/lab/experiments/check';
import { connectivityOf } from '../../src/lab/setup/find_model';
import { type GradientOptions, gradientsOf } from '../../src/lab/setup/gradients';
import { deploy, type Lab } from '../../src/lab/setup/lab';
import { openCheckpoint } from '../../src/model/checkpoint';
import type { Plan } from '../../src/model/plan';
import { parseSafetensors, readFloats } from '../../src/model/safetensors';
import { filesSource } from '../../src/model/source';
import { safetensorsOf, type WrittenTensor } from '../../src/model/write_safetensors';
import type { Loss } from '../../src/program/lower_training';
import { openLab } from '../support';
import { errorOf } from './compare';
import { lossesOfSteps } from './gradients_case';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});

const bytesIn = (path: string) => new Uint8Array(readFileSync(`test/oracle/fixtures/${path}`));

/** A fixture of another configuration and other tensors: gradients of losses on its own sequences. */
async function changed(name: string, config: object, tensors: ReadonlyMap<string, WrittenTensor>, plan: Plan) {
  const own = JSON.parse(new TextDecoder().decode(bytesIn(`${name}/config.json`)));
  const files = [
    new File([JSON.stringify({ ...own, ...config })], 'config.json'),
    new File([safetensorsOf(tensors)], 'model.safetensors'),
  ];
  const model = await deploy(lab, await openCheckpoint(filesSource(files)), plan);
  const { spec } = model.checkpoint;
  const table = farskipTable(
    spec,
    parseSwitches(JSON.parse(readFileSync(`test/oracle/fixtures/${name}/farskip.json`, 'utf8')), spec),
  );
  const ids = sequencesOf(parseSafetensors(bytesIn(`${name}/expected.farskip.safetensors`), name).get('input_ids')!);
  return {
    cluster: model.cluster,
    regular: connectivityOf('regular', model.checkpoint),
    of: (loss: Loss, options: GradientOptions = {}) => gradientsOf(lab, model, table, ids, loss, options),
    end: () => model.cluster.destroy(),
  };
}

const tensorsIn = (name: string) =>
  new Map(
    [...parseSafetensors(bytesIn(`${name}/model.safetensors`), name)].map(([tensor, own]) => [
      tensor,
      { shape: own.shape, values: readFloats(own) },
    ]),
  );

test('a weight that is embedding and head learns from both', async () => {
  const tensors = tensorsIn('mixtral');
  const embedding = tensors.get('model.embed_tokens.weight')!;
  const plan = { kind: 'ep', ranks: 2 } as const;
  const apart = await changed('mixtral', {}, new Map([...tensors, ['lm_head.weight', embedding]]), plan);
  const { loss, gradients } = await apart.of({ kind: 'next token' });
  apart.end();
  tensors.delete('lm_head.weight');
  const tied = await changed('mixtral', { tie_word_embeddings: true }, tensors, plan);
  const head = gradients.get('lm_head.weight')!;
  const expected = gradients.get('model.embed_tokens.weight')!.map((own, i) => own + head[i]!);
  for (const chunk of [null, 50]) {
    const found = await tied.of({ kind: 'next token', ...(chunk && { chunk }) });
    expect(Math.abs(found.loss / loss - 1)).toBeLessThanOrEqual(1e-6);
    expect(errorOf(found.gradients.get('model.embed_tokens.weight')!, expected)).toBeLessThanOrEqual(1e-5);
  }
  tied.end();
});

test.each([
  ['qwen3_moe', {}, { balance: { kind: 'loss', factor: 0.1 } }],
  ['deepseek_v3', { intermediate: 0.5 }, { balance: { kind: 'loss', factor: 0.1 } }],
] as const)('losses of %s change along their gradient by its length', async (name, divergence, options) => {
  const tensors = tensorsIn(name);
  const plan = { kind: 'ep', ranks: 1 } as const;
  const teacher = await changed(name, {}, tensors, plan);
  const lossAt = async (values: typeof tensors) => {
    const model = await changed(name, {}, values, plan);
    const loss: Loss =
      'intermediate' in divergence
        ? { kind: 'divergence', teacher: teacher.regular, frozen: true, ...divergence }
        : { kind: 'next token' };
    const found = await model.of(loss, { ...options, teacher: teacher.cluster });
    model.end();
    return found;
  };
  const here = await lossAt(tensors);
  expect(here.otherLosses).toBeGreaterThan(1e-3);
  const norm = Math.sqrt(
    [...here.gradients.values()].reduce((sum, own) => sum + own.reduce((a, g) => a + g * g, 0), 0),
  );
  const step = 1e-3;
  const moved = (by: number) =>
    new Map(
      [...tensors].map(([tensor, { shape, values }]) => {
        const gradient = here.gradients.get(tensor);
        return [tensor, { shape, values: values.map((own, i) => own + (by / norm) * (gradient?.[i] ?? 0)) }] as const;
      }),
    );
  const [above, below] = [await lossAt(moved(step)), await lossAt(moved(-step))];
  const slope = (above.loss + above.otherLosses - below.loss - below.otherLosses) / (2 * step);
  teacher.end();
  expect(Math.abs(slope / norm - 1)).toBeLessThanOrEqual(1e-3);
});

test('a step in passes, recomputed, by shards and rings, with the head in chunks, is the same step', async () => {
  // Routers whose biases balance: they choose otherwise from the second step on.
  const balance = { kind: 'bias', rate: 0.05 } as const;
  const of = (ranks: number, options: Parameters<typeof lossesOfSteps>[4]) =>
    lossesOfSteps('deepseek_v3', 'farskip', { kind: 'ep', ranks }, 2, { clip: 0.5, balance, ...options });
  const plain = await of(1, {});
  const other = await of(2, {
    passes: 2,
    recompute: true,
    sharded: true,
    allReduce: 'ring',
    loss: { kind: 'next token', chunk: 50 },
  });
  expect(errorOf(other.losses, plain.losses)).toBeLessThanOrEqual(1e-4);
  expect(errorOf(other.norms as number[], plain.norms as number[])).toBeLessThanOrEqual(1e-3);
  // Counts of pairs have no part in the norm; biases do move.
  const still = await of(1, { balance: null });
  expect(still.norms[0]! / plain.norms[0]!).toBeCloseTo(1, 5);
  expect(still.losses[0]! / plain.losses[0]!).toBeCloseTo(1, 5);
  expect(still.losses[1]).not.toBeCloseTo(plain.losses[1]!, 5);
});
