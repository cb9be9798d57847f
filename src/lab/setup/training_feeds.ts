import { bitsOf, type Feed, feedOf, wholeSequences } from '../../cluster/feed';
import { holdersOf, type Plan } from '../../model/plan';
import type { ModelSpec } from '../../model/spec';
import { LOSSES, type Loss } from '../../program/lower_training';
import { INPUTS } from '../../program/program';

type Sequences = readonly (readonly number[])[];

/**
 * What each rank starts a training pass with: its sequences, and what the loss of each token counts, where the pass is
 * one of those over all sequences of `batch`.
 */
export function trainingFeeds(
  spec: ModelSpec,
  plan: Plan,
  sequences: Sequences,
  loss: Loss,
  batch = sequences,
): Feed[] {
  const weight = weightOf(batch, loss, plan);
  return Array.from({ length: plan.ranks }, (_, rank): Feed => {
    const own = sequences.filter((_, i) => holdersOf(plan, i).includes(rank));
    const feed = feedOf(rank, plan.ranks, spec, wholeSequences(own));
    return { ...feed, inputs: new Map([...feed.inputs, ...lossInputs(own, weight, loss)]) };
  });
}

/**
 * What each rank starts a pass with, of whatever kind: a training pass learns the next token, and a step is of rate 0,
 * so that it can be done again.
 */
export const stepFeeds = (spec: ModelSpec, plan: Plan, sequences: Sequences): Feed[] =>
  trainingFeeds(spec, plan, sequences, { kind: 'next token' }).map((feed) => withStep(feed, [0, 1, 1, 1]));

/**
 * What an optimizer's step is told: its rate, what corrects both averages, and a factor of the gradients; and whether
 * gradients of the same step came before.
 */
export const withStep = (feed: Feed, step: readonly [number, number, number, number], begun = false): Feed => ({
  ...feed,
  inputs: new Map([...feed.inputs, [INPUTS.step, floatBits(step)], [INPUTS.begun, floatBits([begun ? 1 : 0])]]),
});

const floatBits = (values: readonly number[]) => bitsOf(Float32Array.from(values));

/** The mean loss, from those of each rank's tokens: the first loss, or others by their name. */
export const lossIn = (outputs: readonly ReadonlyMap<string, Float32Array>[], losses = LOSSES): number =>
  outputs.reduce((sum, own) => sum + own.get(losses)!.reduce((a, b) => a + b, 0), 0);

/** Whether a token's loss counts: what follows a sequence's last token nobody knows. */
export const counts = (loss: Loss, i: number, length: number): boolean => loss.kind === 'divergence' || i < length - 1;

/** What a token's loss counts, so that all ranks' sum up to the mean: of those that compute the same, each a part. */
function weightOf(sequences: Sequences, loss: Loss, plan: Plan): number {
  const tokens = sequences.reduce((sum, { length }) => sum + (loss.kind === 'divergence' ? length : length - 1), 0);
  return 1 / (tokens * holdersOf(plan, 0).length);
}

/** Of a rank's sequences, one after the other, each token's target and what its loss counts. */
function lossInputs(sequences: Sequences, weight: number, loss: Loss): [string, Uint32Array<ArrayBuffer>][] {
  const targets = targetsOf(sequences);
  const weights = new Float32Array(targets.length);
  let token = 0;
  for (const { length } of sequences)
    for (let i = 0; i < length; i++) weights[token++] = counts(loss, i, length) ? weight : 0;
  return [
    [INPUTS.target, targets],
    [INPUTS.lossWeight, bitsOf(weights)],
  ];
}

/** Of sequences, one after the other, the token after each token; of a last one, which none follows, 0. */
export function targetsOf(sequences: Sequences): Uint32Array<ArrayBuffer> {
  const targets = new Uint32Array(sequences.reduce((sum, { length }) => sum + length, 0));
  let token = 0;
  for (const ids of sequences) for (let i = 0; i < ids.length; i++) targets[token++] = ids[i + 1] ?? 0;
  return targets;
}
