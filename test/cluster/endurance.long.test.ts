import { expect, test } from 'vitest';
import { openLab } from '../support';
import { endureExecutables, endureRuns, isSteady } from './endurance_case';

test('200 runs in a row, over links with jitter and a straggler, keep no memory and give the same bits', async () => {
  const { results, ...growth } = await endureRuns(await openLab());
  expect(growth).toSatisfy(isSteady);
  expect(results).toBe(1);
});

test('1,000 executables made and freed, every fifth of them run, keep no memory and give the same bits', async () => {
  const { results, ...growth } = await endureExecutables(await openLab(), 5);
  expect(growth).toSatisfy(isSteady);
  // With a cache and without: the same bits.
  expect(results).toBe(1);
});
