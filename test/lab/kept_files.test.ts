import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { readLink } from '../../src/app/state/link';
import type { CombinationResult } from '../../src/lab/experiments/measurement/result';
import type { LabRun } from '../../src/lab/runs/lab_run';
import { gridId, gridPointOf, RECORDED, recordedPath } from '../../src/lab/runs/recorded';
import { parseRunFile, toRunFile } from '../../src/lab/runs/run_file';
import { tracksOf } from '../../src/lab/runs/run_kinds';
import { categoriesOf } from '../../src/trace/gaps';
import { lengthOf, merge } from '../../src/trace/intervals';
import { hiddenShare, overlapOf } from '../../src/trace/overlap';
import type { Interval } from '../../src/trace/span';
import { textOf } from '../../src/words/bytes_of';

// Files and links that people have, of every version there was: they open with the numbers that they had.

const open = async (path: string): Promise<LabRun> =>
  parseRunFile(path, await textOf(path, new Blob([await readFile(path)])));
const rounded = (value: number | undefined) => (value === undefined ? null : Number(value.toFixed(3)));
const numbersOf = (run: LabRun) => {
  if (run.kind !== 'measurement') throw new Error(`${run.name} is no measurement`);
  return run.result.results.map(({ connectivity, schedule, wallMs, hidden, logitsSha256, spans }) => [
    connectivity,
    schedule,
    rounded(wallMs.median),
    rounded(hidden?.median),
    logitsSha256.slice(0, 8),
    spans.length,
  ]);
};

test('a saved measurement', async () => {
  const run = await open('test/lab/fixtures/measured.v1.json.gz');
  expect([run.id, run.name]).toEqual(['20261126T061825355', 'Of version 1']);
  expect(numbersOf(run)).toEqual([
    ['regular', 'overlapped', 622.723, 0.107, '9669b33b', 286],
    ['farskip', 'overlapped', 455.27, 0.258, '42a1d67f', 286],
  ]);
  const [, farskip] = tracksOf(run);
  const { computeMs, commMs, hiddenMs } = overlapOf(farskip!.spans, 0);
  expect([computeMs, commMs, hiddenMs].map(rounded)).toEqual([253.492, 208.978, 54.166]);
  expect(parseRunFile('again', toRunFile(run))).toEqual(run);
});

test('a measurement saved as version 2 says that it is of the first definitions', async () => {
  const run = await open('test/lab/fixtures/measured.v2.json.gz');
  if (run.kind !== 'measurement') throw new Error('it is no measurement');
  expect(run.result.manifest.definitions).toBe(1);
  expect(numbersOf(run)).toEqual([
    ['regular', 'overlapped', 795, 0.08, '1ba57a9b', 286],
    ['farskip', 'overlapped', 554.35, 0.425, '50fd5b7e', 286],
  ]);
  expect(run.result.results.map(({ wallMs }) => [wallMs.low, wallMs.high].map((ms) => rounded(ms!)))).toEqual([
    [596.7, 993.3],
    [553.5, 555.2],
  ]);
  expect(parseRunFile('again', toRunFile(run))).toEqual(run);
});

test('an interval of one run, which was that run itself, is none', async () => {
  const path = 'test/lab/fixtures/measured.v2.json.gz';
  const file = JSON.parse(await textOf(path, new Blob([await readFile(path)])));
  file.content.result.repeats = 1;
  const run = parseRunFile(path, JSON.stringify(file));
  if (run.kind !== 'measurement') throw new Error('it is no measurement');
  for (const { wallMs, speedup, hidden } of run.result.results)
    for (const { low, high } of [wallMs, speedup, hidden!]) expect([low, high]).toEqual([null, null]);
});

test('a saved text', async () => {
  const run = await open('test/lab/fixtures/generated.v1.json.gz');
  if (run.kind !== 'generation') throw new Error('it is no generation');
  expect(run.result.settings.schedule).toEqual(['overlapped']);
  const [{ continuations, tbtMs, decoding, steps }] = run.result.results as [(typeof run.result.results)[number]];
  expect(continuations[0]!.ids).toEqual([259, 407, 280]);
  // Its samples were requests, so that an interval over steps can't be told of it.
  expect([rounded(tbtMs?.median), rounded(tbtMs?.p95)]).toEqual([150.051, 152.11]);
  expect([tbtMs?.low, tbtMs?.high, decoding, steps[0]!.numbers]).toEqual([null, null, undefined, undefined]);
  expect(tracksOf(run)[0]!.steps.map(({ step }) => step)).toEqual([0, 1, 2]);
  expect(parseRunFile('again', toRunFile(run))).toEqual(run);
});

