import type { Cluster } from '../../cluster/cluster';
import { type Beside, bindProgram } from '../../cluster/executable';
import type { Connectivity } from '../../connectivity/connectivity';
import { tensorsFrom } from '../../model/tensors_of';
import { weightsOf } from '../../model/weights';
import { type Loss, lowerTraining, TEACHER, type TrainingOptions } from '../../program/lower_training';
import type { ScheduleKind } from '../../schedule/orders';
import { checkSequences } from './forward';
import type { Deployed, Lab } from './lab';
import { lossIn, trainingFeeds } from './training_feeds';

/** A loss, those beside it, and for each tensor of the checkpoint the gradient of their sum. */
export type LossGradients = {
  readonly loss: number;
  readonly otherLosses: number;
  readonly gradients: ReadonlyMap<string, Float64Array>;
};

export type GradientOptions = Partial<
  Pick<TrainingOptions, 'wire' | 'allReduce' | 'recompute' | 'balance' | 'tokens'>
> & {
  readonly schedule?: ScheduleKind;
  /** Of a frozen teacher, its weights. */
  readonly teacher?: Cluster;
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
  { wire = 'f32', allReduce = 'direct', schedule = 'overlapped', teacher, ...more }: GradientOptions = {},
): Promise<LossGradients> {
  checkSequences(spec, sequences);
  const { plan } = cluster;
  const { program, gradients, otherLosses } = lowerTraining(spec, table, { plan, wire, allReduce, loss, ...more });
  const executable = await bindProgram(cluster, program, besideTeacher(teacher));
  try {
    const feeds = trainingFeeds(spec, plan, sequences, loss);
    const orders = executable.schedule(schedule, () => 1);
    const { outputs } = await executable.run(orders, feeds, { linkBetween: null, pause: lab.pause });
    return {
      loss: lossIn(outputs),
      otherLosses: otherLosses ? lossIn(outputs, otherLosses) : 0,
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

/** What a program with a frozen teacher is bound to. */
export const besideTeacher = (cluster: Cluster | undefined): Beside =>
  cluster ? { scope: { name: TEACHER, cluster } } : {};
