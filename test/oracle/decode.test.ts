import { expect, test } from 'vitest';
import { TOLERANCE } from '../../src/lab/check';
import { openLab } from '../support';
import { decodeError, FAMILIES, PLANS } from './decode_case';

// The largest of both ways; `node build/cli/kernels.js` has them all.
for (const plan of PLANS.filter(({ ranks }) => ranks === 4))
  test.each(FAMILIES)(`%s on ${plan.ranks} ranks (${plan.kind}) decodes in any pieces as in one prefill`, async (family) => {
    expect(await decodeError(await openLab(), family, plan)).toBeLessThanOrEqual(TOLERANCE);
  });
