import { expect, test } from 'vitest';
import { measure } from '../../src/lab/experiments/measurement/measure';
import { DEFAULT_MEASUREMENT } from '../../src/lab/experiments/measurement/settings';
import { openLab } from '../support';

test('a training step is measured by its parts, and schedules give the same bits', async () => {
  const root = await openLab('.');
  const model = 'test/oracle/fixtures/mixtral';
  const settings = {
    ...DEFAULT_MEASUREMENT,
    connectivity: ['farskip'],
    ranks: 2,
    tokens: 8,
    repeats: 1,
    continuation: 0,
  };
  const measured = await measure(root, { ...settings, model, pass: 'step', wire: 'f32' }, () => {});
  const [blocking, overlapped] = measured.results;
  expect(overlapped!.logitsSha256).toBe(blocking!.logitsSha256);
  for (const { phases, spans, boundBroken } of measured.results) {
    expect(boundBroken).toBe(0);
    expect(phases!.map(({ phase }) => phase)).toEqual(['forward', 'backward', 'update']);
    for (const { hidden: own, hiddenBound } of phases!)
      expect(own.median).toBeLessThanOrEqual(hiddenBound!.median + 1e-6);
    // Three layers forward, as many back, each with a Dispatch and a Combine.
    const exchanges = (phase: string) =>
      new Set(spans.flatMap((span) => (span.kind === 'collective' && span.phase === phase ? span.op : []))).size;
    expect([exchanges('forward'), exchanges('backward')]).toEqual([6, 6]);
  }
  expect(blocking!.phases!.map((own) => own.hidden.median)).toEqual([0, 0, 0]);
});
