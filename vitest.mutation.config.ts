import { defineConfig } from 'vitest/config';
import { define } from './vite.shared.ts';

// What `npm run test:mutation` runs, thousands of times: the tests of numbers and schedules, which need no GPU, with
// few cases of each property (`test/few_cases.ts`).
export default defineConfig({
  define,
  test: {
    include: [
      'test/{trace,schedule,network}/*.test.ts',
      'test/program/kernels.test.ts',
      'test/cluster/{recorder,sending}.test.ts',
      'test/lab/{statistics,numbers,numbers_of,calibration,kernel_times}.test.ts',
    ],
    exclude: ['test/**/*.long.test.ts'],
    setupFiles: 'test/few_cases.ts',
    env: { FEW_CASES: '1' },
    isolate: false,
    testTimeout: 60_000,
  },
});
