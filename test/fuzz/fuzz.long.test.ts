import { test } from 'vitest';
import { fuzz } from './fuzzing';
import { SUBJECTS } from './subjects';

test.each(SUBJECTS)('25,500 $name with faults are read, or refused in a sentence', (subject) => fuzz(subject, 25_500));
