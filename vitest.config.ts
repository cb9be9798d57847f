import { defineConfig } from 'vitest/config';
import { define } from './vite.shared.ts';

export default defineConfig({
  define,
  test: {
    include: ['test/**/*.test.ts'],
    // Dawn for Node belongs to one process; two cores serve one SwiftShader at a time.
    pool: 'forks',
    maxWorkers: 1,
    isolate: false,
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
