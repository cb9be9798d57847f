import { describe, expect, test } from 'vitest';
import type { TrainerOptions } from '../../src/lab/setup/trainer';
import { FOLDERS } from './check_case';
import { errorOf } from './compare';
import { PLANS } from './decode_case';
import { gradientsAgree, gradientsAreOne, lossesOfSteps } from './gradients_case';

describe.each(PLANS)('on $ranks ranks ($kind)', (plan) => {
  test.each(FOLDERS.flatMap(([name, own]) => own.map((connectivity) => [name, connectivity] as const)))(
    'gradients of %s, %s, agree with PyTorch',
    async (name, connectivity) => {
      await gradientsAgree(name, connectivity, plan);
      const { losses, expected } = await lossesOfSteps(name, connectivity, plan, 5);
      expect(errorOf(losses, expected)).toBeLessThanOrEqual(1e-3);
    },
  );
});

test.each(['deepseek_v2', 'qwen3_moe'])('twenty steps of %s are the same on one rank and on four', async (name) => {
  const of = (kind: 'ep' | 'tp', ranks: number, options: Partial<TrainerOptions> = {}) =>
    lossesOfSteps(name, 'farskip', { kind, ranks }, 20, options);
  const { losses: alone } = await of('ep', 1);
  expect(alone.at(-1)).toBeLessThan(alone[0]!);
  const { losses: spread } = await of('ep', 4, { schedule: 'overlapped' });
  const { losses: split } = await of('tp', 4);
  const others: readonly Partial<TrainerOptions>[] = [
    { passes: 2 },
    { recompute: true },
    { sharded: true },
    { allReduce: 'ring' },
    { passes: 2, recompute: true, sharded: true, allReduce: 'ring', loss: { kind: 'next token', chunk: 50 } },
  ];
  const ways: (readonly number[])[] = [];
  for (const options of others) ways.push((await of('ep', 4, options)).losses);
  ways.push((await of('tp', 4, { passes: 2, recompute: true, sharded: true })).losses);
  for (const losses of [spread, split, ...ways])
    for (const [step, loss] of losses.entries()) expect(Math.abs(loss / alone[step]! - 1)).toBeLessThanOrEqual(1e-3);
  expect((await of('ep', 4, { schedule: 'blocking' })).losses).toEqual(spread);
});

test.each([
  ['qwen3_moe', { kind: 'tp', ranks: 2 }],
  ['instella', { kind: 'ep', ranks: 4 }],
] as const)(
  'gradients of %s are the same bits under each schedule, and about the same over each wire',
  gradientsAreOne,
);
