import { expect, test } from 'vitest';
import { openLab } from '../support';
import { endure } from './endurance_case';

test('200 runs in a row, over links with jitter and a straggler, keep no memory and give the same bits', async () => {
  const { buffersGrown, heapGrown, results } = await endure(await openLab());
  expect(buffersGrown).toBe(0);
  expect(heapGrown).toBeLessThan(1e6);
  expect(results).toBe(1);
});
