import { expect, test } from 'vitest';
import { measure } from '../../src/lab/experiments/measurement/measure';
import { DEFAULT_MEASUREMENT } from '../../src/lab/experiments/measurement/settings';
import { openLab } from '../support';

test('runs go on until the interval is narrow or the budget is spent', async () => {
  const settings = {
    ...DEFAULT_MEASUREMENT,
    tokens: 4,
    ranks: 1,
    link: { kind: 'speed' as const, gbps: 100, us: 1 },
    connectivity: ['farskip' as const],
    schedule: ['overlapped' as const],
    repeats: 2,
    until: 0.9,
    budget: 600,
  };
  expect((await measure(await openLab('public'), settings, () => {})).repeats).toBe(10);
});
