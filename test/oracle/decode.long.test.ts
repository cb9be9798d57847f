import { describe, expect, test } from 'vitest';
import { openLab } from '../support';
import { TOLERANCE } from './compare';
import { decodeError, FAMILIES, PLANS } from './decode_case';

describe.each(PLANS)('on $ranks ranks ($kind)', (plan) => {
  test.each(FAMILIES)('%s decodes in any pieces as in one prefill', async (family) => {
    expect(await decodeError(await openLab(), family, plan)).toBeLessThanOrEqual(TOLERANCE);
  });
});
