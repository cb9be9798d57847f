import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tableOf } from '../../src/connectivity/methods';
import type { Plan } from '../../src/model/plan';
import type { ModelSpec } from '../../src/model/spec';
import { faultsOf } from '../../src/program/check_program';
import { dependenciesOf } from '../../src/program/dependencies';
import { type Loss, lowerTraining } from '../../src/program/lower_training';
import { lowerAccumulation, lowerUpdate } from '../../src/program/lower_update';
import { isCollective, type Program } from '../../src/program/program';
import { anyTableOf } from '../connectivity/tables';
import { SMALL } from './programs';

const ADAMW = { beta1: 0.9, beta2: 0.95, eps: 1e-8, decay: 0.1 };
const REGULAR = tableOf('regular', SMALL);

/** The same model whose routers have biases. */
const BIASED: ModelSpec = {
  ...SMALL,
  layers: SMALL.layers.map(({ attention, feedForward: f }) => ({
    attention,
    feedForward: f.kind === 'moe' ? { ...f, router: { ...f.router, scoring: 'sigmoid with bias' } } : f,
  })),
};

const anyLoss = fc.constantFrom<Loss[]>(
  { kind: 'next token' },
  { kind: 'next token', chunk: 7 },
  { kind: 'divergence', teacher: REGULAR },
  { kind: 'divergence', teacher: REGULAR, intermediate: 0.5, frozen: true },
);
const anyOptions = fc.record({
  ranks: fc.constantFrom(1, 2),
  kind: fc.constantFrom<Plan['kind'][]>('ep', 'tp'),
  loss: anyLoss,
  balance: fc.constantFrom({ kind: 'loss', factor: 0.1 } as const, { kind: 'bias', rate: 0.1 } as const, null),
  recompute: fc.boolean(),
  clip: fc.constantFrom(1, null),
  accumulated: fc.boolean(),
  sharded: fc.boolean(),
  tokens: fc.constantFrom(0, 4096),
  allReduce: fc.constantFrom('direct', 'ring'),
});

test('training steps are whole programs, whatever they are made of', () => {
  fc.assert(
    fc.property(anyTableOf(BIASED), anyOptions, (table, { ranks, kind, ...options }) => {
      const plan = { kind, ranks };
      const training = lowerTraining(BIASED, table, { plan, wire: 'bf16', ...options });
      const step = lowerUpdate(training, plan, { adamw: ADAMW, ...options });
      expect(faultsOf(step)).toEqual([]);
      if (options.accumulated) expect(faultsOf(lowerAccumulation(training, plan))).toEqual([]);
      // Every weight that has a gradient is updated, once; those of routers' biases too.
      const updatedBy = (...kernels: readonly string[]) =>
        step.operations
          .flatMap((op) => (op.kind === 'compute' && kernels.includes(op.kernel) ? op.outputs[0]! : []))
          .toSorted();
      expect(updatedBy('adamw', 'apply_change')).toEqual([...training.gradients.keys()].toSorted());
      expect(updatedBy('balance_bias')).toEqual([...training.counts.keys()].toSorted());
      expect(training.counts.size > 0).toBe(options.balance?.kind === 'bias');
      // What is computed again is no collective, and begins in the backward pass.
      const collectives = (program: Program) => program.operations.filter(isCollective).length;
      const held = lowerTraining(BIASED, table, { plan, wire: 'bf16', ...options, recompute: false });
      expect(collectives(training.program)).toBe(collectives(held.program));
      const needs = dependenciesOf(step);
      for (const op of step.operations)
        if (op.name.endsWith(', again') && op.layer !== null)
          expect(needs[op.id]!.some((need) => step.operations[need]!.phase === 'backward')).toBe(true);
    }),
    { numRuns: 60 },
  );
});