test('a sweep saved as version 1', async () => {
  const run = await open('test/lab/fixtures/swept.v1.json.gz');
  if (run.kind !== 'sweep') throw new Error('it is no sweep');
  expect(run.result.points.map(({ measurement }) => rounded(measurement.results[3]!.speedup.median))).toEqual([
    1.148, 1.291, 1.483, 1.355, 1.242,
  ]);
  // Bounds were numbers alone.
  const { boundMs, hiddenBound } = run.result.points[0]!.measurement.results[3]!;
  expect([boundMs.median, hiddenBound!.median].map(rounded)).toEqual([232.22, 1]);
  expect([boundMs.low, hiddenBound!.high]).toEqual([null, null]);
});

test('the recorded text', async () => {
  const run = await open('public/recorded/decode.json.gz');
  if (run.kind !== 'generation') throw new Error('it is no generation');
  expect(run.result.manifest.definitions).toBe(4);
  expect(run.result.results.map(({ tbtMs }) => rounded(tbtMs?.median))).toEqual([80.585, 80.49, 83.95, 64.19]);
  expect(run.result.results.map(({ decoding }) => decoding!.boundBroken)).toEqual([0, 0, 0, 0]);
});

test.each([
  ['ep', [203.143, 185.738, 203.532, 156.66], [0, 0.436, 0, 0.953]],
  ['deepseek-v2-lite-960m-4-0.5', [234.677, 219.78, 234.857, 158.705], [0, 0.218, 0, 0.963]],
  ['tp', [263.713, 263.348, 260.168, 176.71], [0, 0, 0, 0.934]],
  ['backward', [938.341, 760.321, 935.88, 656.051], [0, 0.574, 0, 0.9]],
  ['straggler', [392.77, 374.9, 393.383, 304.268], [0, 0.095, 0, 0.506]],
])('the recorded run %s', async (id, walls, hidden) => {
  const run = await open(`public/${recordedPath(id)}`);
  const numbers = numbersOf(run);
  expect(numbers.map(([, , wall]) => wall)).toEqual(walls);
  expect(numbers.map(([, , , share]) => share)).toEqual(hidden);
  if (run.kind !== 'measurement') throw new Error('it is no measurement');
  expect(run.result.manifest.definitions).toBe(4);
  for (const result of run.result.results) holdToDefinitions(result, run.result.settings.ranks);
});

test('the grid has a run at each of its points, of what its name says and all by the same kernels', async () => {
  const points = RECORDED.flatMap(({ id }) => gridPointOf(id) ?? []);
  expect(points).toHaveLength(30);
  const made = new Set<string>();
  for (const point of points) {
    const run = await open(`public/${recordedPath(gridId(point))}`);
    if (run.kind !== 'measurement') throw new Error(`${run.name} is no measurement`);
    const { settings, results, manifest } = run.result;
    const { model, ranks, parallel, link } = settings;
    expect({ model, ranks, parallel, link }).toEqual({
      model: point.model,
      ranks: point.ranks,
      parallel: 'ep',
      link: { kind: 'ratio', ratio: point.ratio },
    });
    expect(results.map(({ connectivity, schedule, boundBroken }) => [connectivity, schedule, boundBroken])).toEqual(
      ['regular', 'farskip'].flatMap((method) => ['blocking', 'overlapped'].map((kind) => [method, kind, 0])),
    );
    for (const { spans, schedule, categories } of results) {
      expect(spans.length).toBeGreaterThan(300 * settings.ranks);
      // Of the run shown, as its file has it, waiting is what it was when it was measured, of a mean of all runs.
      const { waiting } = categoriesOf(spans, settings.ranks)[0]!;
      if (schedule === 'blocking') expect(waiting / categories!.waiting).toBeCloseTo(1, 1);
    }
    made.add(`${manifest.kernels} ${manifest.adapter}`);
  }
  expect([...made]).toHaveLength(1);
});

/** What the file says of the run shown, told from its spans alone. */
function holdToDefinitions({ spans, hidden, boundBroken, paid }: CombinationResult, ranks: number): void {
  expect(boundBroken).toBe(0);
  expect(paid!.hostMs).not.toBeNull();
  const each = Array.from({ length: ranks }, (_, rank) => overlapOf(spans, rank));
  expect(hiddenShare(each)).toBeCloseTo(hidden!.median, 1);
  const turns = spans.flatMap((span): Interval[] =>
    span.kind === 'compute' ? [[span.turnAt!, span.turnAt! + span.gpuMs!]] : [],
  );
  const busy = lengthOf(merge(turns));
  for (const { computeMs } of each) {
    expect(computeMs).toBeLessThanOrEqual(busy * (1 + 1e-3));
    expect(computeMs).toBeGreaterThan(0.97 * busy);
  }
}

