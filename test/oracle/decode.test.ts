import { expect, test } from 'vitest';
import { TOLERANCE } from '../../src/lab/check';
import { openLab } from '../support';
import { decodeError, type FAMILIES } from './decode_case';

// Each family on four ranks, half of them one way and half the other; `node build/cli/kernels.js` has all of it.
const SPREAD = {
  ep: ['qwen3_moe', 'deepseek_v3', 'instella'],
  tp: ['mixtral', 'deepseek_v2', 'llama4'],
} as const satisfies Record<string, readonly (typeof FAMILIES)[number][]>;
for (const kind of ['ep', 'tp'] as const)
  test.each(SPREAD[kind])(`%s on 4 ranks (${kind}) decodes in any pieces as in one prefill`, async (family) => {
    expect(await decodeError(await openLab(), family, { kind, ranks: 4 })).toBeLessThanOrEqual(TOLERANCE);
  });
