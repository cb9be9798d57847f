import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'vitest';
import { seededRandom } from '../../src/lab/statistics/random';
import { InputError } from '../../src/words/error';
import type { Subject } from './subjects';

/** Nothing that is this small takes longer, ms. */
const LONGEST_MS = 2000;
const MIB = 2 ** 20;

/**
 * Reads `count` faulty ones of a subject: each is read, or refused by a sentence of ours; none hangs, and of what it
 * took at most 64 MiB and ten times its bytes stay, of a hundred together.
 */
export async function fuzz({ name, draw }: Subject, count: number): Promise<void> {
  const random = seededRandom(7);
  let refused = 0;
  let bytes = 0;
  let before = heldBytes();
  for (let i = 0; i < count; i++) {
    const drawn = draw(random);
    bytes += drawn.bytes;
    const start = performance.now();
    try {
      await drawn.read();
    } catch (cause) {
      if (!(cause instanceof InputError) || cause.message.length < 10)
        throw new Error(`${name}, case ${i}, ended with no sentence of ours`, { cause });
      refused++;
    }
    expect(performance.now() - start, `${name}, case ${i}`).toBeLessThan(LONGEST_MS);
    if (i % 100 < 99) continue;
    const held = heldBytes();
    expect(held - before, `${name}, up to case ${i}`).toBeLessThan(64 * MIB + 10 * bytes);
    before = held;
    bytes = 0;
  }
  // Faults that none notices, and faults that nothing survives, would test nothing. Links are read whatever they say.
  if (name !== 'links') expect(refused).toBeGreaterThan(count / 20);
  expect(refused).toBeLessThan(count);
}

function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
}
