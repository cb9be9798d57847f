import { expect, test } from 'vitest';
import { flopsOfCase } from '../../src/lab/experiments/kernel_bench/bench_cases';
import { modelCases } from '../../src/lab/experiments/kernel_bench/model_cases';
import { parseConfig } from '../../src/model/config';
import { prefillFlops } from '../../src/model/flops';
import { DRAWN } from '../../src/model/presets';

test.each(DRAWN.map(({ id, config }) => [id, config] as const))('operations of a prefill of %s', (_, config) => {
  const spec = parseConfig(config);
  for (const tokens of [128, 700]) {
    // What the kernels of its program count, launch by launch.
    const counted = modelCases(spec, tokens).reduce((sum, each) => sum + each.times * flopsOfCase(each), 0);
    expect(prefillFlops(spec, tokens) / counted).toBeGreaterThan(0.97);
    expect(prefillFlops(spec, tokens) / counted).toBeLessThan(1.03);
  }
});
