import { expect, test } from 'vitest';
import { benchCases, flopsOfCase } from '../../src/lab/experiments/kernel_bench/bench_cases';
import { kernelBenchExperiment } from '../../src/lab/experiments/kernel_bench/kernel_bench';
import { modelCases } from '../../src/lab/experiments/kernel_bench/model_cases';
import { parseConfig } from '../../src/model/config';
import { DRAWN } from '../../src/model/presets';
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
    { kernels: ['gemm'], mostGflop: 0.01, mostMs: 1e9, variants: 'chosen', model: null },
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

test('the shapes of a model are those of its prefill, as often as it runs them', () => {
  const { config } = DRAWN.find(({ id }) => id === 'deepseek-v2-lite-7.5m')!;
  const spec = parseConfig(config);
  const cases = modelCases(spec, 24);
  const products = cases.filter(({ kernel }) => kernel !== 'attention');
  const flops = products.reduce((sum, each) => sum + each.times * flopsOfCase(each), 0);
  // By hand: two operations a token and weight that it meets.
  const [head, layers] = [spec.vocabulary * spec.hidden, spec.layers];
  const met = layers.reduce((sum, { attention: a, feedForward: f }) => {
    if (a.kind !== 'mla') throw new Error('not this model');
    const attention =
      spec.hidden * (a.heads * (a.nope + a.rotated) + a.latent + a.rotated + a.heads * a.valueDim) +
      a.latent * a.heads * (a.nope + a.valueDim);
    const mlp = f.kind === 'dense' ? f.inner : f.sharedInner + f.topK * f.inner;
    return sum + attention + 3 * spec.hidden * mlp + (f.kind === 'moe' ? spec.hidden * f.experts : 0);
  }, 0);
  expect(flops).toBe(2 * (24 * met + head));
  expect(cases.find(({ kernel }) => kernel === 'attention')!.times).toBe(layers.length);
});
