import { describe, expect, test } from 'vitest';
import { faultsOf } from '../../src/program/check_program';
import type { LoweringOptions } from '../../src/program/lower';
import type { Compute, Operation, Program } from '../../src/program/program';
import { CONNECTIVITIES, EP, MODELS, plansOf, programOf, SMALL } from './programs';

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

describe('what is wrong with a program is said', () => {
  const program = programOf(SMALL, 'farskip', EP);
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
            phase: 'update',
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
