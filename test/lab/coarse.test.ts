import { expect, test } from 'vitest';
import { measure } from '../../src/lab/experiments/measurement/measure';
import { DEFAULT_MEASUREMENT, type MeasureSettings } from '../../src/lab/experiments/measurement/settings';
import { openLab } from '../support';

/** The least that says it. */
const SETTINGS: MeasureSettings = {
  ...DEFAULT_MEASUREMENT,
  connectivity: ['regular'],
  schedule: ['overlapped'],
  ranks: 2,
  tokens: 4,
  repeats: 1,
};

const STEP = 0.065536;

test('with timestamps rounded as browsers do, compute is calibrated and hidden has the interval of its errors', async () => {
  const lab = await openLab('public', 'rounded');
  const { results } = await measure(lab, SETTINGS, () => {});
  for (const { calibrated, resolutionMs, spans, hidden } of results) {
    expect(calibrated).toBe(true);
    expect(resolutionMs).toBeCloseTo(STEP, 6);
    for (const span of spans) if (span.kind === 'compute') expect(span.source).toBe('calibrated');
    expect(hidden!.low!).toBeLessThanOrEqual(hidden!.median);
    expect(hidden!.high!).toBeGreaterThanOrEqual(hidden!.median);
  }
});
