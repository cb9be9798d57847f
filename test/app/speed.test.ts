import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { roofAt, rooflinePoints, shareLine, speedRows } from '../../src/app/speed/speed_data';
import { benchCases } from '../../src/lab/experiments/kernel_bench/bench_cases';
import { type KernelBench, type KernelRate, RecordedBench } from '../../src/lab/experiments/kernel_bench/result';

const recorded = RecordedBench.parse(JSON.parse(readFileSync('public/recorded/kernels.json', 'utf8')));

/** As the recorded rate, but so many times as slow. */
const slower = (rate: KernelRate, times: number): KernelRate => ({ ...rate, gpuMs: rate.gpuMs! * times });
const here: KernelBench = {
  adapter: 'a GPU',
  runtime: 'Mozilla/5.0 Chrome/150.0.0.0',
  ceilings: { tflops: 20, gbps: 1000 },
  rates: [slower(recorded.rates[3]!, 4), { ...recorded.rates[0]!, gpuMs: null, wallMs: recorded.rates[0]!.gpuMs! / 2 }],
};

test('the recorded bench has the shapes that are timed today', () => {
  const shapes = (all: readonly { kernel: string; shape: string }[]) =>
    all.map(({ kernel, shape }) => `${kernel} ${shape}`);
  expect(shapes(recorded.rates).sort()).toEqual(shapes(benchCases()).sort());
});

test('rows are the recorded ones, beside them what was measured here, by its own clock', () => {
  const rows = speedRows(here, recorded);
  expect(rows).toHaveLength(recorded.rates.length);
  expect(rows.slice(0, 5).map(({ ratio }) => ratio)).toEqual([2, null, null, 0.25, null]);
  expect(speedRows(null, recorded).every((row) => row.here === null && row.ratio === null)).toBe(true);
});

test('a roof is the memory up to where the multiply-adds are', () => {
  expect([1, 10, 20, 1000].map((x) => roofAt(here, x))).toEqual([1, 10, 20, 20]);
  for (const { x, y } of rooflinePoints(recorded)) {
    expect(x).toBeGreaterThan(0);
    // What fits into the GPU's cache may be read quicker than from its memory.
    expect(y).toBeLessThan(1.2 * roofAt(recorded, x));
  }
});

test('the line to share says which GPU, its best product and what it does at most', () => {
  // The second was twice as quick as the recorded 12.9.
  expect(shareLine(here)).toBe(
    'WebGPU on a GPU, Chrome 150: 25.8 TFLOP/s in f32 matrix products, 20 TFLOP/s and 1000 GB/s at most (FarSkip Lab)',
  );
});
