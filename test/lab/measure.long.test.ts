import { expect, test } from 'vitest';
import { measure } from '../../src/lab/experiments/measurement/measure';
import { openLab } from '../support';
import { LEAST } from './least_run';

test('runs go on until the interval is narrow or the budget is spent', async () => {
  const settings = { ...LEAST, repeats: 2, until: 0.9, budget: 600 };
  expect((await measure(await openLab('public'), settings, () => {})).repeats).toBe(10);
});
