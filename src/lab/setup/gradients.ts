import { bindProgram } from '../../cluster/executable';
import { type Feed, feedOf, wholeSequences } from '../../cluster/feed';
import type { Connectivity } from '../../connectivity/connectivity';
import { holdersOf, type Plan } from '../../model/plan';
import { tensorsFrom } from '../../model/tensors_of';
import { weightsOf } from '../../model/weights';
import { INSTANT } from '../../network/link';
import { LOSSES, type Loss, lowerTraining, type TrainingOptions } from '../../program/lower_training';
import { INPUTS } from '../../program/program';
import type { ScheduleKind } from '../../schedule/orders';
import { checkSequences } from './forward';
import type { Deployed, Lab } from './lab';

/** A loss, and its gradient for each tensor of the checkpoint. */
export type LossGradients = {
  readonly loss: number;
  readonly gradients: ReadonlyMap<string, Float64Array>;
};

export type GradientOptions = Partial<Pick<TrainingOptions, 'wire' | 'allReduce'>> & {
  readonly schedule?: ScheduleKind;
};

/**
 * The mean loss of sequences, spread over the ranks by the cluster's plan, over a wire that takes no time, and what it
 * changes by with each weight. Throws InputError where `forward` does.
 */
export async function gradientsOf(
  lab: Lab,
  { checkpoint: { spec }, cluster }: Deployed,
  table: Connectivity,
  sequences: readonly (readonly number[])[],
  loss: Loss,
  { wire = 'f32', allReduce = 'direct', schedule = 'overlapped' }: GradientOptions = {},
): Promise<LossGradients> {
  checkSequences(spec, sequences);
  const { plan } = cluster;
  const { program, gradients } = lowerTraining(spec, table, { plan, wire, allReduce, loss });
  const executable = await bindProgram(cluster, program);
  try {
    const feeds = cluster.ranks.map(({ index }): Feed => {
      const own = sequences.filter((_, i) => holdersOf(plan, i).includes(index));
      const feed = feedOf(index, plan.ranks, spec, wholeSequences(own));
      return { ...feed, inputs: new Map([...feed.inputs, ...lossInputs(own, weightOf(sequences, loss, plan), loss)]) };
    });
    const orders = executable.schedule(schedule, () => 1);
    const { outputs } = await executable.run(orders, feeds, { linkBetween: () => INSTANT, pause: lab.pause });
    return {
      loss: outputs.reduce((sum, own) => sum + own.get(LOSSES)!.reduce((a, b) => a + b, 0), 0),
      gradients: new Map(
        weightsOf(spec).flatMap((weight) => {
          const name = gradients.get(weight.name);
          return name === undefined
            ? []
            : [
                ...tensorsFrom(
                  weight,
                  plan,
                  outputs.map((own) => own.get(name)!),
                ),
              ];
        }),
      ),
    };
  } finally {
    executable.destroy();
  }
}

/** Whether a token's loss counts: what follows a sequence's last token nobody knows. */
const counts = (loss: Loss, i: number, length: number): boolean => loss.kind === 'divergence' || i < length - 1;

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
  const targets = sequences.flatMap((ids) => ids.map((_, i) => ids[i + 1] ?? 0));
  const weights = sequences.flatMap((ids) => ids.map((_, i) => (counts(loss, i, ids.length) ? weight : 0)));
  return [
    [INPUTS.target, Uint32Array.from(targets)],
    [INPUTS.lossWeight, new Uint32Array(Float32Array.from(weights).buffer)],
  ];
}
