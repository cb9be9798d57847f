import { expect, test } from 'vitest';
import { sharingOf } from '../../src/lab/setup/self_test';
import { findingsOf } from '../../src/lab/setup/self_test_result';
import { english } from '../../src/words/phrase';
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

test('the GPU is tried out, and what was found reads as sentences', async () => {
  const { selfTest, engine } = await openLab();
  expect(selfTest.roundTripMs).toBeGreaterThan(0);
  expect(selfTest.tickNs !== null).toBe(engine.gpu.timestamps);
  if (selfTest.tickNs !== null) {
    expect(selfTest.tickNs).toBeGreaterThan(0);
    expect(selfTest.clockErrorMs!).toBeGreaterThanOrEqual(0);
  }
  const said = findingsOf(selfTest).map(english);
  expect(said[0]).toMatch(/^Two devices on this GPU .+\.$/);
  expect(said[2]).toMatch(/^A round trip takes \d+\.\d\d ms\.$/);
});
