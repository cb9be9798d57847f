import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readsOf, type SubBlock, type Term } from '../../src/connectivity/connectivity';
import { lower } from '../../src/program/lower';
import { inputsOf, isCollective, outputsOf, type Program } from '../../src/program/program';
import { anyTableOf } from '../connectivity/tables';
import { SMALL } from './programs';

/**
 * The terms of the residual stream in each value of a program, whole or, where ranks hold parts that are not added up
 * yet, in part; throws when a term is added twice.
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
    else if (op.kernel === 'add' || op.kernel === 'add_rmsnorm') {
      const added = op.kernel === 'add' ? 2 : (op.sizes.terms as number);
      const both = op.inputs.slice(0, added).flatMap((name) => [...terms.get(name)!]);
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
    fc.property(anyTableOf(SMALL), fc.constantFrom(...ways), (table, [kind, allReduce]) => {
      const program = lower(SMALL, table, {
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
          op.kind !== 'compute'
            ? []
            : op.kernel === 'add_rmsnorm'
              ? [[op.outputs[1]!, op.outputs[0]!]]
              : op.name === 'norm'
                ? [[op.outputs[0]!, op.inputs[0]!]]
                : [],
        ),
      );
      let seen = 0;
      for (const op of program.operations) {
        const block = FIRST[`${op.block} ${op.name}`];
        if (!block || op.kind !== 'compute') continue;
        const read = terms.get(normed.get(op.inputs[0]!)!)!;
        expect([...read.keys()].sort()).toEqual([...readsOf(SMALL, table, op.layer!, block)].sort());
        if (kind === 'tp') expect(new Set(read.values())).toEqual(new Set(['whole']));
        seen++;
      }
      expect(seen).toBe(SMALL.layers.length * 3 - 1);
    }),
    { numRuns: 50 },
  );
});
