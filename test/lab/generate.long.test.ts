import { expect, test } from 'vitest';
import type { Emit } from '../../src/lab/experiments/experiment';
import { generate } from '../../src/lab/experiments/generation/generate';
import { DEFAULT_GENERATION, type GenerateSettings } from '../../src/lab/experiments/generation/settings';
import { openLab } from '../support';

const lab = await openLab('public');
const run = (change: Partial<GenerateSettings>, emit: Emit = () => {}, signal?: AbortSignal) =>
  generate(lab, { ...DEFAULT_GENERATION, wire: 'f32', ranks: 2, ...change }, emit, signal);

test('connectivities and schedules write in turn, in alternating order; a schedule changes no text', async () => {
  const warmed: string[] = [];
  const { results, steps } = await run(
    { schedule: ['blocking', 'overlapped'], tokens: 3, others: 1, link: { gbps: 5, us: 20 } },
    (event) => {
      if (event.kind === 'progress' && event.doing.phase === 'warm-up')
        warmed.push(`${event.doing.connectivity} ${event.doing.schedule}`);
    },
  );
  const names = ['regular blocking', 'regular overlapped', 'farskip blocking', 'farskip overlapped'];
  expect(warmed).toEqual(names);
  expect(results.map(({ connectivity, schedule }) => `${connectivity} ${schedule}`)).toEqual(names);
  const inOrder = (at: number) =>
    steps
      .filter(({ step }) => step === at)
      .map(({ combination: { connectivity, schedule } }) => `${connectivity} ${schedule}`);
  expect(inOrder(0)).toEqual(names);
  expect(inOrder(1)).toEqual(names.toReversed());
  const ids = results.map(({ continuations }) => continuations.map((own) => own.ids));
  expect(ids[1]).toEqual(ids[0]);
  expect(ids[3]).toEqual(ids[2]);
  for (const { decoding, steps: own } of results) {
    // Two requests share two decoding steps: two samples, too few for an interval.
    expect(own.map(({ tokens }) => tokens)).toEqual([16, 2, 2]);
    expect(decoding).toMatchObject({ steps: 2, boundBroken: 0, boundMs: { low: null }, hidden: { low: null } });
    for (const { wallMs, hidden, numbers } of own) {
      const { boundMs, hiddenBound, categories, ratioReached } = numbers!;
      expect(boundMs).toBeLessThanOrEqual(wallMs);
      expect(hidden).toBeLessThanOrEqual(hiddenBound! + 1e-6);
      expect(Object.values(categories).reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(wallMs, 3);
      expect(ratioReached).toBeGreaterThan(0);
    }
  }
  expect(results[0]!.decoding!.speedup!.median).toBe(1);
});
