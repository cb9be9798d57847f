import { expect, test } from 'vitest';
import { imbalanceOf } from '../../src/lab/experiments/measurement/imbalance';
import { seededRandom } from '../../src/lab/statistics/random';
import { linksOf } from '../../src/network/topology';
import { isCollective } from '../../src/program/program';
import { schedule } from '../../src/schedule/schedule';
import { programOf } from '../schedule/small_programs';

const RANKS = 4;
const link = { latencyMs: 0, bytesPerMs: 1 };
const links = linksOf({ nodes: 1, within: link, between: link, jitter: 0, slow: null }, RANKS, 1);
/** Kernel, collective, kernel … of which each needs the one before. */
const program = programOf(
  Array.from({ length: 60 }, (_, id) => [id % 2 ? 'all-gather' : 'compute', id ? [id - 1] : []]),
);

/** What kernels of about 4 ms lose beside a wire whose messages take so long. */
function imbalanceAt(scatter: number, messageMs: number, seed: number): number {
  const random = seededRandom(seed);
  const alone = Array.from(
    { length: RANKS },
    () =>
      new Map(program.operations.filter((op) => !isCollective(op)).map(({ id }) => [id, 4 * (1 + scatter * random())])),
  );
  const orders = schedule(program, 'blocking', () => 1);
  return imbalanceOf(orders, RANKS, { alone } as never, links, () => messageMs)!;
}

test('kernels that hardly differ lose hardly anything, whatever the order in which their messages meet at ports', () => {
  for (let seed = 0; seed < 8; seed++) expect(Math.abs(imbalanceAt(0.001, 8 / 3, seed))).toBeLessThan(30 * 4 * 0.001);
});

test('kernels that differ lose what they wait for one another', () => {
  for (let seed = 0; seed < 8; seed++) {
    const lost = imbalanceAt(1, 0.01, seed);
    // Of four uniform variates the most lies 0.3 above their mean.
    expect(lost).toBeGreaterThan(0.5 * 30 * 4 * 0.3);
    expect(lost).toBeLessThan(1.5 * 30 * 4 * 0.3);
  }
});
