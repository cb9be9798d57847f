import { bindProgram } from '../../cluster/executable';
import type { Connectivity } from '../../connectivity/connectivity';
import { INSTANT } from '../../network/link';
import { type Loss, lowerTraining, type TrainingOptions } from '../../program/lower_training';
import { type AdamW, lowerUpdate } from '../../program/lower_update';
import type { ScheduleKind } from '../../schedule/orders';
import { checkSequences } from './forward';
import type { Deployed, Lab } from './lab';
import { lossIn, trainingFeeds, withStep } from './training_feeds';

/** A model that learns: the weights on its ranks change with each step. */
export type Trainer = {
  /** One step on some sequences at a learning rate; answers their mean loss before it. */
  readonly step: (sequences: readonly (readonly number[])[], rate: number, signal?: AbortSignal) => Promise<number>;
  readonly destroy: () => void;
};

type Options = Partial<Pick<TrainingOptions, 'wire' | 'allReduce'>> & {
  readonly loss: Loss;
  readonly adamw: AdamW;
  readonly schedule?: ScheduleKind;
};

/** Steps of AdamW on a deployed model, over a wire that takes no time. */
export async function createTrainer(
  lab: Lab,
  { checkpoint: { spec }, cluster }: Deployed,
  table: Connectivity,
  { wire = 'f32', allReduce = 'direct', schedule = 'overlapped', loss, adamw }: Options,
): Promise<Trainer> {
  const { plan } = cluster;
  const program = lowerUpdate(lowerTraining(spec, table, { plan, wire, allReduce, loss }), plan, adamw);
  const executable = await bindProgram(cluster, program);
  const orders = executable.schedule(schedule, () => 1);
  let done = 0;
  return {
    destroy: executable.destroy,
    async step(sequences, rate, signal) {
      checkSequences(spec, sequences);
      done++;
      const step = [rate, 1 - adamw.beta1 ** done, 1 - adamw.beta2 ** done, 1] as const;
      const feeds = trainingFeeds(spec, plan, sequences, loss).map((feed) => withStep(feed, step));
      const options = { linkBetween: () => INSTANT, pause: lab.pause, ...(signal && { signal }) };
      const { outputs } = await executable.run(orders, feeds, options);
      return lossIn(outputs);
    },
  };
}
