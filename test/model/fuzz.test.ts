import { test } from 'vitest';
import { readsOrRefuses } from './fuzz_case';

test('300 damaged configs, headers and tokenizers are read or refused in a sentence', () => readsOrRefuses(300, 1));
