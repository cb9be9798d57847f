import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readLink } from '../../src/app/link';
import { type LabRun, tracksOf } from '../../src/lab/lab_run';
import { parseRunFile, toRunFile } from '../../src/lab/run_file';
import { overlapOf } from '../../src/trace/overlap';

// Files and links that people have, of every version there was: they open with the numbers that they had.

const open = (path: string): LabRun => parseRunFile(path, readFileSync(path, 'utf8'));
const rounded = (value: number | undefined) => (value === undefined ? null : Number(value.toFixed(3)));
const numbersOf = (run: LabRun) => {
  if (run.kind !== 'measurement') throw new Error(`${run.name} is no measurement`);
  return run.measurement.results.map(({ connectivity, schedule, wallMs, hidden, logitsSha256, spans }) => [
    connectivity,
    schedule,
    rounded(wallMs.median),
    rounded(hidden?.median),
    logitsSha256.slice(0, 8),
    spans.length,
  ]);
};

test('a saved measurement', () => {
  const run = open('test/lab/fixtures/measured.v1.json');
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

test('a saved text', () => {
  const run = open('test/lab/fixtures/generated.v1.json');
  if (run.kind !== 'generation') throw new Error('it is no generation');
  expect(run.generation.results[0]!.continuations[0]!.ids).toEqual([259, 407, 280]);
  expect(tracksOf(run)[0]!.steps.map(({ step }) => step)).toEqual([0, 1, 2]);
  expect(parseRunFile('again', toRunFile(run))).toEqual(run);
});

test.each([
  ['ep', [305.6, 287.5, 313.9, 232.9], [0, 0.431, 0, 1]],
  ['tp', [398.1, 392.6, 385.8, 245.9], [0.001, 0, 0, 0.962]],
  ['straggler', [310.8, 287.2, 307.4, 275.5], [0.002, 0.526, 0, 0.725]],
])('the recorded run %s', (id, walls, hidden) => {
  const numbers = numbersOf(open(`public/recorded/${id}.json`));
  expect(numbers.map(([, , wall]) => wall)).toEqual(walls);
  expect(numbers.map(([, , , share]) => share)).toEqual(hidden);
});

test.each([
  ['sweep-ep', [1.148, 1.291, 1.483, 1.355, 1.242]],
  ['sweep-tp', [1.169, 1.253, 1.546, 1.674, 1.428]],
])('the recorded sweep %s', (id, speedups) => {
  const run = open(`public/recorded/${id}.json`);
  if (run.kind !== 'sweep') throw new Error('it is no sweep');
  expect(run.points.map(({ measurement }) => rounded(measurement.results[3]!.speedup.median))).toEqual(speedups);
});

test('a link', () => {
  const link =
    '#v=1&tokens=128&parallel=tp&link={"kind":"ratio","ratio":0.25}&top=ep/regular-blocking&bottom=ep/farskip-overlapped&from=8&to=17&align=layer&selected=0s214';
  const { form, view, problems } = readLink(link);
  expect(problems).toEqual([]);
  expect(form).toMatchObject({ tokens: 128, parallel: 'tp', link: { kind: 'ratio', ratio: 0.25 } });
  expect(view).toMatchObject({
    top: 'ep/regular-blocking',
    bottom: 'ep/farskip-overlapped',
    from: 8,
    to: 17,
    align: 'layer',
  });
});
