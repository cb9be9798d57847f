import { expect, test } from 'vitest';
import { csvText } from '../../src/app/charts/chart_csv';
import {
  betweenTokensData,
  hiddenPerLayerData,
  routedLayers,
  routingData,
  sweepData,
  wallData,
} from '../../src/app/charts/chart_data';
import { en } from '../../src/app/text/en';
import type { Combination } from '../../src/lab/experiments/experiment';
import type { Continuation, Generation } from '../../src/lab/experiments/generation/result';
import type { CombinationResult, Measurement } from '../../src/lab/experiments/measurement/result';
import type { SweepResult } from '../../src/lab/experiments/sweep_result';
import type { Track } from '../../src/lab/experiments/track';
import type { Estimate } from '../../src/lab/statistics/estimate';

const BLOCKING: Combination = { connectivity: 'regular', schedule: 'blocking' };
const OVERLAPPED: Combination = { connectivity: 'farskip', schedule: 'overlapped' };
const estimate = (median: number, low: number, high: number): Estimate => ({ median, low, high });
const exact = (value: number): Estimate => estimate(value, value, value);

// Only what the charts read is filled in.
const result = (combination: Combination, numbers: Partial<CombinationResult>) =>
  ({
    ...combination,
    wallMs: exact(0),
    hidden: null,
    boundMs: exact(0),
    speedup: exact(1),
    exposures: [],
    routing: [],
    ...numbers,
  }) as CombinationResult;
const measurement = (...results: CombinationResult[]) =>
  ({ results, settings: { pass: 'forward' } }) as unknown as Measurement;
const track = (own: CombinationResult, point: Track['point'] = null) =>
  ({ combination: own, point, result: own }) as unknown as Track;
const exposure = (layer: number | null, ms: number, hiddenMs: number): CombinationResult['exposures'][number] => ({
  op: 0,
  name: 'Dispatch',
  layer,
  ms,
  hiddenMs,
  exposed: { awaited: ms - hiddenMs, noWork: 0, host: 0, gaps: 0 },
  awaitedBy: null,
  reason: null,
});

test('wall times have a row a combination, with interval and bound', () => {
  const data = wallData(
    en,
    measurement(
      result(BLOCKING, { wallMs: estimate(12, 11, 14), boundMs: estimate(10, 9, 11) }),
      result(OVERLAPPED, { wallMs: estimate(8, 7.5, 9), boundMs: estimate(7, 6, 8) }),
    ),
  );
  expect(data.rows).toEqual([
    { run: 'Regular, blocking', median: 12, low: 11, high: 14, bound: 10 },
    { run: 'FarSkip, overlapped', median: 8, low: 7.5, high: 9, bound: 7 },
  ]);
  expect(data.columns.map(({ key }) => key)).toEqual(['run', 'median', 'low', 'high', 'bound']);
});

test('collectives of a layer are added up, hidden and exposed, for each track; layers that only one has are null in the other', () => {
  const first = result(BLOCKING, { exposures: [exposure(1, 3, 1), exposure(1, 2, 2), exposure(0, 4, 0)] });
  const second = result(OVERLAPPED, { exposures: [exposure(1, 5, 5), exposure(null, 1, 0.5)] });
  const data = hiddenPerLayerData(en, [track(first), track(second)])!;
  expect(data.series).toEqual(['Regular, blocking', 'FarSkip, overlapped']);
  expect(data.columns.map(({ label }) => label)).toEqual([
    'Layer',
    'Regular, blocking: hidden, ms',
    'Regular, blocking: exposed, ms',
    'FarSkip, overlapped: hidden, ms',
    'FarSkip, overlapped: exposed, ms',
  ]);
  expect(data.rows).toEqual([
    { layer: 0, hidden0: 0, exposed0: 4, hidden1: null, exposed1: null },
    { layer: 1, hidden0: 3, exposed0: 2, hidden1: 5, exposed1: 0 },
    { layer: '–', hidden0: null, exposed0: null, hidden1: 0.5, exposed1: 0.5 },
  ]);
});

test('the same combination of two runs is told apart, and tracks without numbers are left out', () => {
  const own = result(BLOCKING, { exposures: [exposure(0, 1, 0)] });
  expect(hiddenPerLayerData(en, [track(own), track(own)])?.series).toEqual([
    'Regular, blocking (1)',
    'Regular, blocking (2)',
  ]);
  expect(hiddenPerLayerData(en, [track(own), { ...track(own), result: null }])?.series).toEqual(['Regular, blocking']);
  expect(hiddenPerLayerData(en, [track(result(BLOCKING, {}))])).toBeNull();
});

