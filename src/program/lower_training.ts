import type { Connectivity } from '../connectivity/connectivity';
import type { ModelSpec } from '../model/spec';
import { headOf } from '../model/weights';
import { InputError } from '../words/error';
import { phrase } from '../words/phrase';
import { type Builder, programBuilder, scoped } from './builder';
import { type Differentiated, differentiate } from './derivative/differentiate';
import { recomputed } from './derivative/recompute';
import { declareInputs, GREEDY, keptValuesOf, type LoweringOptions, lowerForward, lowerSample } from './lower';
import { lowerBalanceLoss, lowerExpertCounts } from './lower_balance';
import { lowerLossInChunks } from './lower_chunked_loss';
import { INPUTS, type Program } from './program';

/**
 * What a model learns from: the text that follows, its cross-entropy computed in chunks of so many words of the
 * vocabulary where that is said; or what a teacher of another connectivity makes of it, and, times
 * `intermediate`, how far the residual stream is from the teacher's after each layer (the mean square). The teacher has
 * the same weights; `frozen`: weights of its own, which stay as they are, by the same names in the scope TEACHER.
 */
export type Loss =
  | { readonly kind: 'next token'; readonly chunk?: number }
  | {
      readonly kind: 'divergence';
      readonly teacher: Connectivity;
      readonly intermediate?: number;
      readonly frozen?: boolean;
    };

export const TEACHER = 'teacher';

/**
 * How routers learn to use all experts: by a loss, times a factor; or by their biases, which AdamW leaves alone, and
 * which rise or fall by a rate a step.
 */
export type Balance =
  | { readonly kind: 'loss'; readonly factor: number }
  | { readonly kind: 'bias'; readonly rate: number };

export type TrainingOptions = Pick<LoweringOptions, 'plan' | 'wire' | 'allReduce'> & {
  readonly loss: Loss;
  readonly balance?: Balance | null;
  /** Whether a layer's activations are computed again for its backward pass, not held. */
  readonly recompute?: boolean;
  /** Tokens of a rank, about: sums over many are split, for a GPU to be busy with a small weight's. */
  readonly tokens?: number;
};

/** A program of a training pass. */
export type Training = Differentiated & {
  /** Of each router's bias that balances, how many pairs its experts have on this rank. */
  readonly counts: ReadonlyMap<string, string>;
  /** The same of losses beside the first, [tokens], where there are any: intermediate ones, and routers'. */
  readonly otherLosses: string | null;
  readonly balance: Balance | null;
};

/** Each token's loss times what it counts, [tokens]: the first output; then come other losses, counts, and the gradients. */
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
export function lowerTraining(spec: ModelSpec, connectivity: Connectivity, options: TrainingOptions): Training {
  refuseWideKeys(spec);
  const { balance = null, recompute = false, tokens = null } = options;
  const { build, seeds, others } = lowerLosses(spec, connectivity, options);
  if (balance?.kind === 'loss') others.push(...lowerBalanceLoss(build, spec, balance.factor, seeds));
  const counts = balance?.kind === 'bias' ? lowerExpertCounts(build, spec) : new Map<string, string>();
  const otherLosses = lowerSum(build, others);
  const outputs = [LOSSES, ...(otherLosses ? [otherLosses] : []), ...counts.values()];
  const { program, gradients } = differentiate(build.finish(outputs), seeds, tokens);
  return {
    program: recompute ? recomputed(program, new Set(gradients.values())) : program,
    gradients,
    counts,
    otherLosses,
    balance,
  };
}

type ScoringOptions = Pick<TrainingOptions, 'plan' | 'wire' | 'allReduce' | 'loss'>;

/** A forward pass and its loss: each token's loss times what it counts, and its most likely next token. */
export function lowerScoring(spec: ModelSpec, connectivity: Connectivity, options: ScoringOptions): Program {
  const { build, logits } = lowerLosses(spec, connectivity, options);
  return build.finish([LOSSES, lowerSample(build, logits, 'tokens', GREEDY)]);
}

