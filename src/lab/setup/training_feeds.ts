import { type Feed, feedOf, wholeSequences } from '../../cluster/feed';
import { holdersOf, type Plan } from '../../model/plan';
import type { ModelSpec } from '../../model/spec';
import { LOSSES, type Loss } from '../../program/lower_training';
import { INPUTS } from '../../program/program';

/**
 * What each rank starts a training pass with: its sequences, and what the loss of each token counts, where the pass is
 * one of those over all sequences of `batch`.
 */
export function trainingFeeds(
  spec: ModelSpec,
  plan: Plan,
  sequences: readonly (readonly number[])[],
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
export const stepFeeds = (spec: ModelSpec, plan: Plan, sequences: readonly (readonly number[])[]): Feed[] =>
  trainingFeeds(spec, plan, sequences, { kind: 'next token' }).map((feed) => withStep(feed, [0, 1, 1, 1]));

/**
 * What an optimizer's step is told: its rate, what corrects both averages, and a factor of the gradients; and whether
 * gradients of the same step came before.
 */
export const withStep = (feed: Feed, step: readonly [number, number, number, number], begun = false): Feed => ({
  ...feed,
  inputs: new Map([...feed.inputs, [INPUTS.step, floatBits(step)], [INPUTS.begun, floatBits([begun ? 1 : 0])]]),
});

const floatBits = (values: readonly number[]) => new Uint32Array(Float32Array.from(values).buffer);

/** The mean loss, from those of each rank's tokens: the first loss, or others by their name. */
export const lossIn = (outputs: readonly ReadonlyMap<string, Float32Array>[], losses = LOSSES): number =>
  outputs.reduce((sum, own) => sum + own.get(losses)!.reduce((a, b) => a + b, 0), 0);

/** Whether a token's loss counts: what follows a sequence's last token nobody knows. */
export const counts = (loss: Loss, i: number, length: number): boolean => loss.kind === 'divergence' || i < length - 1;

/** What a token's loss counts, so that all ranks' sum up to the mean: of those that compute the same, each a part. */
function weightOf(sequences: readonly (readonly number[])[], loss: Loss, plan: Plan): number {
  const tokens = sequences.reduce((sum, { length }) => sum + (loss.kind === 'divergence' ? length : length - 1), 0);
  return 1 / (tokens * holdersOf(plan, 0).length);
}

/** Of a rank's sequences, one after the other, each token's target and what its loss counts. */
function lossInputs(
  sequences: readonly (readonly number[])[],
  weight: number,
  loss: Loss,
): [string, Uint32Array<ArrayBuffer>][] {
  const weights = sequences.flatMap((ids) => ids.map((_, i) => (counts(loss, i, ids.length) ? weight : 0)));
  return [
    [INPUTS.target, targetsOf(sequences)],
    [INPUTS.lossWeight, new Uint32Array(Float32Array.from(weights).buffer)],
  ];
}

/** Of sequences, one after the other, the token after each token; of a last one, which none follows, 0. */
export const targetsOf = (sequences: readonly (readonly number[])[]): Uint32Array<ArrayBuffer> =>
  Uint32Array.from(sequences.flatMap((ids) => ids.map((_, i) => ids[i + 1] ?? 0)));
