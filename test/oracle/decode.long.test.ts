import { describe, expect, test } from 'vitest';
import { TOLERANCE } from '../../src/lab/experiments/check';
import { openLab } from '../support';
import { decodeError, FAMILIES, PLANS } from './decode_case';

describe.each(PLANS)('on $ranks ranks ($kind)', (plan) => {
  test.each(FAMILIES)('%s decodes in any pieces as in one prefill', async (family) => {
    expect(await decodeError(await openLab(), family, plan)).toBeLessThanOrEqual(TOLERANCE);
  });
});
