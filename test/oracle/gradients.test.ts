import { expect, test } from 'vitest';
import { errorOf } from './compare';
import { gradientsAgree, gradientsAreOne, lossesOfSteps } from './gradients_case';

// What travels between ranks, under both plans; gradients.long.test.ts has all folders on all plans.
test.each([
  ['llama4', 'farskip', { kind: 'ep', ranks: 2 }],
  ['instella', 'farskip', { kind: 'tp', ranks: 2 }],
] as const)('gradients of %s, %s, agree with PyTorch', gradientsAgree);

test.each([['deepseek_v2', { kind: 'ep', ranks: 2 }]] as const)(
  'gradients of %s are the same bits under each schedule, and about the same over each wire',
  gradientsAreOne,
);

test.each([['llama4', 'regular', { kind: 'ep', ranks: 2 }]] as const)(
  'five steps of AdamW on %s, %s, have the losses that PyTorch has',
  async (name, connectivity, plan) => {
    const { losses, expected } = await lossesOfSteps(name, connectivity, plan, 5);
    expect(errorOf(losses, expected)).toBeLessThanOrEqual(1e-3);
  },
);
