import { expect, test } from 'vitest';
import { printProgram } from '../../src/program/print_program';
import { programOf, SMALL, TP } from './programs';

test('a program reads as a line a value from outside and a line an operation', () => {
  const lines = printProgram(programOf(SMALL, 'farskip', TP, { cached: true })).split('\n');
  expect(lines).toContain('keep   rope [positions, 8] f32, replicated, from constant');
  expect(lines).toContain('keep   attention.1.latent cache [cache, 32] f32, own, from zeros');
  expect(lines.find((line) => line.includes('o_proj'))).toMatch(
    /^keep {3}\S+o_proj \[\d+, \d+\] f32, cols in 4 blocks, from checkpoint$/,
  );
  expect(lines).toContain('input  ids [tokens, 1] u32');
  expect(lines.find((line) => line.includes('latent to cache'))).toMatch(
    /attention.0.latent cache in place = mla_cache\(.*\) with rows tokens/,
  );
  expect(lines.find((line) => line.includes('All-reduce'))).toMatch(
    /\[2 × tokens, \d+\] bf16 = all-gather direct\(reduced/,
  );
  expect(lines.at(-1)).toBe('output logits [sequences, 128] f32');
  expect(lines.filter((line) => /^ +\d+ {2}/.test(line))).toHaveLength(
    programOf(SMALL, 'farskip', TP, { cached: true }).operations.length,
  );
});
