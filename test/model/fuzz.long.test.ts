import { test } from 'vitest';
import { readsOrRefuses } from './fuzz_case';

test('30,000 damaged configs, headers and tokenizers are read or refused in a sentence', () =>
  readsOrRefuses(30_000, Math.floor(Math.random() * 1e9)));
