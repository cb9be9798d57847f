import { expect, test } from 'vitest';
import { openRunFiles } from '../../src/app/runs/files';
import { RunId } from '../../src/lab/runs/run_file';
import { readTrace } from '../../src/trace/read_trace';

const TRACE = JSON.stringify([{ ph: 'X', cat: 'kernel', name: 'gemm', pid: 0, ts: 0, dur: 1 }]);

test('traces that were written at once stay runs of their own, whatever they are called', async () => {
  const long = 'a'.repeat(50);
  const paths = [
    '前.json',
    '后.json',
    `${long}1.json`,
    `${long}2.json`,
    `${long}3.json`,
    'x/r.json',
    'y/r.json',
    '(.json',
    '((.json',
  ];
  const files = paths.map((path) => ({ path, file: new File([TRACE], path, { lastModified: 1e12 }) }));
  const { runs, problems } = await openRunFiles(files, (own) =>
    Promise.all(own.map(({ path, file }) => readTrace(path, file, new Date(file.lastModified)))),
  );
  expect(problems).toEqual([]);
  expect(new Set(runs.map(({ id }) => RunId.parse(id))).size).toBe(paths.length);
  expect(new Set(runs.map(({ name }) => name)).size).toBe(paths.length);
});
