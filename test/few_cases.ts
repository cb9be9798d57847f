import fc from 'fast-check';

// For vitest.mutation.config.ts: the same few cases in every run, and no search for a smaller one that fails too.
fc.configureGlobal({ numRuns: 12, seed: 1, endOnFailure: true });