test('routing load has a row an expert and the even share; none where tokens are not dispatched', () => {
  const routed = measurement(
    result(BLOCKING, {
      routing: [
        { layer: 2, load: [1, 0, 5] },
        { layer: 1, load: [2, 2, 2] },
      ],
    }),
    result({ ...BLOCKING, schedule: 'overlapped' }, { routing: [{ layer: 2, load: [1, 0, 5] }] }),
    result(OVERLAPPED, { routing: [{ layer: 1, load: [6, 0, 0] }] }),
  );
  expect(routedLayers(routed)).toEqual([
    { connectivity: 'regular', layers: [1, 2] },
    { connectivity: 'farskip', layers: [1] },
  ]);
  const data = routingData(en, routed, 'regular', 2)!;
  expect(data.title).toBe('Routing load of layer 2: (token, expert) pairs');
  expect(data.even).toBe(2);
  expect(data.rows).toEqual([
    { expert: 0, pairs: 1, even: 2 },
    { expert: 1, pairs: 0, even: 2 },
    { expert: 2, pairs: 5, even: 2 },
  ]);
  expect(routingData(en, routed, 'farskip', 2)).toBeNull();
  expect(routedLayers(measurement(result(BLOCKING, {})))).toEqual([]);
});

test('time between tokens is the median over the requests that got so far', () => {
  const continuation = (...gapsMs: number[]) => ({ gapsMs }) as unknown as Continuation;
  const generation = {
    results: [
      { ...BLOCKING, continuations: [continuation(10, 20, 30), continuation(12, 26), continuation(11)] },
      { ...OVERLAPPED, continuations: [continuation(5, 6)] },
    ],
  } as unknown as Generation;
  const data = betweenTokensData(en, generation)!;
  expect(data.series).toEqual(['Regular, blocking', 'FarSkip, overlapped']);
  expect(data.rows).toEqual([
    { token: 2, median0: 11, median1: 5 },
    { token: 3, median0: 23, median1: 6 },
    { token: 4, median0: 30, median1: null },
  ]);
  const one = { results: [{ ...BLOCKING, continuations: [continuation()] }] } as unknown as Generation;
  expect(betweenTokensData(en, one)).toBeNull();
});

test('a sweep has a row a value, in order, with the numbers of each combination', () => {
  const at = (ratio: number, wall: number, hidden: number) =>
    measurement(
      result(BLOCKING, { wallMs: exact(2 * wall), hidden: exact(0) }),
      result(OVERLAPPED, {
        wallMs: estimate(wall, wall - 1, wall + 2),
        hidden: ratio === 1 ? null : estimate(hidden, hidden, 1),
        speedup: estimate(2, 1.9, 2.2),
      }),
    );
  const sweep: SweepResult = {
    over: 'ratio',
    points: [
      { value: 1, measurement: at(1, 20, 0.5) },
      { value: 0.25, measurement: at(0.25, 10, 0.75) },
    ],
  };
  const wall = sweepData(en, sweep, 'wall')!;
  expect(wall.title).toBe('Time to first token, by ratio');
  expect(wall.columns.map(({ label }) => label)).toEqual([
    'Ratio',
    'Regular, blocking: ms',
    'Regular, blocking: low',
    'Regular, blocking: high',
    'FarSkip, overlapped: ms',
    'FarSkip, overlapped: low',
    'FarSkip, overlapped: high',
  ]);
  expect(wall.rows).toEqual([
    { value: 0.25, median0: 20, low0: 20, high0: 20, median1: 10, low1: 9, high1: 12 },
    { value: 1, median0: 40, low0: 40, high0: 40, median1: 20, low1: 19, high1: 22 },
  ]);
  expect(sweepData(en, sweep, 'speedup')!.rows[0]).toEqual({
    value: 0.25,
    median0: 1,
    low0: 1,
    high0: 1,
    median1: 2,
    low1: 1.9,
    high1: 2.2,
  });
  expect(sweepData(en, sweep, 'hidden')!.rows).toEqual([
    { value: 0.25, median0: 0, low0: 0, high0: 0, median1: 0.75, low1: 0.75, high1: 1 },
    { value: 1, median0: 0, low0: 0, high0: 0, median1: null, low1: null, high1: null },
  ]);
});

test('a sweep of one combination has no speed-up, and one without communication nothing hidden', () => {
  const alone: SweepResult = {
    over: 'ranks',
    points: [{ value: 1, measurement: measurement(result(BLOCKING, {})) }],
  };
  expect(sweepData(en, alone, 'speedup')).toBeNull();
  expect(sweepData(en, alone, 'hidden')).toBeNull();
  expect(sweepData(en, alone, 'wall')!.rows).toEqual([{ value: 1, median0: 0, low0: 0, high0: 0 }]);
});

test('CSV has the headings and the full numbers, quotes what has commas or quotes, and leaves empty what is not there', () => {
  const text = csvText({
    title: 'Title',
    file: 'title',
    columns: [
      { key: 'run', label: 'Run' },
      { key: 'wall', label: 'Time, ms' },
      { key: 'more', label: 'A "more"' },
    ],
    rows: [
      { run: 'Regular, blocking', wall: 12.345678901, more: null },
      { run: 'A "name"', wall: 0, more: 1 },
    ],
  });
  expect(text).toBe('Run,"Time, ms","A ""more"""\n"Regular, blocking",12.345678901,\n"A ""name""",0,1');
});
