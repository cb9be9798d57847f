import { expect, test } from 'vitest';
import { TOLERANCE } from '../../src/lab/check';
import type { Plan } from '../../src/model/plan';
import { openLab } from '../support';
import { decodeError, FAMILIES } from './decode_case';

const EP: Plan = { kind: 'ep', ranks: 4 };
const TP: Plan = { kind: 'tp', ranks: 4 };

// All families one way; of the other grouped-query attention, whose key-value heads ranks share, and latent attention.
// decode.long.test.ts has them all.
test.each([...FAMILIES.map((family) => [family, EP] as const), ['mixtral', TP] as const, ['deepseek_v2', TP] as const])(
  '%s on 4 ranks (%o) decodes in any pieces as in one prefill',
  async (family, plan) => {
    expect(await decodeError(await openLab(), family, plan)).toBeLessThanOrEqual(TOLERANCE);
  },
);
