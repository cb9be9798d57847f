import { test } from 'vitest';
import { fuzz } from './fuzzing';
import { SUBJECTS } from './subjects';

// What people hand over, with faults; fuzz.long.test.ts has a hundred times as many.
test.each(SUBJECTS)('$name with faults are read, or refused in a sentence', (subject) => fuzz(subject, 255));
