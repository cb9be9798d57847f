import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { evaluateExperiment } from '../../src/lab/experiments/evaluation';
import { openLab } from '../support';

const report = JSON.parse(await readFile('public/models/reference/report.json', 'utf8'));
const val = 'public/models/reference/val.safetensors';

// SwiftShader takes minutes for all 64 windows of one connectivity, so here the converted checkpoint stands for the
// rest; `npm run lab -- eval` gives them all.
test("the converted checkpoint's loss, with the connectivity that its config asks for", async () => {
  const lab = await openLab();
  const { loss, tokens } = await evaluateExperiment.run(
    lab,
    { folder: 'public/models/reference-farskip', connectivity: 'config', val, ranks: 1 },
    () => {},
  );
  expect(tokens).toBe(64 * 255);
  expect(Math.abs(loss - report.val_fcsd)).toBeLessThan(0.0005);
}, 1_200_000);
