import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Lab } from '../../src/lab/lab';
import { type Measurement, measure } from '../../src/lab/measure';
import { DEFAULT_SETTINGS } from '../../src/lab/settings';
import { openLab } from '../support';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab('public');
});

describe('the reference model on four devices, communication half of computation', () => {
  let measured: Measurement;
  const of = (connectivity: string, schedule: string) =>
    measured.results.find((r) => r.connectivity === connectivity && r.schedule === schedule)!;
  beforeAll(async () => {
    measured = await measure(lab, { ...DEFAULT_SETTINGS, repeats: 3, continuation: 4 }, () => {});
  });

  test('schedules give the same bits, connectivities do not', () => {
    for (const connectivity of ['regular', 'farskip'])
      expect(of(connectivity, 'blocking').logitsSha256).toBe(of(connectivity, 'overlapped').logitsSha256);
    expect(of('regular', 'blocking').logitsSha256).not.toBe(of('farskip', 'blocking').logitsSha256);
  });

  test('blocking hides nothing, FarSkip × overlapped the most', () => {
    const hidden = (connectivity: string, schedule: string) => of(connectivity, schedule).hidden!.median;
    expect(hidden('regular', 'blocking')).toBeLessThan(0.1);
    expect(hidden('farskip', 'blocking')).toBeLessThan(0.1);
    expect(hidden('farskip', 'overlapped')).toBeGreaterThan(hidden('regular', 'overlapped') + 0.2);
  });

  test('FarSkip × overlapped is the quickest of the four', () => {
    const [best] = measured.results.toSorted((a, b) => a.wallMs.median - b.wallMs.median);
    expect([best!.connectivity, best!.schedule]).toEqual(['farskip', 'overlapped']);
  });

  test('spans of a device follow one another and lie within the run', () => {
    for (const { spans, wallMs, clockErrorMs } of measured.results)
      for (let rank = 0; rank < 4; rank++) {
        const compute = spans.filter((span) => span.kind === 'compute' && span.rank === rank).toSorted((a, b) => a.end - b.end);
        expect(compute.length).toBeGreaterThan(100);
        compute.slice(1).forEach((span, i) => {
          expect(span.start).toBeGreaterThanOrEqual(compute[i]!.end - 1e-6);
        });
        expect(compute[0]!.start).toBeGreaterThanOrEqual(-clockErrorMs);
        expect(compute.at(-1)!.end).toBeLessThan(wallMs.high + clockErrorMs);
      }
  });
});

test('a prompt is continued as PyTorch continues it, by the regular and by the converted model', async () => {
  const report = JSON.parse(await readFile('public/models/reference/report.json', 'utf8'));
  const settings = {
    ...DEFAULT_SETTINGS,
    prompt: 'Alice was beginning to',
    ranks: 2,
    link: { kind: 'speed' as const, gbps: 100, us: 1 },
    schedule: ['overlapped' as const],
    repeats: 1,
    continuation: 6,
  };
  const { results } = await measure(lab, settings, () => {});
  expect(results[0]!.continuation!.ids).toEqual(report.greedy_regular.ids.slice(8, 14));
  expect(results[1]!.continuation!.ids).toEqual(report.greedy_farskip.ids.slice(8, 14));
});

test.each([
  [{ prompt: 'again and '.repeat(2000), tokens: 4096 }, /has \d+ tokens, but the model reads at most 1024; shorten it/],
  [{ prompt: '' }, /The prompt is empty/],
  [{ ranks: 3 }, /16 experts can't be spread evenly over 3 devices/],
  [{ ranks: 1 }, /sends nothing; use more devices or give a bandwidth/],
])('settings %j are refused in a sentence', async (change, sentence) => {
  await expect(measure(lab, { ...DEFAULT_SETTINGS, tokens: 4, ...change, repeats: 1 }, () => {})).rejects.toThrow(sentence);
});

test('a run can be stopped, and the next one still works', async () => {
  const stop = new AbortController();
  const settings = { ...DEFAULT_SETTINGS, tokens: 8, ranks: 2, connectivity: ['regular' as const], repeats: 2 };
  let events = 0;
  const stopped = measure(lab, settings, () => ++events === 4 && stop.abort(), stop.signal);
  await expect(stopped).rejects.toThrow(/abort/i);
  const { results } = await measure(lab, settings, () => {});
  expect(results).toHaveLength(2);
});
