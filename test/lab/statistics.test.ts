import { expect, test } from 'vitest';
import { DEFAULT_MEASUREMENT, MeasureSettings } from '../../src/lab/experiments/measurement/settings';
import { parseSettings } from '../../src/lab/experiments/run_settings';
import { type Estimate, estimate, estimateRatio, MISSES } from '../../src/lab/statistics/estimate';
import { LOOKS, MISSES_OF_LOOK } from '../../src/lab/statistics/looks';
import { seededRandom } from '../../src/lab/statistics/random';

const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const holds = ({ low, high }: Estimate, truth: number): boolean =>
  low !== null && high !== null && low <= truth && truth <= high;
const KINDS: readonly (readonly [string, (random: () => number) => number, median: number])[] = [
  ['even', (random) => random(), 0.5],
  ['skewed', (random) => Math.exp(normal(random)), 1],
  // Two humps of different heights, as of a machine that is at times disturbed; the median lies in the higher one.
  ['two humps', (random) => (random() < 0.7 ? random() : 5 + random()), 0.5 / 0.7],
];

test.each([
  // Places by hand: the largest tail of a binomial of `count` and ½ that is below 2.5 %.
  [1, null],
  [5, null],
  [6, 0],
  [7, 0],
  [8, 0],
  [9, 1],
  [15, 3],
  [25, 7],
])('the interval of %i samples is a pair of them', (count, place) => {
  const random = seededRandom(count);
  const samples = Array.from({ length: count }, random);
  const sorted = samples.toSorted((a, b) => a - b);
  const middle = (count - 1) / 2;
  expect(estimate(samples)).toEqual({
    median: (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2,
    low: place === null ? null : sorted[place],
    high: place === null ? null : sorted.at(-1 - place),
  });
});

test.each([
  // What theory says: 1 − 2 P(no more than so many of a binomial).
  [6, 0.96875],
  [7, 0.984375],
  [9, 0.9609375],
  [15, 0.96484375],
  [25, 0.9567147],
])('intervals of %i samples hold the median as often as theory says', (count, expected) => {
  const random = seededRandom(count);
  const trials = 5000;
  for (const [kind, draw, truth] of KINDS) {
    let held = 0;
    for (let trial = 0; trial < trials; trial++)
      if (holds(estimate(Array.from({ length: count }, () => draw(random))), truth)) held++;
    expect(held / trials, kind).toBeGreaterThan(0.94);
    expect(Math.abs(held / trials - expected), kind).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / trials));
  }
});

test('the interval of many samples is that of the normal approximation', () => {
  const { low, high } = estimate(Array.from({ length: 4001 }, (_, i) => i));
  // Normal approximation: 1.96 √n / 2 to either side.
  expect([low, high]).toEqual([1938, 2062]);
});

/** Whether the interval at which runs stop, once it is narrower than `until`, holds the truth. */
function stopsRight(draw: () => number, truth: number, until: number, looks: readonly number[], misses: number) {
  const samples: number[] = [];
  for (const look of looks) {
    while (samples.length < look) samples.push(draw());
    const own = estimate(samples, misses);
    if (look === looks.at(-1) || (own.low !== null && own.high! - own.low < until * own.median))
      return holds(own, truth);
  }
  throw new Error('no looks');
}

test('an interval at which runs stop because it is narrow holds the median as often as it says', () => {
  const trials = 1500;
  const shareOf = (draw: () => number, truth: number, until: number, looks: readonly number[], misses: number) =>
    Array.from({ length: trials }, () => stopsRight(draw, truth, until, looks, misses)).filter(Boolean).length / trials;
  const each = Array.from({ length: 95 }, (_, i) => 6 + i);
  for (const [spread, until] of [
    [0.02, 0.02],
    [0.05, 0.04],
    [0.1, 0.05],
  ] as const) {
    const random = seededRandom(until * 1000);
    const draw = () => Math.exp(spread * normal(random));
    expect(shareOf(draw, 1, until, LOOKS, MISSES_OF_LOOK)).toBeGreaterThan(0.95);
    // The test would notice: who looks after each run, at intervals of 95 %, stops at a wrong one too often.
    expect(shareOf(draw, 1, until, each, MISSES)).toBeLessThan(0.94);
  }
});

test('ratios are of pairs, so a drift that both share cancels', () => {
  const drift = [1, 2, 4, 8, 16, 32];
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
