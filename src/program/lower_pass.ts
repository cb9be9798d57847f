import type { Connectivity } from '../connectivity/connectivity';
import type { ModelSpec } from '../model/spec';
import { type LoweringOptions, lower } from './lower';
import { LOSSES, lowerTraining } from './lower_training';
import { type AdamW, lowerUpdate } from './lower_update';
import type { Pass, Program } from './program';

/** As the paper and the oracle train. */
export const USUAL_ADAMW: AdamW = { beta1: 0.9, beta2: 0.95, eps: 1e-8, decay: 0.1 };

type PassOptions = Pick<LoweringOptions, 'plan' | 'wire' | 'allReduce'> & {
  readonly recompute: boolean;
  readonly sharded: boolean;
  /** Of a rank. */
  readonly tokens: number;
};

/** A program of whole sequences: its first output is the logits of their last tokens, or each token's loss. */
export function lowerPass(
  pass: Pass,
  spec: ModelSpec,
  connectivity: Connectivity,
  { recompute, sharded, tokens, ...options }: PassOptions,
): Program {
  if (pass === 'forward')
    return lower(spec, connectivity, { ...options, logits: 'last', hidden: false, cached: false });
  const training = lowerTraining(spec, connectivity, {
    ...options,
    recompute,
    tokens,
    loss: { kind: 'next token' },
  });
  if (pass === 'step') return lowerUpdate(training, options.plan, { adamw: USUAL_ADAMW, sharded, allReduce: 'ring' });
  // Gradients stay where they are.
  return { ...training.program, outputs: training.program.outputs.filter((name) => name === LOSSES) };
}
