import { test } from 'vitest';
import { gradientsAgree, gradientsAreOne } from './gradients_case';

// What travels between ranks, under both plans; gradients.long.test.ts has all folders on all plans.
test.each([
  ['llama4', 'farskip', { kind: 'ep', ranks: 2 }],
  ['instella', 'farskip', { kind: 'tp', ranks: 2 }],
] as const)('gradients of %s, %s, agree with PyTorch', gradientsAgree);

test.each([
  ['deepseek_v2', { kind: 'ep', ranks: 2 }],
  ['qwen3_moe', { kind: 'tp', ranks: 2 }],
] as const)(
  'gradients of %s are the same bits under each schedule, and about the same over each wire',
  gradientsAreOne,
);
