import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readsOf, type SubBlock, type Term } from '../../src/connectivity/connectivity';
import { tableOf } from '../../src/connectivity/methods';
import { oneAtATime } from '../../src/network/network';
import { programBuilder } from '../../src/program/builder';
import { faultsOf } from '../../src/program/check_program';
import { dependenciesOf } from '../../src/program/dependencies';
import { bytesMoved, contractOf, flopsOf, sizesOf } from '../../src/program/kernels';
import { keptValuesOf, type LoweringOptions, lower, lowerInto } from '../../src/program/lower';
import { printProgram } from '../../src/program/print_program';
import {
  bytesOf,
  type Compute,
  exchangeSymbols,
  inputsOf,
  isCollective,
  type KeptValue,
  type Operation,
  outputsOf,
  type Program,
} from '../../src/program/program';
import { simulate } from '../../src/schedule/machine';
import { schedule } from '../../src/schedule/schedule';
import { anyTableOf } from '../connectivity/tables';
import { CONNECTIVITIES, MODELS, plansOf, programOf } from './programs';

const OPTIONS: Partial<LoweringOptions>[] = [
  {},
  { wire: 'f32', logits: 'all', hidden: true },
  { cached: true },
  { allReduce: 'ring' },
  { allReduce: 'ring', wire: 'f32', cached: true },
];

test.each(MODELS)(
  '$id: every program that it is lowered to is whole, in every connectivity, spread and wire',
  ({ spec }) => {
    for (const plan of plansOf(spec))
      for (const connectivity of CONNECTIVITIES)
        for (const options of OPTIONS) expect(faultsOf(programOf(spec, connectivity, plan, options))).toEqual([]);
  },
);

const small = MODELS.find(({ id }) => id === 'deepseek_v2')!.spec;
const ep = { kind: 'ep', ranks: 2 } as const;
const tp = { kind: 'tp', ranks: 2 } as const;

describe('what is wrong with a program is said', () => {
  const program = programOf(small, 'farskip', ep);
  const changed = (place: number, change: (op: Operation) => Partial<Operation>): Program => ({
    ...program,
    operations: program.operations.map((op, i) => (i === place ? ({ ...op, ...change(op) } as Operation) : op)),
  });
  const find = (name: string) => program.operations.findIndex((op) => op.name === name);
  test.each<[string, Program, RegExp]>([
    [
      'a read of a later value',
      changed(find('norm'), () => ({ inputs: ['logits', 'model.norm'] })),
      /norm: reads logits before it is written/,
    ],
    [
      'a value written twice',
      changed(find('core attention'), () => ({ outputs: ['embedding'] })),
      /writes embedding again/,
    ],
    ['an operation out of place', changed(2, () => ({ id: 7 })), /operation 2, .*: its id is 7/],
    [
      'an unknown exchange',
      changed(find('Combine'), () => ({ exchange: 'elsewhere' })),
      /there is no exchange elsewhere/,
    ],
    [
      'a weight of another shape',
      changed(find('output'), (op) => ({ inputs: [(op as Compute).inputs[0]!, 'model.norm'] })),
      /gemm reads \d+ elements, but model.norm has \d+/,
    ],
    [
      'a size of another symbol',
      changed(
        find('output'),
        (op) => ({ sizes: { ...(op as Compute).sizes, rows: 'sequences' } }) as Partial<Operation>,
      ),
      /gemm reads \d+ elements, but attention.0.core/,
    ],
    [
      'a size that is missing',
      changed(find('norm'), () => ({ sizes: { rows: 'tokens', width: 64, stride: 64 } }) as Partial<Operation>),
      /rmsnorm needs the sizes eps/,
    ],
    [
      'too few values',
      changed(find('norm'), (op) => ({ inputs: (op as Compute).inputs.slice(1) })),
      /rmsnorm reads 2 values, not 1/,
    ],
    [
      'a value of another type',
      changed(find('top-k'), (op) => ({ inputs: ['ids', (op as Compute).inputs[1]!] })),
      /router_topk reads f32, but ids is u32/,
    ],
    [
      'rows of another width',
      changed(find('Dispatch'), () => ({ input: 'embedding' })),
      /embedding is of \d+ f32 a row, routed/,
    ],
    [
      'a value that is read and updated at once',
      {
        ...program,
        operations: [
          ...program.operations,
          {
            kind: 'compute',
            id: program.operations.length,
            name: 'update',
            block: 'residual',
            layer: null,
            kernel: 'add',
            sizes: { rows: 64, width: 1 },
            inputs: ['model.norm', 'model.norm'],
            outputs: ['model.norm'],
          },
        ],
      },
      /reads and updates model.norm; it should be an output alone/,
    ],
    [
      'a Combine of rows that the exchange does not plan',
      changed(find('Combine'), () => ({ input: 'routed.1.send' })),
      /routed.1.send should have the rows routed.1 received/,
    ],
    ['an output that nobody writes', { ...program, outputs: ['nothing'] }, /output nothing is never written/],
  ])('%s', (_, faulty, sentence) => {
    expect(faultsOf(faulty).join('\n')).toMatch(sentence);
  });
});

