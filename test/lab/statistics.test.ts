import { expect, test } from 'vitest';
import { DEFAULT_MEASUREMENT, MeasureSettings } from '../../src/lab/experiments/measurement/settings';
import { parseSettings } from '../../src/lab/experiments/run_settings';
import { estimate, estimateRatio } from '../../src/lab/statistics/estimate';
import { seededRandom } from '../../src/lab/statistics/random';

test('the interval of a median covers the truth about as often as it says', () => {
  const random = seededRandom(7);
  let covered = 0;
  for (let trial = 0; trial < 200; trial++) {
    const { low, high } = estimate(Array.from({ length: 25 }, () => random() + random() + random()));
    if (low <= 1.5 && 1.5 <= high) covered++;
  }
  expect(covered).toBeGreaterThan(175);
});

test('ratios are of pairs, so a drift that both share cancels', () => {
  const drift = [1, 2, 4, 8, 16];
  expect(
    estimateRatio(
      drift.map((d) => 3 * d),
      drift.map((d) => 2 * d),
    ),
  ).toEqual({ median: 1.5, low: 1.5, high: 1.5 });
});

test('settings are refused by name', () => {
  expect(parseSettings(MeasureSettings, DEFAULT_MEASUREMENT)).toEqual(DEFAULT_MEASUREMENT);
  expect(() => parseSettings(MeasureSettings, { ...DEFAULT_MEASUREMENT, ranks: 'many' })).toThrow(
    /The setting ranks can't be used/,
  );
  expect(() => parseSettings(MeasureSettings, { ...DEFAULT_MEASUREMENT, link: { kind: 'ratio', ratio: -1 } })).toThrow(
    /link.ratio/,
  );
  expect(() => parseSettings(MeasureSettings, { ...DEFAULT_MEASUREMENT, model: 'gpt' })).toThrow(/model/);
});
