import { expect, test } from 'vitest';
import type { Files } from '../../src/lab/experiments/training/checkpoint_files';
import { STATE } from '../../src/lab/experiments/training/state';
import { trainExperiment } from '../../src/lab/experiments/training/train';
import { connectivityOf } from '../../src/lab/setup/find_model';
import { openCheckpoint } from '../../src/model/checkpoint';
import { filesSource } from '../../src/model/source';
import { openLab } from '../support';
import { stateIn, trainUntil } from './train_until';
import { SETTINGS } from './training_settings';

test('a distilled model is nearer to its teacher, the same each time, and opens as a checkpoint', async () => {
  const lab = await openLab('.');
  let told: Files = {};
  const once = await trainExperiment.run(lab, SETTINGS, (event) => {
    if (event.kind === 'files') told = event.files;
  });
  expect(once.curve).toHaveLength(3);
  // Untrained FarSkip is far from the regular model (nats a token).
  expect(once.curve[0]!.loss).toBeGreaterThan(0.5);
  expect(once.heldOut.after!.divergence).toBeLessThan(once.heldOut.before.divergence!);
  expect(once.heldOut.after!.loss).toBeLessThan(once.heldOut.before.loss);
  const again = await trainExperiment.run(lab, { ...SETTINGS, steps: 2, schedule: 'constant', keep: false }, () => {});
  expect(again.curve[0]).toEqual({ ...once.curve[0]! });
  const files = Object.entries(told).map(([name, content]) => new File([Buffer.from(content, 'base64')], name));
  const checkpoint = await openCheckpoint(filesSource(files));
  expect(connectivityOf('config', checkpoint)).toEqual(connectivityOf('farskip', checkpoint));
  expect(files.map(({ name }) => name).toSorted()).toContain('tokenizer.json');
});

test('a distillation over several ranks, in passes, the embedding frozen, goes on as if it had not stopped', async () => {
  const lab = await openLab('.');
  const own = { parallel: 'tp', ranks: 2, passes: 2, intermediate: 0.1, frozenEmbedding: true } as const;
  const settings = { ...SETTINGS, ...own };
  const never = Number.POSITIVE_INFINITY;
  const whole = await trainUntil(lab, never, [], settings);
  const begun = await trainUntil(lab, 1, [], settings);
  expect(begun.curve).toHaveLength(1);
  const gone = await trainUntil(lab, never, [new File([begun.state], STATE)], { ...settings, resume: STATE });
  expect(gone.curve).toEqual(whole.curve);
  expect(gone.heldOut).toEqual(whole.heldOut);
  expect(stateIn(gone.state)).toEqual(stateIn(whole.state));
  // The teacher is told from another.
  const other = { ...settings, resume: STATE, model: 'public/models/reference-farskip' };
  await expect(trainUntil(lab, never, [new File([begun.state], STATE)], other)).rejects.toThrow(
    /began with other weights than public\/models\/reference-farskip has/,
  );
});
