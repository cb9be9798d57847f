import { expect, test } from 'vitest';
import type { Collective } from '../../src/program/program';
import { hiddenBoundOf, oneWire, wallBoundOf } from '../../src/schedule/bound';
import { holdBounds } from './bound_case';
import { programOf } from './small_programs';

test('no order of 1,000 random programs beats its bounds, over links with latency, jitter and nodes', () => {
  // Where tests are run again for every fault that is tried, few must do.
  holdBounds(process.env.FEW_CASES ? 40 : 1000);
});

// A kernel, two collectives of what it wrote, a kernel that needs both.
const twoAtOnce = programOf([
  ['compute', []],
  ['all-gather', [0]],
  ['all-gather', [0]],
  ['compute', [1, 2]],
]);

test('latency is not work of a port: the second message leaves while the first is under way', () => {
  const wire = (_: Collective) => ({ length: 5, ports: [1], latency: 4 });
  expect(wallBoundOf(twoAtOnce, { compute: () => 1, wire })).toBe(1 + 2 + 4 + 1);
  expect(
    wallBoundOf(
      twoAtOnce,
      oneWire((op) => (op.kind === 'compute' ? 1 : 5)),
    ),
  ).toBe(1 + 10 + 1);
});

test('each port counts by itself, and so does the compute lane', () => {
  const wire = ({ id }: Collective) => ({ length: 3, ports: id === 1 ? [3, 0] : [0, 3], latency: 0 });
  expect(wallBoundOf(twoAtOnce, { compute: () => 1, wire })).toBe(5);
  const beside = programOf([
    ['compute', []],
    ['all-gather', [0]],
    ['compute', [0]],
    ['compute', [0]],
    ['compute', [1]],
  ]);
  expect(wallBoundOf(beside, { compute: () => 2, wire: () => ({ length: 1, ports: [1], latency: 0 }) })).toBe(8);
});

test('what a schedule must take beyond the kernels is not hidden', () => {
  expect(hiddenBoundOf(12, 10, 8)).toBe(0.75);
  expect(hiddenBoundOf(10, 10, 8)).toBe(1);
  expect(hiddenBoundOf(9, 10, 8)).toBe(1);
});
