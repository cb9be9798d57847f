import { describe, expect, test } from 'vitest';
import { tableOf } from '../../src/connectivity/methods';
import { oneAtATime } from '../../src/network/network';
import { programBuilder } from '../../src/program/builder';
import { faultsOf } from '../../src/program/check_program';
import { keptValuesOf, type LoweringOptions, lowerInto } from '../../src/program/lower';
import { type Compute, exchangeSymbols, isCollective, type Operation, type Program } from '../../src/program/program';
import { simulate } from '../../src/schedule/machine';
import { schedule } from '../../src/schedule/schedule';
import { EP, programOf, SMALL } from './programs';

describe('scopes', () => {
  const options: LoweringOptions = {
    plan: EP,
    wire: 'bf16',
    allReduce: 'direct',
    logits: 'last',
    hidden: false,
    cached: false,
  };
  const connectivity = tableOf('regular', SMALL);
  const build = programBuilder(keptValuesOf(SMALL, EP));
  const outputs = ['a', 'b'].flatMap((scope) => lowerInto(build.within(scope), SMALL, connectivity, options));
  const two = build.finish(outputs);
  const one = programOf(SMALL, 'regular', EP);

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
