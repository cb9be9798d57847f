import { expect, test } from 'vitest';
import type { Plan } from '../../src/model/plan';
import { openLab } from '../support';
import { TOLERANCE } from './compare';
import { decodeError, FAMILIES } from './decode_case';

const EP: Plan = { kind: 'ep', ranks: 4 };
const TP: Plan = { kind: 'tp', ranks: 2 };

// All families spread the one way, both kinds of attention the other; decode.long.test.ts has all plans and
// connectivities.
test.each([...FAMILIES.map((family) => [family, EP] as const), ['mixtral', TP] as const, ['deepseek_v2', TP] as const])(
  '%s, spread as %o, decodes in any pieces as in one prefill',
  async (family, plan) => {
    expect(await decodeError(await openLab(), family, plan, ['farskip'])).toBeLessThanOrEqual(TOLERANCE);
  },
);
