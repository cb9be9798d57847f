import { expect, test } from 'vitest';
import { TOLERANCE } from '../../src/lab/check';
import { openLab } from '../support';
import { decodeError, FAMILIES } from './decode_case';

for (const ranks of [1, 2, 4])
  test.each(FAMILIES)(`%s on ${ranks} ranks decodes in any pieces as in one prefill`, async (family) => {
    expect(await decodeError(await openLab(), family, ranks)).toBeLessThanOrEqual(TOLERANCE);
  });
