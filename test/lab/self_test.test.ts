import { expect, test } from 'vitest';
import { describeSelfTest, sharingOf } from '../../src/lab/self_test';
import { openLab } from '../support';

test.each([
  ['at once', [20, 21]],
  ['at once', [25, 20]],
  ['share', [38, 40]],
  ['in turn', [20, 40]],
  ['in turn', [41, 21]],
] as const)('%s: two devices that end at %j, one alone at 20', (found, ends) => {
  expect(sharingOf(20, ends)).toBe(found);
});

test('the GPU is tried out, and what was found reads as a sentence', async () => {
  const { selfTest, engine } = await openLab();
  expect(selfTest.roundTripMs).toBeGreaterThan(0);
  expect(selfTest.tickNs !== null).toBe(engine.gpu.timestamps);
  if (selfTest.tickNs !== null) {
    expect(selfTest.tickNs).toBeGreaterThan(0);
    expect(selfTest.clockErrorMs!).toBeGreaterThanOrEqual(0);
  }
  expect(describeSelfTest(selfTest)).toMatch(/^Two devices on this GPU .+; a round trip takes \d+\.\d\d ms; .+\.$/);
});
