import { defineConfig } from 'vitest/config';
import { define } from './vite.shared.ts';

export default defineConfig({
  define,
  test: {
    // `npm run test:long` has what takes longer than `npm test` may.
    include: [process.env.TEST_LENGTH === 'long' ? 'test/**/*.long.test.ts' : 'test/**/*.test.ts'],
    exclude: process.env.TEST_LENGTH === 'long' ? [] : ['test/**/*.long.test.ts'],
    // Dawn for Node belongs to one process; two cores serve one SwiftShader at a time.
    pool: 'forks',
    maxWorkers: 1,
    isolate: false,
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
