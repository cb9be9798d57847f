import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEFAULT_MEASUREMENT } from '../../src/lab/experiments/measurement/settings';
import { type Rates, sizeFor, sizingExperiment } from '../../src/lab/experiments/sizing';
import { parseConfig } from '../../src/model/config';
import { prefillFlops } from '../../src/model/flops';
import { DRAWN } from '../../src/model/presets';
import { InputError } from '../../src/words/error';
import { openLab } from '../support';

const SETTINGS = {
  ...DEFAULT_MEASUREMENT,
  model: 'deepseek-v2-lite-960m',
  balanced: true,
  schedule: ['overlapped' as const],
};
const rates = (tflops: number): Rates => ({ flopsPerMs: 1e9 * tflops, launchMs: 0.01 });
const fitsAll = () => true;
const flopsOf = ({ model, tokens }: { model: string; tokens: number }) =>
  prefillFlops(parseConfig(DRAWN.find(({ id }) => id === model)!.config), tokens);

test('the largest run under ten seconds, and the next beyond it', () => {
  const { chosen, beyond } = sizeFor(SETTINGS, rates(20), fitsAll);
  expect(chosen.model).toBe('deepseek-v2-lite-960m');
  expect(chosen.predictedMs).toBeLessThan(10_000);
  expect(flopsOf(beyond!)).toBeGreaterThan(flopsOf(chosen));
  expect(beyond!.predictedMs).toBeGreaterThan(10_000);
});

test('a GPU that does none in ten seconds gets the smallest, one without an end the largest', () => {
  expect(sizeFor(SETTINGS, rates(1e-3), fitsAll).chosen).toMatchObject({ model: 'deepseek-v2-lite-7.5m', tokens: 128 });
  const { chosen, beyond } = sizeFor({ ...SETTINGS, repeats: 1 }, { flopsPerMs: 1e15, launchMs: 0 }, fitsAll);
  expect([chosen.model, chosen.tokens, beyond]).toEqual(['deepseek-v2-lite-960m', 2048, null]);
});

test('what does not fit is not chosen; where nothing fits that is said', () => {
  const { chosen } = sizeFor(SETTINGS, rates(1000), ({ id }) => !id.endsWith('960m'));
  expect(chosen.model).toBe('deepseek-v2-lite-66m');
  expect(() => sizeFor(SETTINGS, rates(1), () => false)).toThrow(InputError);
});

test('a quicker GPU never gets less, a larger number of devices or repeats never more', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...DRAWN.map(({ id }) => id)),
      fc.double({ min: 1e-3, max: 100, noNaN: true }),
      fc.double({ min: 1, max: 50, noNaN: true }),
      fc.constantFrom(1, 2, 4),
      (model, tflops, times, ranks) => {
        const settings = { ...SETTINGS, model, ranks };
        const sized = flopsOf(sizeFor(settings, rates(tflops), fitsAll).chosen);
        expect(flopsOf(sizeFor(settings, rates(times * tflops), fitsAll).chosen)).toBeGreaterThanOrEqual(sized);
        const more = { ...settings, ranks: 2 * ranks, repeats: 12 };
        expect(flopsOf(sizeFor(more, rates(tflops), fitsAll).chosen)).toBeLessThanOrEqual(sized);
      },
    ),
  );
});

test('a run is sized on this GPU', async () => {
  const lab = await openLab();
  const { chosen } = await sizingExperiment.run(lab, { ...SETTINGS, model: 'qwen3-30b-a3b-69m' }, () => {});
  expect(chosen.model).toMatch(/^qwen3-30b-a3b-/);
  expect(chosen.predictedMs).toBeGreaterThan(1500);
});
