import { expect, test } from 'vitest';
import { TOLERANCE } from '../../src/lab/check';
import { openLab } from '../support';
import { decodeError, FAMILIES, PLANS } from './decode_case';

for (const plan of PLANS)
  test.each(FAMILIES)(`%s on ${plan.ranks} ranks (${plan.kind}) decodes in any pieces as in one prefill`, async (family) => {
    expect(await decodeError(await openLab(), family, plan)).toBeLessThanOrEqual(TOLERANCE);
  });
