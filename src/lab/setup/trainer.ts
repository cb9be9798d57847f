import type { Cluster } from '../../cluster/cluster';
import { bindProgram, type Executable } from '../../cluster/executable';
import type { Connectivity } from '../../connectivity/connectivity';
import { tokensOfRank } from '../../model/plan';
import { readFloats, type Tensor, type Tensors } from '../../model/safetensors';
import { BYTES_OF } from '../../model/value_type';
import type { WrittenTensor } from '../../model/write_safetensors';
import { lowerTraining, type TrainingOptions } from '../../program/lower_training';
import {
  averagesIn,
  GRADIENT_NORM,
  lowerAccumulation,
  lowerUpdate,
  type UpdateOptions,
} from '../../program/lower_update';
import type { KeptValue } from '../../program/program';
import type { ScheduleKind } from '../../schedule/orders';
import { InputError } from '../../words/error';
import { phrase } from '../../words/phrase';
import { checkSequences } from './forward';
import { besideTeacher } from './gradients';
import { floatsIn } from './kept_floats';
import { createKnownClock } from './known_clock';
import type { Deployed, Lab } from './lab';
import { lossIn, trainingFeeds, withStep } from './training_feeds';

/** Of a batch, before the step on it. */
export type Stepped = {
  readonly loss: number;
  /** Of the losses beside it, together; 0 where there are none. */
  readonly otherLosses: number;
  /** Of all gradients; null where it is not held to a limit. */
  readonly gradientNorm: number | null;
};

type Sequences = readonly (readonly number[])[];

/** A model that learns: the weights on its ranks change with each step. */
export type Trainer = {
  /** One step on some sequences at a learning rate. */
  readonly step: (sequences: Sequences, rate: number, signal?: AbortSignal) => Promise<Stepped>;
  /** AdamW's running averages on each rank, by names that are the rank's own. */
  readonly averages: () => Promise<Map<string, WrittenTensor>>;
  /** Bytes of them all. */
  readonly averageBytes: number;
  readonly destroy: () => void;
};

export type TrainerOptions = Pick<TrainingOptions, 'loss' | 'balance' | 'recompute'> &
  Partial<Pick<TrainingOptions, 'wire' | 'allReduce'>> &
  Pick<UpdateOptions, 'adamw' | 'clip' | 'sharded' | 'frozen'> & {
    readonly schedule?: ScheduleKind;
    /** In how many passes a batch is done, each of about as many sequences: their gradients are added. */
    readonly passes?: number;
    /** Of a step, about: sums over many are split, so that a GPU is busy with small weights, too. */
    readonly tokens?: number;
    /** Of a frozen teacher, its weights; they must last longer. */
    readonly teacher?: Cluster;
    /** To go on after so many steps, with the averages that there were then. */
    readonly resume?: { readonly done: number; readonly averages: Tensors };
  };