test.each([
  ['sweep-ep', [1.204, 1.29, 1.475, 1.38, 1.237]],
  ['sweep-tp', [1.151, 1.271, 1.491, 1.712, 1.422]],
])('the recorded sweep %s', async (id, speedups) => {
  const run = await open(`public/recorded/${id}.json.gz`);
  if (run.kind !== 'sweep') throw new Error('it is no sweep');
  expect(run.result.points.map(({ measurement }) => rounded(measurement.results[3]!.speedup.median))).toEqual(speedups);
});

test.each(['v=1', 'v=2'])('a link of %s that says nothing of the runs means three of each', (version) => {
  expect(readLink(`#${version}&tokens=128`)).toMatchObject({ form: { tokens: 128, repeats: 3 }, problems: [] });
  expect(readLink(`#${version}&tokens=128&repeats=9`).form.repeats).toBe(9);
});

test.each([
  // Text was generated under the last of them.
  ['v=2&task=generate&schedule=["blocking","overlapped"]', ['overlapped']],
  ['v=3&task=generate&schedule=["overlapped","blocking"]', ['blocking']],
  ['v=3&task=generate&schedule=["blocking"]', ['blocking']],
  ['v=3&schedule=["blocking","overlapped"]', ['blocking', 'overlapped']],
  ['v=4&task=generate&schedule=["blocking","overlapped"]', ['blocking', 'overlapped']],
])('the schedules of a link with %s', (parts, schedule) => {
  expect(readLink(`#${parts}`)).toMatchObject({ form: { schedule }, problems: [] });
});

test('links of version 1 say what they said', () => {
  const link =
    '#v=1&tokens=128&parallel=tp&link={"kind":"ratio","ratio":0.25}&top=ep/regular-blocking&bottom=ep/farskip-overlapped&from=8&to=17&align=layer&selected=0s214';
  const { form, view, problems } = readLink(link);
  expect(problems).toEqual([]);
  expect(form).toMatchObject({ tokens: 128, parallel: 'tp', link: { kind: 'ratio', ratio: 0.25 } });
  expect(view).toMatchObject({
    tracks: ['ep/regular-blocking', 'ep/farskip-overlapped'],
    from: 8,
    to: 17,
    align: 'layer',
  });
  expect(view.selected).toEqual({ track: 'ep/regular-blocking', list: 'spans', place: 214 });
});

test.each([
  // The first recorded run was on show where nothing was said.
  ['selected=0s12', [], { track: 'ep/regular-blocking', list: 'spans', place: 12 }],
  ['selected=1g3', [], { track: 'ep/farskip-overlapped', list: 'gaps', place: 3 }],
  [
    'bottom=tp/farskip-overlapped&selected=1s5',
    ['ep/regular-blocking', 'tp/farskip-overlapped'],
    { track: 'tp/farskip-overlapped', list: 'spans', place: 5 },
  ],
  ['top=tp/a&bottom=tp/a', ['tp/a'], null],
  ['top=tp/a', ['tp/a'], null],
])('a view of version 1: %s', (parts, tracks, selected) => {
  expect(readLink(`#v=1&${parts}`)).toMatchObject({ view: { tracks, selected }, problems: [] });
});

test.each([
  ['', ['regular', 'farskip'], ['overlapped']],
  ['&compare=both&schedule=blocking', ['regular', 'farskip'], ['blocking']],
  ['&compare=all', ['regular', 'farskip'], ['blocking', 'overlapped']],
  ['&compare=all&task=generate&schedule=blocking', ['regular', 'farskip'], ['blocking']],
  ['&compare=chosen', ['farskip'], ['overlapped']],
  ['&compare=chosen&farskip=false&schedule=blocking', ['regular'], ['blocking']],
  // Where nothing was chosen it meant nothing.
  ['&farskip=false', ['regular', 'farskip'], ['overlapped']],
])('a link of version 1 with “%s”', (parts, connectivity, schedule) => {
  for (const version of ['v=1', ''])
    expect(readLink(`#${version}${parts}`)).toMatchObject({ form: { connectivity, schedule }, problems: [] });
});