test('a program reads as a line a value from outside and a line an operation', () => {
  const lines = printProgram(programOf(small, 'farskip', tp, { cached: true })).split('\n');
  expect(lines).toContain('keep   rope [positions, 8] f32, replicated, from constant');
  expect(lines).toContain('keep   attention.1.latent cache [cache, 32] f32, own, from zeros');
  expect(lines.find((line) => line.includes('o_proj'))).toMatch(
    /^keep {3}\S+o_proj \[\d+, \d+\] f32, cols in 4 blocks, from checkpoint$/,
  );
  expect(lines).toContain('input  ids [tokens, 1] u32');
  expect(lines.find((line) => line.includes('latent to cache'))).toMatch(
    /attention.0.latent cache in place = mla_cache\(.*\) with rows tokens/,
  );
  expect(lines.find((line) => line.includes('All-reduce'))).toMatch(
    /\[2 × tokens, \d+\] bf16 = all-gather direct\(reduced/,
  );
  expect(lines.at(-1)).toBe('output logits [sequences, 128] f32');
  expect(lines.filter((line) => /^ +\d+ {2}/.test(line))).toHaveLength(
    programOf(small, 'farskip', tp, { cached: true }).operations.length,
  );
});

test('an update in place comes after what wrote and read the value before, and before what reads it after', () => {
  const kept: KeptValue = {
    name: 'state',
    rows: 8,
    cols: 4,
    type: 'f32',
    lives: 'kept',
    split: 'own',
    origin: 'zeros',
  };
  const build = programBuilder([kept]);
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
  const kept: KeptValue = {
    name: 'state',
    rows: 8,
    cols: 4,
    type: 'f32',
    lives: 'kept',
    split: 'own',
    origin: 'zeros',
  };
  const build = programBuilder([kept]);
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
  const call = { kernel: 'swiglu', sizes: { rows: received, width: 2 } } as const;
  build.compute(place, 'of its size', call, { inputs: ['second'] }, { name: 'y', rows: received, cols: 2 });
  const program = build.finish(['y']);
  expect(faultsOf(program)).toEqual([]);
  expect(dependenciesOf(program).map((needs) => [...needs].sort())).toEqual([[], [0], [0, 1], [1, 2]]);
  const early = { ...program, operations: [1, 0, 2, 3].map((from, id) => ({ ...program.operations[from]!, id })) };
  expect(faultsOf(early).join()).toMatch(/operation 0, first: the counts counts are not written yet/);
  const swapped = { ...program, operations: [0, 3, 1, 2].map((from, id) => ({ ...program.operations[from]!, id })) };
  expect(faultsOf(swapped).join()).toMatch(/operation 1, of its size: the size routed received is not known yet/);
});

/**
 * The terms of the residual stream in each value of a program, whole or, where ranks hold parts that are not added up yet,
 * in part; throws when a term is added twice.
 */
function termsIn({ operations }: Program): Map<string, ReadonlyMap<Term, 'whole' | 'part'>> {
  type Held = ReadonlyMap<Term, 'whole' | 'part'>;
  const terms = new Map<string, Held>();
  const part = (term: string): Held => new Map([[term as Term, 'part']]);
  for (const op of operations) {
    const [input] = inputsOf(op);
    const passed = terms.get(input!) ?? new Map();
    const output = outputsOf(op)[0]!;
    if (isCollective(op)) terms.set(output, passed);
    else if (op.kernel === 'embedding') terms.set(output, new Map([['embedding', 'whole']]));
    else if (op.block === 'attention' && op.name === 'output') terms.set(output, part(`attention.${op.layer}`));
    else if (op.block === 'shared' && op.name === 'down') terms.set(output, part(`shared.${op.layer}`));
    else if (['un-permute', 'weigh experts'].includes(op.name)) terms.set(output, part(`routed.${op.layer}`));
    else if (op.kernel === 'add') {
      const both = op.inputs.flatMap((name) => [...terms.get(name)!]);
      if (new Map(both).size < both.length) throw new Error(`operation ${op.id} adds a term twice`);
      terms.set(output, new Map(both));
    } else if (op.kernel === 'sum_parts') terms.set(output, new Map([...passed.keys()].map((term) => [term, 'whole'])));
    else if (op.block === 'all-reduce') terms.set(output, passed);
  }
  return terms;
}

test('each sub-block reads just the terms that the table leaves it, whole, whatever it leaves out', () => {
  // The first projection of each sub-block.
  const FIRST: Readonly<Record<string, SubBlock>> = {
    'attention q': 'attention',
    'router gate': 'routed',
    'shared gate, up': 'shared',
  };
  const ways = [
    ['ep', 'direct'],
    ['tp', 'direct'],
    ['tp', 'ring'],
  ] as const;
  fc.assert(
    fc.property(anyTableOf(small), fc.constantFrom(...ways), (table, [kind, allReduce]) => {
      const program = lower(small, table, {
        plan: { kind, ranks: 2 },
        wire: 'bf16',
        allReduce,
        logits: 'last',
        hidden: false,
        cached: false,
      });
      const terms = termsIn(program);
      const normed = new Map(
        program.operations.flatMap((op) =>
          op.kind === 'compute' && op.name === 'norm' ? [[op.outputs[0]!, op.inputs[0]!]] : [],
        ),
      );
      let seen = 0;
      for (const op of program.operations) {
        const block = FIRST[`${op.block} ${op.name}`];
        if (!block || op.kind !== 'compute') continue;
        const read = terms.get(normed.get(op.inputs[0]!)!)!;
        expect([...read.keys()].sort()).toEqual([...readsOf(small, table, op.layer!, block)].sort());
        if (kind === 'tp') expect(new Set(read.values())).toEqual(new Set(['whole']));
        seen++;
      }
      expect(seen).toBe(small.layers.length * 3 - 1);
    }),
    { numRuns: 50 },
  );
});

describe('scopes', () => {
  const options: LoweringOptions = {
    plan: ep,
    wire: 'bf16',
    allReduce: 'direct',
    logits: 'last',
    hidden: false,
    cached: false,
  };
  const connectivity = tableOf('regular', small);
  const build = programBuilder(keptValuesOf(small, ep));
  const outputs = ['a', 'b'].flatMap((scope) => lowerInto(build.within(scope), small, connectivity, options));
  const two = build.finish(outputs);
  const one = programOf(small, 'regular', ep);

  test('two micro-batches lie in one program, each with values, sizes and exchanges of its own, over the same weights', () => {
    expect(faultsOf(two)).toEqual([]);
    expect(two.outputs).toEqual(['a/logits', 'b/logits']);
    expect(two.operations).toHaveLength(2 * one.operations.length);
    expect([...two.exchanges.keys()]).toEqual(
      ['a', 'b'].flatMap((scope) => [...one.exchanges.keys()].map((name) => `${scope}/${name}`)),
    );
    const kept = (program: Program) =>
      [...program.values.values()].flatMap(({ name, lives }) => (lives === 'kept' ? [name] : []));
    expect(kept(two)).toEqual(kept(one));
    expect(two.values.get('b/embedding')!.rows).toBe('b/tokens');
    expect(two.values.get('b/routed.1.received')!.rows).toBe('b/routed.1 received');
  });

  test('one of them computes while the other communicates: a regular model hides what it could not alone', () => {
    const cost = (op: Operation) => (isCollective(op) ? 12 : 1);
    const wall = (program: Program) => simulate(schedule(program, 'overlapped', cost), cost, oneAtATime(cost)).wall;
    expect(wall(two)).toBeLessThan(1.7 * wall(one));
  });

  test('a scope without inputs of its own, such as a backward pass, has the sizes and the exchange of the one around', () => {
    const builder = programBuilder([]).within('a');
    builder.input({ name: 'x', rows: 'tokens', cols: 4 });
    builder.input({ name: 'counts', rows: 1, cols: 6, type: 'u32' });
    const exchange = builder.exchange('routed', { counts: 'counts', experts: 4 });
    const backward = builder.within('backward');
    const op = { name: 'Dispatch', block: 'dispatch', layer: 0, direction: 'dispatch', exchange, input: 'x' } as const;
    backward.allToAll(op, { name: 'there', rows: exchangeSymbols(exchange).received, cols: 4 });
    const place = { block: 'residual', layer: null } as const;
    const call = { kernel: 'add', sizes: { rows: 'tokens', width: 4 } } as const;
    backward.compute(place, 'sum', call, { inputs: ['x', 'x'] }, { name: 'y', rows: 'tokens', cols: 4 });
    const { values, operations } = builder.finish(['backward/y']);
    expect([values.get('a/backward/there')!.rows, values.get('a/backward/y')!.rows]).toEqual([
      'a/routed received',
      'a/tokens',
    ]);
    expect((operations[1] as Compute).sizes).toMatchObject({ rows: 'a/tokens' });
  });

  test('what a scope does not have is looked for outside', () => {
    const builder = programBuilder([]);
    builder.input({ name: 'x', rows: 'tokens', cols: 4 });
    builder.within('a').input({ name: 'y', rows: 'tokens', cols: 4 });
    const inner = builder.within('a').within('b');
    const place = { block: 'residual', layer: null } as const;
    const call = { kernel: 'add', sizes: { rows: 2, width: 4 } } as const;
    expect(inner.compute(place, 'sum', call, { inputs: ['x', 'y'] }, { name: 'x', rows: 2, cols: 4 })).toBe('a/b/x');
    expect(inner.compute(place, 'sum', call, { inputs: ['x', 'x'] }, { name: 'y', rows: 2, cols: 4 })).toBe('a/b/y');
    const [first, second] = builder.finish(['a/b/y']).operations as [Compute, Compute];
    expect([first.inputs, second.inputs]).toEqual([
      ['x', 'a/y'],
      ['a/b/x', 'a/b/x'],
    ]);
    expect(() => inner.compute(place, 'sum', call, { inputs: ['z', 'x'] }, { name: 'w', rows: 2, cols: 4 })).toThrow(
      /z is read before/,
    );
  });
});

test('what kernels move and compute follows from the contracts, and what they write is all that is bound', () => {
  const program = programOf(small, 'farskip', ep, { logits: 'all' });
  const symbols = new Map([
    ['tokens', 12],
    ['sequences', 2],
    ['rank', 1],
    ['positions', 64],
    ['keys', 42],
    ['keys in chunk', 42],
    ['key rows', 12],
    ...[...program.exchanges.keys()].flatMap((name) => [
      [`${name} sent`, 17] as const,
      [`${name} received`, 15] as const,
      [`${name} pairs`, 24] as const,
    ]),
  ]);
  let attention = 0;
  for (const op of program.operations) {
    if (isCollective(op)) continue;
    const sizes = sizesOf(op, symbols);
    const { read, written } = bytesMoved(op.kernel, sizes);
    const bound = (names: readonly string[]) =>
      names.reduce((sum, name) => sum + bytesOf(program.values.get(name)!, symbols), 0);
    const exact = contractOf(op.kernel)
      .outputs(sizes)
      .every(({ rowsOf }) => rowsOf === null);
    if (exact && op.kernel !== 'permute') expect([op.name, written]).toEqual([op.name, bound(op.outputs)]);
    expect(read).toBeGreaterThan(0);
    expect(contractOf(op.kernel).hasWork(sizes)).toBe(true);
    if (op.kernel === 'attention') attention = flopsOf(op, sizes)!;
  }
  const [{ attention: a }] = small.layers as [(typeof small.layers)[number]];
  if (a.kind !== 'mla') throw new Error('the fixture has other attention');
  expect(attention).toBe(2 * 42 * a.heads * (a.nope + a.rotated + a.valueDim));
  expect(bytesMoved('gemm', { rows: 3, inner: 5, cols: 7 })).toEqual({ read: 4 * (15 + 35), written: 4 * 21 });
  expect(bytesMoved('pack_bf16', { rows: 3, width: 5 })).toEqual({ read: 60, written: 36 });
});
