import { mkdirSync } from 'node:fs';
import { beforeAll, test } from 'vitest';
import { wholeWayAt } from './whole_way';

beforeAll(() => {
  mkdirSync('test-results', { recursive: true });
});

// With that of page.test.ts each place, width and colour scheme with each of the others.
test.each([
  { mount: '/', width: 390, dark: false },
  { mount: '/', width: 1440, dark: true },
  { mount: '/course/lab/', width: 390, dark: true },
])(
  'Regular and FarSkip are run, compared, saved, and found again by the link: at $mount, $width px wide, dark: $dark',
  wholeWayAt,
);
