import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { evaluateExperiment } from '../../src/lab/experiments/evaluation/evaluate';
import { openLab } from '../support';

const report = JSON.parse(await readFile('public/models/reference/report.json', 'utf8'));
const val = 'public/models/reference/val.safetensors';

// SwiftShader takes minutes for all 64 windows of one connectivity, so here the converted checkpoint stands for the
// rest; `npm run lab -- eval` gives them all.
test("the converted checkpoint's loss, with the connectivity that its config asks for", async () => {
  const lab = await openLab();
  const models = { model: ['public/models/reference-farskip'], connectivity: ['config'] };
  const settings = { ...models, val, data: null, length: 256, tasks: null, ranks: 1 };
  const { loss, tokens } = (await evaluateExperiment.run(lab, settings, () => {})).models[0]!.next!;
  expect(tokens).toBe(64 * 255);
  expect(Math.abs(loss - report.val_fcsd)).toBeLessThan(0.0005);
}, 1_200_000);
