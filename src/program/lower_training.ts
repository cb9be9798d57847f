import type { Connectivity } from '../connectivity/connectivity';
import type { ModelSpec } from '../model/spec';
import { InputError } from '../words/error';
import { phrase } from '../words/phrase';
import { programBuilder } from './builder';
import { type Differentiated, differentiate } from './derivative/differentiate';
import { declareInputs, keptValuesOf, type LoweringOptions, lowerForward } from './lower';
import { INPUTS } from './program';

/** What a model learns from: the text that follows, or what another connectivity of the same weights makes of it. */
export type Loss = { readonly kind: 'next token' } | { readonly kind: 'divergence'; readonly teacher: Connectivity };

export type TrainingOptions = Pick<LoweringOptions, 'plan' | 'wire' | 'allReduce'> & { readonly loss: Loss };

/** Each token's loss times what it counts, [tokens]: the first output; then come the gradients. */
export const LOSSES = 'losses';

/** As kernels/backward/attention_*_grad/any.wgsl have room for. */
const WIDEST_KEY = 512;

function refuseWideKeys({ layers }: ModelSpec): void {
  for (const { attention } of layers) {
    const width = attention.kind === 'mla' ? attention.nope + attention.rotated : attention.headDim;
    if (width > WIDEST_KEY)
      throw new InputError(
        phrase`Attention keys of ${width} columns can't be trained here; at most ${WIDEST_KEY} can.`,
      );
  }
}

/**
 * A forward pass, its loss, and the gradients of all weights that the logits depend on: on each rank its part of them,
 * of the loss that all ranks' `loss weight`s sum up to. Throws InputError for keys that are too wide.
 */
export function lowerTraining(spec: ModelSpec, connectivity: Connectivity, options: TrainingOptions): Differentiated {
  refuseWideKeys(spec);
  const build = programBuilder(keptValuesOf(spec, options.plan));
  const rows = 'tokens';
  const cols = spec.vocabulary;
  const whole = { ...options, logits: 'all', hidden: false, cached: false } as const;
  declareInputs(build, spec);
  const { loss } = options;
  const weights = build.input({ name: INPUTS.lossWeight, rows, cols: 1 });
  const [logits] = lowerForward(build, spec, connectivity, whole) as [string];
  const [kernel, against] =
    loss.kind === 'next token'
      ? (['cross_entropy', build.input({ name: INPUTS.target, rows, cols: 1, type: 'u32' })] as const)
      : (['kl_divergence', lowerForward(build.within('teacher'), spec, loss.teacher, whole)[0]!] as const);
  const dLogits = { name: 'd logits', rows, cols };
  const losses = build.compute(
    { block: 'head', layer: null },
    'loss',
    { kernel, sizes: { rows, width: cols } },
    { inputs: [logits, against, weights] },
    { name: LOSSES, rows, cols: 1 },
    dLogits,
  );
  return differentiate(build.finish([losses]), new Map([[logits, dLogits.name]]));
}
