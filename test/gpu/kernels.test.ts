import { beforeAll, expect, test } from 'vitest';
import type { Lab } from '../../src/lab/setup/lab';
import { INSTANT } from '../../src/network/link';
import { BACKWARD_KERNELS } from '../../src/program/backward_kernels';
import { KERNEL_NAMES } from '../../src/program/kernels';
import { openLab } from '../support';
import { EXCHANGES, runExchange } from './exchange_case';
import { KERNEL_CASES } from './kernel_cases';
import { worstOf } from './launch_kernel';
import { KERNEL_TOLERANCE } from './tolerance';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});

test.each(KERNEL_CASES)('$name agrees with float64, by each variant', async (one) => {
  const { error, variant } = await worstOf(lab, one);
  expect(error, variant).toBeLessThanOrEqual(KERNEL_TOLERANCE);
});

test.each(
  EXCHANGES.flatMap((each) => [
    { ...each, backing: 'shared' as const },
    // SwiftShader takes seconds to open each device.
    ...(/^[458]/.test(each.name) ? [] : [{ ...each, backing: 'separate' as const }]),
  ]),
)('Dispatch and Combine over $name, $backing backing', async ({ make, backing }) => {
  const { error } = await runExchange(lab, make(), INSTANT, backing);
  expect(error).toBeLessThanOrEqual(KERNEL_TOLERANCE);
});

test('every kernel has a case', () => {
  const exchange = ['send_plan', 'permute', 'weigh_experts', 'unpermute'];
  const backward = Object.keys(BACKWARD_KERNELS); // gradients.test.ts
  const tried = new Set([...KERNEL_CASES.map(({ name }) => name.split(' ')[0]), ...exchange, ...backward]);
  expect(KERNEL_NAMES.filter((name) => !tried.has(name))).toEqual([]);
});
