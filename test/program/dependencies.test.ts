import { expect, test } from 'vitest';
import { programBuilder } from '../../src/program/builder';
import { faultsOf } from '../../src/program/check_program';
import { dependenciesOf } from '../../src/program/dependencies';
import { exchangeSymbols, type KeptValue } from '../../src/program/program';
import { schedule } from '../../src/schedule/schedule';

/** What each rank keeps of its own, to be updated in place. */
const STATE: KeptValue = {
  name: 'state',
  rows: 8,
  cols: 4,
  type: 'f32',
  lives: 'kept',
  split: 'own',
  origin: 'zeros',
};

test('an update in place comes after what wrote and read the value before, and before what reads it after', () => {
  const build = programBuilder([STATE]);
  const place = { block: 'residual', layer: null } as const;
  const row = { rows: 8, cols: 4 };
  const add = (name: string, ...inputs: string[]) =>
    build.compute(place, name, { kernel: 'add', sizes: { rows: 8, width: 4 } }, { inputs }, { name, ...row });
  const update = (name: string, x: string) =>
    build.compute(place, name, { kernel: 'cache_rows', sizes: { rows: 8, width: 4 } }, { inputs: [x, 'own'] }, 'state');
  build.input({ name: 'x', ...row });
  build.input({ name: 'own', rows: 8, cols: 1, type: 'u32' });
  add('before', 'state', 'x'); // 0
  add('also before', 'state', 'x'); // 1
  update('first update', 'x'); // 2
  add('between', 'state', 'before'); // 3
  update('second update', 'between'); // 4
  add('after', 'state', 'also before'); // 5
  const program = build.finish(['after']);
  expect(faultsOf(program)).toEqual([]);
  expect(dependenciesOf(program).map((needs) => [...needs].sort())).toEqual([[], [], [0, 1], [0, 2], [2, 3], [1, 4]]);
  for (const costs of [
    [9, 1, 1, 9, 1, 1],
    [1, 9, 9, 1, 9, 9],
  ]) {
    const orders = schedule(program, 'overlapped', (op) => costs[op.id]!);
    const at = orders.map(({ op }) => op.id);
    expect(at.indexOf(2)).toBeGreaterThan(Math.max(at.indexOf(0), at.indexOf(1)));
    expect(at.indexOf(4)).toBeGreaterThan(at.indexOf(3));
  }
});

test('what is sent of a kept value has arrived before the value is updated', () => {
  const build = programBuilder([STATE]);
  const place = { block: 'residual', layer: null } as const;
  build.input({ name: 'x', rows: 8, cols: 4 });
  build.input({ name: 'own', rows: 8, cols: 1, type: 'u32' });
  build.spread(
    { ...place, kind: 'all-gather', algorithm: 'direct', name: 'gather', input: 'state' },
    { name: 'all', rows: 16, cols: 4 },
  );
  const call = { kernel: 'cache_rows', sizes: { rows: 8, width: 4 } } as const;
  build.compute(place, 'update', call, { inputs: ['x', 'own'] }, 'state');
  const orders = schedule(build.finish(['all']), 'overlapped', () => 1);
  expect(orders.map((order) => `${order.do} ${order.op.name}`)).toEqual([
    'start gather',
    'wait gather',
    'compute update',
  ]);
});

test('an exchange is announced by its first collective: its counts before it, what is of its sizes and its other collectives after', () => {
  const build = programBuilder([]);
  const place = { block: 'router', layer: 0 } as const;
  build.input({ name: 'ids', rows: 'tokens', cols: 2, type: 'u32' });
  build.input({ name: 'x', rows: 'tokens', cols: 4 });
  build.compute(
    place,
    'send plan',
    { kernel: 'send_plan', sizes: { rows: 'tokens', ranks: 2, experts: 4, topK: 2 } },
    { inputs: ['ids'] },
    { name: 'rowOf', rows: 'tokens', cols: 2, type: 'u32' },
    { name: 'counts', rows: 1, cols: 6, type: 'u32' },
  );
  const exchange = build.exchange('routed', { counts: 'counts', experts: 4 });
  const { received } = exchangeSymbols(exchange);
  const dispatch = (name: string) =>
    build.allToAll({ ...place, name, direction: 'dispatch', exchange, input: 'x' }, { name, rows: received, cols: 4 });
  // Neither reads what the other writes, nor what the send plan writes.
  dispatch('first');
  dispatch('second');
  const call = { kernel: 'add', sizes: { rows: received, width: 4 } } as const;
  build.compute(place, 'of its size', call, { inputs: ['second', 'second'] }, { name: 'y', rows: received, cols: 4 });
  const program = build.finish(['y']);
  expect(faultsOf(program)).toEqual([]);
  expect(dependenciesOf(program).map((needs) => [...needs].sort())).toEqual([[], [0], [0, 1], [1, 2]]);
  const early = { ...program, operations: [1, 0, 2, 3].map((from, id) => ({ ...program.operations[from]!, id })) };
  expect(faultsOf(early).join()).toMatch(/operation 0, first: the counts counts are not written yet/);
  const swapped = { ...program, operations: [0, 3, 1, 2].map((from, id) => ({ ...program.operations[from]!, id })) };
  expect(faultsOf(swapped).join()).toMatch(/operation 1, of its size: the size routed received is not known yet/);
});
