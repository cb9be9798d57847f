import { beforeAll, expect, test } from 'vitest';
import { rateShare } from '../../src/lab/experiments/training/rates';
import { changeSince, PROGRAMS } from '../../src/lab/experiments/training/state';
import { trainExperiment } from '../../src/lab/experiments/training/train';
import { deploy, type Lab } from '../../src/lab/setup/lab';
import { manifestOf } from '../../src/lab/setup/manifest';
import { weightsIn } from '../../src/lab/setup/trained_weights';
import { openCheckpoint } from '../../src/model/checkpoint';
import { parseSafetensors, readFloats } from '../../src/model/safetensors';
import { readFile, within } from '../../src/model/source';
import { safetensorsOf } from '../../src/model/write_safetensors';
import { openLab } from '../support';
import { SETTINGS } from './training_settings';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab('.');
});

test('rates rise, and fall to a tenth', () => {
  const steps = 100;
  for (const schedule of ['cosine', 'wsd', 'constant'] as const) {
    const rates = Array.from({ length: steps }, (_, step) => rateShare(schedule, step, steps, 10));
    expect(rates[0]).toBeCloseTo(0.1, 2);
    expect(rates.slice(0, 9).every((rate, i) => rate < rates[i + 1]!)).toBe(true);
    expect(rates[99]).toBeCloseTo(schedule === 'constant' ? 1 : 0.1, schedule === 'wsd' ? 0 : 2);
  }
  // As the reference was trained.
  expect(rateShare('cosine', 700, 1400, 100)).toBeCloseTo(0.55, 12);
  expect(rateShare('wsd', 79, 100, 10)).toBe(1);
  expect(rateShare('wsd', 90, 100, 10)).toBeCloseTo(0.55, 12);
});

test.each([
  ['qwen3_moe', { kind: 'tp', ranks: 4 }],
  ['llama4', { kind: 'ep', ranks: 2 }],
] as const)('weights of %s come back from the ranks as they went there', async (name, plan) => {
  const folder = within(lab.source, `test/oracle/fixtures/${name}`);
  const model = await deploy(lab, await openCheckpoint(folder), plan);
  const written = parseSafetensors(safetensorsOf(await weightsIn(lab, model)), 'written');
  model.cluster.destroy();
  const read = parseSafetensors(await readFile(folder, 'model.safetensors'), name);
  expect([...written.keys()].toSorted()).toEqual([...read.keys()].toSorted());
  for (const [tensor, own] of written) {
    expect(own.shape).toEqual(read.get(tensor)!.shape);
    expect(readFloats(own)).toEqual(readFloats(read.get(tensor)!));
  }
});

test('settings that do not go together are refused in a sentence', async () => {
  const of = (own: object) => trainExperiment.run(lab, { ...SETTINGS, ...own }, () => {});
  await expect(of({ batch: 65 })).rejects.toThrow(/65 tokens is no whole number of sequences of 32/);
  await expect(of({ passes: 4 })).rejects.toThrow(/2 sequences can't be done in 4 passes/);
  await expect(of({ model: 'test/oracle/fixtures/mixtral' })).rejects.toThrow(/has no tokenizer.json/);
});

test('a training that goes on is told where its last digits may be others', () => {
  const manifest = manifestOf(lab, 1, []);
  expect(changeSince({ manifest, programs: PROGRAMS }, manifest)).toBeNull();
  expect(changeSince({ manifest, programs: null }, manifest)).not.toBeNull();
  expect(changeSince({ manifest: { ...manifest, kernels: 'others' }, programs: PROGRAMS }, manifest)).not.toBeNull();
});
