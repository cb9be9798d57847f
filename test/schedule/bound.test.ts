import { expect, test } from 'vitest';
import type { Collective, Operation, Program, Value } from '../../src/program/program';
import { hiddenBoundOf, oneWire, wallBoundOf } from '../../src/schedule/bound';
import { holdBounds } from './bound_case';

test('no order of 1,000 random programs beats its bounds, over links with latency, jitter and nodes', () => {
  holdBounds(1000);
});

/** Kernels and collectives, each of what the ones named before it wrote. */
function programOf(ops: readonly (readonly ['compute' | 'all-gather', readonly number[]])[]): Program {
  const values = new Map<string, Value>();
  const operations = ops.map(([kind, needs], id): Operation => {
    values.set(`${id}`, { name: `${id}`, rows: 1, cols: 1, type: 'f32', lives: 'run' });
    const common = { id, name: `${id}`, block: 'routed', phase: 'forward', layer: 0 } as const;
    return kind === 'compute'
      ? ({
          ...common,
          kind,
          kernel: 'add',
          sizes: { rows: 1, width: 1 },
          inputs: needs.map(String),
          outputs: [`${id}`],
        } as Operation)
      : { ...common, kind, algorithm: 'direct', input: String(needs[0]), output: `${id}` };
  });
  return { values, operations, exchanges: new Map(), inputs: [], outputs: [] };
}

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
