import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { tracesAt } from '../../src/cli/trace_files';

const TRACE = JSON.stringify([{ ph: 'X', cat: 'kernel', name: 'gemm', pid: 0, ts: 0, dur: 1 }]);

test('of a folder traces are read, and what is left out is said, with why', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'traces-'));
  mkdirSync(join(folder, 'sub.json'));
  writeFileSync(join(folder, 'sub.json', 'rank0.JSON'), TRACE);
  writeFileSync(join(folder, 'rank1.json.gz'), gzipSync(TRACE));
  writeFileSync(join(folder, 'rank2.json.gz'), gzipSync(TRACE).subarray(0, 40));
  writeFileSync(join(folder, 'config.json'), '{"model_type":"mixtral"}');
  writeFileSync(join(folder, 'notes.txt'), '');
  symlinkSync('nowhere', join(folder, 'lost.json'));
  const told: string[] = [];
  const traces = await tracesAt([folder], (sentence) => told.push(sentence));
  expect(traces.map(({ name }) => name.slice(folder.length + 1))).toEqual(['rank1.json.gz', 'sub.json/rank0.JSON']);
  expect(told.map((sentence) => sentence.replaceAll(`${folder}/`, ''))).toEqual([
    "Left out: config.json is a model's config.json, not a Chrome trace; a trace is a list of events, or an object with traceEvents.",
    'Left out: There is no file lost.json.',
    "Left out: rank2.json.gz begins as a gzipped file and can't be unpacked; it is cut or damaged.",
  ]);
});
