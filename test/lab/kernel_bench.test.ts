import { expect, test } from 'vitest';
import { benchCases } from '../../src/lab/experiments/kernel_bench/bench_cases';
import { kernelBenchExperiment } from '../../src/lab/experiments/kernel_bench/kernel_bench';
import { contractOf } from '../../src/program/kernels';
import { openLab } from '../support';

test('each case brings the integers that its kernel reads', () => {
  for (const { kernel, sizes, integers } of benchCases())
    expect(
      integers.map(({ length }) => length),
      kernel,
    ).toEqual(
      contractOf(kernel)
        .inputs(sizes)
        .filter(({ type }) => type === 'u32')
        .map(({ count }) => count),
    );
});

test('a kernel is timed beside what the GPU does at most', async () => {
  const done: number[] = [];
  const lab = await openLab();
  const { ceilings, rates } = await kernelBenchExperiment.run(
    lab,
    { kernels: ['gemm'], mostGflop: 0.01, variants: 'chosen' },
    (event) => event.kind === 'progress' && done.push(event.done),
  );
  expect(done).toEqual([1]);
  expect(ceilings.tflops).toBeGreaterThan(0);
  expect(ceilings.gbps).toBeGreaterThan(0);
  expect(rates).toHaveLength(1);
  const [rate] = rates;
  // One row: 2 × 2048² operations, and the weight, the row and what comes out, once each.
  expect(rate).toMatchObject({
    kernel: 'gemm',
    variant: 'gemm/any',
    chosen: true,
    flops: 2 * 2048 ** 2,
    bytes: 4 * (2048 ** 2 + 2 * 2048),
  });
  const least = Math.max(rate!.flops / ceilings.tflops / 1e9, rate!.bytes / ceilings.gbps / 1e6);
  expect(rate!.share).toBeCloseTo(least / rate!.gpuMs!, 9);
});
