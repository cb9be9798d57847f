import { test } from 'vitest';
import { holdBounds } from './bound_case';

test('no order of 10,000 random programs beats its bounds', () => {
  holdBounds(10_000);
}, 600_000);