/** Steps of AdamW on a deployed model, over a wire that takes no time. Throws InputError for settings that can't be. */
export async function createTrainer(
  lab: Lab,
  { checkpoint: { spec }, cluster }: Deployed,
  table: Connectivity,
  {
    wire = 'f32',
    allReduce = 'direct',
    schedule = 'blocking',
    passes = 1,
    tokens = 0,
    teacher,
    resume,
    ...options
  }: TrainerOptions,
): Promise<Trainer> {
  if (!Number.isInteger(passes) || passes < 1)
    throw new InputError(phrase`A step can't be done in ${passes} passes; a whole number from 1 on is needed.`);
  const { plan } = cluster;
  const { loss, adamw } = options;
  const ofRank = tokensOfRank(plan, tokens / passes);
  const training = lowerTraining(spec, table, { plan, wire, allReduce, tokens: ofRank, ...options });
  const accumulated = passes > 1;
  const beside = besideTeacher(teacher);
  const update = lowerUpdate(training, plan, { allReduce, accumulated, ...options });
  const updating = await bindProgram(cluster, update, beside);
  let adding: Executable | null = null;
  try {
    if (accumulated)
      adding = await bindProgram(cluster, lowerAccumulation(training, plan, options.frozen), {
        ...beside,
        executable: updating,
      });
  } catch (cause) {
    updating.destroy();
    throw cause;
  }
  const ordersOf = (executable: Executable) => executable.schedule(schedule, () => 1);
  const [updateOrders, addOrders] = [ordersOf(updating), adding && ordersOf(adding)];
  const averages = averagesIn(update);
  const heldBy = (rank: number, { name }: KeptValue) => updating.keptOn(rank, name)!;
  const clock = createKnownClock();
  let done = resume?.done ?? 0;
  if (resume)
    for (const { index, engine } of cluster.ranks)
      for (const value of averages) {
        const values = readFloats(averageIn(resume.averages, index, value));
        engine.gpu.device.queue.writeBuffer(heldBy(index, value).buffer, 0, values);
      }
  const floats = averages.reduce((sum, { rows, cols }) => sum + (rows as number) * cols, 0);
  return {
    averageBytes: BYTES_OF.f32 * floats * plan.ranks,
    async averages() {
      const tensors = new Map<string, WrittenTensor>();
      for (const { index, engine } of cluster.ranks)
        for (const value of averages) {
          const [rows, cols] = [value.rows as number, value.cols];
          const values = (await floatsIn(engine, heldBy(index, value), lab.pause)).slice(0, rows * cols);
          tensors.set(nameOnRank(index, value), { shape: [rows, cols], values });
        }
      return tensors;
    },
    destroy() {
      adding?.destroy();
      updating.destroy();
    },
    async step(sequences, rate, signal) {
      checkSequences(spec, sequences);
      if (sequences.length < passes)
        throw new InputError(
          phrase`${sequences.length} sequences can't be done in ${passes} passes; each pass needs one of its own.`,
        );
      const step = [rate, 1 - adamw.beta1 ** (done + 1), 1 - adamw.beta2 ** (done + 1), 1] as const;
      let [sum, others] = [0, 0];
      let gradientNorm: number | null = null;
      for (const [i, part] of partsOf(sequences, passes).entries()) {
        const feeds = trainingFeeds(spec, plan, part, loss, sequences).map((feed) => withStep(feed, step, i > 0));
        const last = i === passes - 1;
        const runOptions = {
          linkBetween: null,
          pause: lab.pause,
          // Nobody looks at its spans, and a pass a kernel takes as long as small kernels do.
          untraced: true,
          ...clock.options(),
          ...(signal && { signal }),
        };
        const run = await (last
          ? updating.run(updateOrders, feeds, runOptions)
          : adding!.run(addOrders!, feeds, runOptions));
        clock.learn(run);
        const { outputs } = run;
        sum += lossIn(outputs);
        if (training.otherLosses) others += lossIn(outputs, training.otherLosses);
        gradientNorm = outputs[0]!.get(GRADIENT_NORM)?.[0] ?? null;
      }
      done++;
      return { loss: sum, otherLosses: others, gradientNorm };
    },
  };
}

/** The same sequences in so many parts, the first ones longer where it does not divide them. */
function partsOf(sequences: Sequences, count: number): Sequences[] {
  const least = Math.floor(sequences.length / count);
  const longer = sequences.length % count;
  const begin = (i: number) => i * least + Math.min(i, longer);
  return Array.from({ length: count }, (_, i) => sequences.slice(begin(i), begin(i + 1)));
}

const nameOnRank = (rank: number, { name }: KeptValue) => `rank ${rank}, ${name}`;

function averageIn(tensors: Tensors, rank: number, value: KeptValue): Tensor {
  const name = nameOnRank(rank, value);
  const tensor = tensors.get(name);
  if (tensor && tensor.shape[0] === value.rows && tensor.shape[1] === value.cols) return tensor;
  throw new InputError(phrase`What was kept of the training has no ${name} of this size; it is of another model.`);
}