/** A program as far as its losses, with the seeds of their gradients, and losses beside the first. */
type Losses = {
  readonly build: Builder;
  /** What the loss is taken of: logits, or, in chunks, what these are computed from. */
  readonly logits: string;
  readonly seeds: Map<string, string>;
  readonly others: string[];
};

function lowerLosses(spec: ModelSpec, connectivity: Connectivity, options: ScoringOptions): Losses {
  const { loss, plan } = options;
  const kept = keptValuesOf(spec, plan);
  const frozen = loss.kind === 'divergence' && loss.frozen;
  const ofTeacher = frozen
    ? kept.flatMap((value) => (value.origin === 'checkpoint' ? [{ ...value, name: scoped(TEACHER, value.name) }] : []))
    : [];
  const build = programBuilder([...kept, ...ofTeacher]);
  declareInputs(build, spec);
  build.input({ name: INPUTS.lossWeight, rows: 'tokens', cols: 1 });
  const chunk = loss.kind === 'next token' ? loss.chunk : undefined;
  const stream = loss.kind === 'divergence' && loss.intermediate ? loss.intermediate : 0;
  const whole = {
    ...options,
    logits: chunk === undefined ? 'all' : 'none',
    hidden: stream > 0,
    cached: false,
  } as const;
  const [logits, ...hidden] = lowerForward(build, spec, connectivity, whole) as [string, ...string[]];
  const seeds = new Map<string, string>();
  const others: string[] = [];
  if (loss.kind === 'next token') {
    build.input({ name: INPUTS.target, rows: 'tokens', cols: 1, type: 'u32' });
    if (chunk === undefined) lowerLoss(build, 'cross_entropy', logits, INPUTS.target, seeds);
    else lowerLossInChunks(build, { x: logits, head: headOf(spec), chunk }, seeds);
  } else {
    const [theirs, ...wanted] = lowerForward(build.within(TEACHER), spec, loss.teacher, whole) as [string, ...string[]];
    lowerLoss(build, 'kl_divergence', logits, theirs, seeds);
    // Of the embedding, which both begin with, there is no distance.
    for (const [layer, own] of hidden.entries())
      if (layer > 0) others.push(lowerDistance(build, own, wanted[layer]!, stream / (hidden.length - 1), seeds));
  }
  return { build, logits, seeds, others };
}

const HEAD = { block: 'head', layer: null } as const;

/** The losses of logits against what they should be, and the seed of their gradient. */
function lowerLoss(
  build: Builder,
  kernel: 'cross_entropy' | 'kl_divergence',
  logits: string,
  against: string,
  seeds: Map<string, string>,
): void {
  const rows = 'tokens';
  const cols = build.columns(logits);
  const dLogits = 'd logits';
  build.compute(
    HEAD,
    'loss',
    { kernel, sizes: { rows, width: cols } },
    { inputs: [logits, against, INPUTS.lossWeight] },
    { name: LOSSES, rows, cols: 1 },
    { name: dLogits, rows, cols },
  );
  seeds.set(logits, dLogits);
}

/** The mean square of what two residual streams differ by, times a factor. */
function lowerDistance(
  build: Builder,
  own: string,
  wanted: string,
  factor: number,
  seeds: Map<string, string>,
): string {
  const rows = 'tokens';
  const width = build.columns(own);
  const seed = `d ${own} of its distance`;
  const losses = build.compute(
    { block: 'residual', layer: null },
    'distance',
    { kernel: 'squared_distance', sizes: { rows, width, factor: factor / width } },
    { inputs: [own, wanted, INPUTS.lossWeight] },
    { name: `distance of ${own}`, rows, cols: 1 },
    { name: seed, rows, cols: width },
  );
  seeds.set(own, seed);
  return losses;
}

const lowerSum = (build: Builder, [first, ...rest]: readonly string[]): string | null =>
  rest.reduce<string | null>(
    (sum, own, i) =>
      build.compute(
        HEAD,
        'add losses',
        { kernel: 'add', sizes: { rows: 'tokens', width: 1 } },
        { inputs: [sum!, own] },
        { name: `other losses, ${i + 2}`, rows: 'tokens', cols: 1 },
      ),
    first ?? null,
  );
