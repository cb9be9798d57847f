import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'vitest';
import { seededRandom } from '../../src/lab/statistics/random';
import { InputError } from '../../src/words/error';

export type Random = () => number;
/** Something that people hand over, with faults: `read` throws InputError, with a sentence, or answers. */
export type Subject = {
  readonly name: string;
  /** A faulty one, as bytes or text, and what reads it. */
  readonly draw: (random: Random) => { readonly bytes: number; readonly read: () => unknown };
};

/** Nothing that is this small takes longer: of the processor's time, so that others' work does not count. */
const LONGEST_US = 2_000_000;
/** A sentence has as many characters. */
const [SHORTEST, LONGEST] = [10, 1000];
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
    const start = process.cpuUsage();
    try {
      await drawn.read();
    } catch (cause) {
      if (!(cause instanceof InputError))
        throw new Error(`${name}, case ${i}, ended with no sentence of ours`, { cause });
      expect(cause.message.length, `${name}, case ${i}`).toBeGreaterThan(SHORTEST);
      expect(cause.message.length, `${name}, case ${i}`).toBeLessThan(LONGEST);
      refused++;
    }
    const { user, system } = process.cpuUsage(start);
    expect(user + system, `${name}, case ${i}`).toBeLessThan(LONGEST_US);
    if (i % 100 < 99) continue;
    const held = heldBytes();
    expect(held - before, `${name}, up to case ${i}`).toBeLessThan(64 * MIB + 10 * bytes);
    before = held;
    bytes = 0;
  }
  // Faults that none notices, and faults that nothing survives, would test nothing. Links are read whatever they say.
  if (name !== 'links') expect(refused).toBeGreaterThan(count / 20);
  expect(refused).toBeLessThan(count - count / 20);
}

function heldBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
}
