import { expect, test } from 'vitest';
import { openLab } from '../support';
import { endureExecutables, endureRuns, isSteady } from './endurance_case';

test('200 runs in a row, over links with jitter and a straggler, keep no memory and give the same bits', async () => {
  const { results, ...growth } = await endureRuns(await openLab());
  expect(growth).toSatisfy(isSteady);
  expect(results).toBe(1);
});

test('1,000 executables made, run and freed keep no memory and give the same bits', async () => {
  const { results, ...growth } = await endureExecutables(await openLab(), 1);
  expect(growth).toSatisfy(isSteady);
  // With a cache and without, attention reads keys in another form, but of the same bits in this family.
  expect(results).toBe(1);
});
