import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { expect, test } from 'vitest';

const PATH = 'test-results/large.json';
const MIB = 2 ** 20;

/** A file that begins and ends so, and between has a text again and again until it is this long. */
function write(bytes: number, begin: string, textOf: (i: number) => string, end: string): void {
  mkdirSync('test-results', { recursive: true });
  const file = openSync(PATH, 'w');
  let written = writeSync(file, begin);
  for (let i = 0; written < bytes; i++) written += writeSync(file, textOf(i));
  writeSync(file, end);
  closeSync(file);
}

/** What `overlap` says of it, how it ends, and the most memory that it held. */
function overlap(): Promise<{ out: string; err: string; code: number | null; mostMib: number }> {
  const lab = spawn(process.execPath, ['build/cli/main.js', 'overlap', PATH]);
  let [out, err, mostMib] = ['', '', 0];
  lab.stdout.on('data', (text) => (out += text));
  lab.stderr.on('data', (text) => (err += text));
  const look = setInterval(() => {
    try {
      const [, kib] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${lab.pid}/status`, 'utf8')) ?? [];
      mostMib = Math.max(mostMib, Number(kib ?? 0) / 1024);
    } catch {
      // It has ended.
    }
  }, 200);
  return new Promise((resolve) => {
    lab.on('close', (code) => {
      clearInterval(look);
      resolve({ out, err, code, mostMib });
    });
  });
}

const event = (name: string, cat: string, us: number, dur: number) =>
  JSON.stringify({
    ph: 'X',
    cat,
    name,
    pid: 0,
    tid: 7,
    ts: us,
    dur,
    args: { 'External id': 3, stream: 7, grid: [1, 2, 3] },
  });

test('a trace of 1 GiB, every fourth of whose events is a kernel, is read in less memory than that', async () => {
  const step = (i: number) =>
    [
      event('sgemm', 'kernel', 1000 * i, 100),
      event('ncclDevKernel_SendRecv(x)', 'kernel', 1000 * i + 50, 100),
      ...Array.from({ length: 6 }, (_, j) => event('aten::mm', 'cpu_op', 1000 * i + j, 50)),
      '',
    ].join(',\n');
  const thousand = (i: number) => Array.from({ length: 1000 }, (_, j) => step(1000 * i + j)).join('');
  write(1024 * MIB, '{"traceEvents": [\n', thousand, `${event('end', 'kernel', 1e12, 1)}]}`);
  const { out, code, mostMib } = await overlap();
  rmSync(PATH);
  expect(code).toBe(0);
  expect(out).toMatch(/hidden, mean over ranks: 0\.500/);
  expect(mostMib).toBeLessThan(1000);
  console.log(`it held at most ${Math.round(mostMib)} MiB`);
});

test('a file longer than a text can be is no trace, in one line', async () => {
  write(540 * MIB, '{"traceEvents":[]', () => ' '.repeat(MIB), '}');
  const { err, code } = await overlap();
  rmSync(PATH);
  expect(code).toBe(2);
  const lines = err
    .trim()
    .split('\n')
    .filter((line) => !/ %$/.test(line));
  expect(lines).toEqual([expect.stringMatching(/large\.json has no kernels; it should be a Chrome trace/)]);
});
