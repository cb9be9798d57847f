import { expect, test } from 'vitest';
import { seededRandom } from '../../src/lab/statistics/random';
import { type Collective, isCollective, type Operation } from '../../src/program/program';
import { hiddenBoundOf, independentOf, oneWire, wallBoundOf } from '../../src/schedule/bound';
import { holdBounds } from './bound_case';
import { ancestorsOf, plainBound } from './plain';
import { randomProgram } from './random_programs';
import { programOf } from './small_programs';

test('no order of 300 random programs beats its bounds, over links with latency, jitter and nodes', () => {
  // Where tests are run again for every fault that is tried, few must do.
  holdBounds(process.env.FEW_CASES ? 40 : 300);
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

test('the bound is that of the best set, found by trying each, whatever a collective holds of its ports', () => {
  const random = seededRandom(1);
  for (let i = 0; i < (process.env.FEW_CASES ? 40 : 200); i++) {
    const program = randomProgram(random);
    const took = program.operations.map(() => Math.floor(9 * random()));
    const wires = program.operations.map(() => {
      const [ports, latency] = [[0, 1, 2].map(() => Math.floor(5 * random())), Math.floor(3 * random())];
      return { ports, latency, length: Math.max(...ports) + latency + Math.floor(2 * random()) };
    });
    const cost = { compute: ({ id }: Operation) => took[id]!, wire: ({ id }: Operation) => wires[id]! };
    expect([i, wallBoundOf(program, cost)]).toEqual([i, plainBound(program, cost)]);
  }
});

test('independent of a collective is what neither leads to it nor needs it, of however many', () => {
  const random = seededRandom(2);
  // Forty gathers of one kernel, each with a reader of its own.
  const wide = programOf([
    ['compute', []],
    ...Array.from({ length: 40 }, () => ['all-gather', [0]] as const),
    ...Array.from({ length: 40 }, (_, i) => ['compute', [1 + i]] as const),
  ]);
  for (const program of [wide, ...Array.from({ length: 50 }, () => randomProgram(random))]) {
    const { operations } = program;
    const ancestors = ancestorsOf(program);
    const kernels = operations.filter((op) => !isCollective(op));
    const expected = operations.filter(isCollective).map(({ id }) => {
      const free = kernels.filter((own) => !ancestors[id]!.has(own.id) && !ancestors[own.id]!.has(id));
      return [id, free.reduce((sum, own) => sum + own.id + 1, 0)];
    });
    expect([...independentOf(program, (op) => op.id + 1)]).toEqual(expected);
  }
});
