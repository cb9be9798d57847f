import { median } from 'simple-statistics';
import type { Cluster } from '../../../cluster/cluster';
import type { Connectivity } from '../../../connectivity/connectivity';
import { FROM_CONFIG } from '../../../connectivity/methods';
import type { Checkpoint } from '../../../model/checkpoint';
import { parseSafetensors, readFloats, type Tensor, type Tensors } from '../../../model/safetensors';
import { BYTES_OF } from '../../../model/value_type';
import { parametersOf } from '../../../model/weights';
import { safetensorsOf, type WrittenTensor } from '../../../model/write_safetensors';
import { USUAL_ADAMW } from '../../../program/lower_pass';
import type { Loss } from '../../../program/lower_training';
import { InputError } from '../../../words/error';
import { megabytes } from '../../../words/megabytes';
import { phrase } from '../../../words/phrase';
import { sha256 } from '../../../words/sha256';
import { type ChosenModel, chooseModel } from '../../setup/choose_model';
import { connectivityOf } from '../../setup/find_model';
import { type Deployed, deploy, type Lab } from '../../setup/lab';
import { type Manifest, manifestOf } from '../../setup/manifest';
import { createScorer } from '../../setup/scorer';
import { weightsIn } from '../../setup/trained_weights';
import { createTrainer, type Trainer } from '../../setup/trainer';
import { type Corpus, openCorpus } from '../corpora/corpus';
import { differentItems, TASKS } from '../corpora/tasks';
import { lossOver } from '../evaluation/mean_loss';
import { averageOf, scoreTasks } from '../evaluation/score_tasks';
import { type Emit, type Experiment, tellRemark } from '../experiment';
import { base64, checkpointFiles, type Files } from './checkpoint_files';
import { type Benchmarked, bestOf } from './early_stop';
import { rateShare } from './rates';
import { TrainSettings } from './settings';
import {
  type CurvePoint,
  changeSince,
  PROGRAMS,
  readState,
  STATE,
  type Start,
  type State,
  stateFile,
  type Told,
  weightsSha256,
  withWeights,
} from './state';

export type Trained = {
  readonly settings: TrainSettings;
  readonly manifest: Manifest;
  readonly textTokens: number;
  readonly curve: Told['curve'];
  readonly benchmarks: readonly Benchmarked[];
  /** The step whose weights are the result, and why there were no more. */
  readonly step: number;
  readonly ended: 'all steps' | 'no gain' | 'stopped';
  /**
   * Over what was held out: mean next-token cross-entropy, and divergence from the teacher; after a stop it is not
   * looked at again.
   */
  readonly heldOut: { readonly windows: number; readonly before: HeldOut; readonly after: HeldOut | null };
  /** By the host's clock, median over the steps but the first; null of fewer than two. */
  readonly tokensPerSecond: number | null;
};
type HeldOut = Told['before'];

/**
 * Trains a model on a text, or distils it from itself in another connectivity: the same curve for the same settings on
 * the same GPU. Files are told by events, the last before what is held out is looked at again. A stop gives what was
 * reached. Throws InputError for settings that can't be met.
 */
export const trainExperiment: Experiment<TrainSettings, Trained> = {
  settings: TrainSettings,
  paths: ['model', 'data', 'resume'],
  run: train,
};

/** A training under way: what it is made of, and what it told so far. */
type Training = {
  readonly lab: Lab;
  readonly settings: TrainSettings;
  readonly chosen: ChosenModel;
  readonly checkpoint: Checkpoint;
  readonly table: Connectivity;
  readonly corpus: Corpus;
  readonly begun: Start;
  readonly student: Deployed;
  readonly teacher: Cluster | null;
  readonly manifest: Manifest;
  readonly before: HeldOut;
  readonly curve: CurvePoint[];
  readonly benchmarks: Benchmarked[];
  /** The weights of the best benchmark; none where there was none. */
  best: ReadonlyMap<string, WrittenTensor>;
};

async function train(lab: Lab, settings: TrainSettings, emit: Emit, signal?: AbortSignal): Promise<Trained> {
  checkSettings(settings);
  const chosen = await chooseModel(lab, settings.model, false);
  const checkpoint = await startOf(chosen, settings);
  tellRemark(checkpoint, emit);
  const corpus = await openCorpus(lab.source, settings.data, chosen.tokenizer, settings);
  const begun: Start = {
    heldOutSha256: await sha256(Uint32Array.from(corpus.heldOut.flat())),
    weightsSha256: settings.keep || settings.resume !== null ? await weightsSha256(checkpoint.weights) : '',
    spec: checkpoint.spec,
  };
  const manifest = manifestOf(lab, settings.seed, []);
  const resumed = settings.resume === null ? null : await readState(lab.source, settings.resume, settings, begun);
  const change = resumed && changeSince(resumed.told, manifest);
  if (change) emit({ kind: 'remark', remark: change });
  const plan = { kind: settings.parallel, ranks: settings.ranks };
  const table = connectivityOf(settings.connectivity, checkpoint);
  const clusters: Cluster[] = [];
  const onRanks = async (own: Checkpoint): Promise<Deployed> => {
    const deployed = await deploy(lab, own, plan, { signal });
    clusters.push(deployed.cluster);
    return deployed;
  };
  try {
    const student = await onRanks(resumed ? withWeights(checkpoint, resumed.weights) : checkpoint);
    const teacher = settings.teacher ? (await onRanks(checkpoint)).cluster : null;
    const parts = { lab, settings, chosen, checkpoint, table, corpus, begun, student, teacher };
    const training: Training = {
      ...parts,
      manifest: resumed?.told.manifest ?? manifest,
      before: resumed?.told.before ?? (await heldOutOf(parts, student, signal)),
      curve: [...(resumed?.told.curve ?? [])],
      benchmarks: [...(resumed?.told.benchmarks ?? [])],
      best: writtenOf(resumed?.best ?? new Map()),
    };
    const { ended, times } = await stepsOf(training, resumed, emit, signal);
    const step = bestStepOf(training);
    const { before, curve, benchmarks } = training;
    const best = step < curve.length ? withWeights(checkpoint, storedOf(training.best)) : null;
    const evaluated = async () => heldOutOf(training, best ? await onRanks(best) : student, signal);
    const after = ended === 'stopped' ? null : await unlessStopped(evaluated, signal);
    return {
      settings,
      manifest: training.manifest,
      textTokens: corpus.textTokens,
      curve,
      benchmarks,
      step,
      ended,
      heldOut: { windows: corpus.heldOut.length, before, after },
      tokensPerSecond: times.length < 2 ? null : settings.batch / (median(times.slice(1)) / 1000),
    };
  } finally {
    for (const cluster of clusters) cluster.destroy();
  }
}

/** null where it was stopped meanwhile. */
async function unlessStopped<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T | null> {
  try {
    return await work();
  } catch (cause) {
    if (signal?.aborted) return null;
    throw cause;
  }
}

function checkSettings({ batch, length, passes, fresh, teacher }: TrainSettings): void {
  if (batch % length !== 0)
    throw new InputError(phrase`A batch of ${batch} tokens is no whole number of sequences of ${length}.`);
  if ((batch / length) % passes !== 0)
    throw new InputError(phrase`${batch / length} sequences can't be done in ${passes} passes of as many each.`);
  if (fresh && teacher !== null)
    throw new InputError(phrase`Fresh weights are no teacher; distil a checkpoint, or train without a teacher.`);
}

/** The model's own weights, also where there are others that were made for the connectivity; or fresh ones. */
const startOf = (chosen: ChosenModel, { fresh, seed }: TrainSettings): Promise<Checkpoint> =>
  fresh ? chosen.freshOf(seed) : chosen.checkpointOf(FROM_CONFIG);

const lossOf = ({ settings: { teacher, intermediate }, checkpoint }: Training): Loss =>
  teacher === null
    ? { kind: 'next token' }
    : {
        kind: 'divergence',
        teacher: connectivityOf(teacher, checkpoint),
        frozen: true,
        ...(intermediate > 0 && { intermediate }),
      };

type Parts = Pick<Training, 'lab' | 'table' | 'corpus' | 'settings' | 'checkpoint' | 'teacher'>;

async function heldOutOf(parts: Parts, model: Deployed, signal: AbortSignal | undefined): Promise<HeldOut> {
  const { lab, table, corpus, settings, checkpoint, teacher } = parts;
  const { loss } = await lossOver(lab, model, table, corpus.heldOut, { kind: 'next token' }, { signal });
  if (!teacher) return { loss, divergence: null };
  const from = { kind: 'divergence', teacher: connectivityOf(settings.teacher!, checkpoint), frozen: true } as const;
  const divergence = await lossOver(lab, model, table, corpus.heldOut, from, { teacher, signal });
  return { loss, divergence: divergence.loss };
}

type Steps = {
  readonly ended: Trained['ended'];
  /** Of each step, ms by the host's clock. */
  readonly times: readonly number[];
};

async function stepsOf(
  training: Training,
  resumed: State<Tensor> | null,
  emit: Emit,
  signal: AbortSignal | undefined,
): Promise<Steps> {
  const { settings, curve, benchmarks } = training;
  const { steps, benchmark, saveEvery } = settings;
  const trainer = await trainerOf(training, resumed?.averages ?? null);
  if (settings.keep) checkSizes(training, trainer);
  const tellFiles = async () => emit({ kind: 'files', files: await filesOf(training, trainer) });
  const times: number[] = [];
  const endsNow = (): Steps['ended'] | null => {
    // Between steps only: a step is made whole or not at all.
    if (signal?.aborted) return 'stopped';
    if (benchmark && bestOf(benchmarks, benchmark).ends) return 'no gain';
    return curve.length === steps ? 'all steps' : null;
  };
  try {
    let ended = endsNow();
    for (; ended === null; ended = endsNow()) {
      times.push(await stepOf(training, trainer, emit));
      const done = curve.length;
      if (benchmark && done % benchmark.every === 0) await benchmarkAt(training, done, benchmark);
      if (saveEvery !== null && done % saveEvery === 0 && done < steps) await tellFiles();
    }
    if (settings.keep) await tellFiles();
    return { ended, times };
  } finally {
    trainer.destroy();
  }
}

const trainerOf = (training: Training, averages: Tensors | null): Promise<Trainer> => {
  const { lab, settings, student, table, teacher, curve } = training;
  const { batch, clip, recompute, passes, decay, frozenEmbedding } = settings;
  return createTrainer(lab, student, table, {
    loss: lossOf(training),
    adamw: { ...USUAL_ADAMW, decay },
    clip,
    recompute,
    passes,
    tokens: batch,
    ...(frozenEmbedding && { frozen: new Set(['model.embed_tokens']) }),
    ...(teacher && { teacher }),
    ...(averages && { resume: { done: curve.length, averages } }),
  });
};

/** One step; answers its ms. */
async function stepOf({ settings, corpus, curve }: Training, trainer: Trainer, emit: Emit): Promise<number> {
  const { steps, batch, length, warmup, schedule, rate: highest } = settings;
  const step = curve.length;
  const doing = { phase: 'training', step, loss: curve.at(-1)?.loss ?? null } as const;
  emit({ kind: 'progress', doing, done: step, total: steps, part: null });
  const rate = highest * rateShare(schedule, step, steps, warmup);
  const since = performance.now();
  const { loss, gradientNorm } = await trainer.step(corpus.batchAt(step, batch / length), rate);
  const took = performance.now() - since;
  if (!Number.isFinite(loss))
    throw new InputError(phrase`The loss is no number any more in step ${step + 1}; use a lower rate.`);
  curve.push({ step, loss, gradientNorm, rate });
  return took;
}

/** Of the quick benchmark: the tasks whose answers are written. */
const WRITTEN = TASKS.filter(({ scored }) => scored === 'exact');
const QUICK_SEED = 1;

async function benchmarkAt(
  training: Training,
  step: number,
  { items, patience, delta }: NonNullable<TrainSettings['benchmark']>,
): Promise<void> {
  const { lab, student, table, chosen, benchmarks } = training;
  const scorer = await createScorer(lab, student, table, { kind: 'next token' });
  try {
    const asked = WRITTEN.map((task, i) => ({
      task,
      items: differentItems(task, QUICK_SEED + i, items, 'benchmark'),
    }));
    // Whole, as a step is: it is short.
    const score = averageOf(await scoreTasks(scorer, chosen.tokenizer, asked));
    benchmarks.push({ step, score });
  } finally {
    scorer.destroy();
  }
  if (bestOf(benchmarks, { patience, delta }).best?.step === step) training.best = await weightsIn(lab, student);
}

/** The step whose weights are the result: that of the best benchmark, or the last. */
function bestStepOf({ settings: { benchmark }, benchmarks, curve }: Training): number {
  const best = benchmark && bestOf(benchmarks, benchmark).best;
  return best ? best.step : curve.length;
}

/** Of a file, as it is told: its text has a third more characters than it has bytes, and no text has more than 2^29. */
const MOST_BYTES = 4e8;

/** Throws InputError, before the first step, where files would be too large to be told. */
function checkSizes({ settings, checkpoint: { spec } }: Training, trainer: Trainer): void {
  const copies = settings.benchmark ? 2 : 1;
  const bytes = copies * BYTES_OF.f32 * parametersOf(spec) + trainer.averageBytes;
  if (bytes > MOST_BYTES)
    throw new InputError(
      phrase`What the training is kept in would have ${megabytes(bytes)}, more than the ${megabytes(MOST_BYTES)} of a file here; take a smaller model or fewer devices, or train without --out.`,
    );
}

/** The checkpoint, and what the training goes on from. */
async function filesOf(training: Training, trainer: Trainer): Promise<Files> {
  const { lab, chosen, checkpoint, table, student, best } = training;
  const { settings, manifest, begun, curve, benchmarks, before } = training;
  const weights = await weightsIn(lab, student);
  const { heldOutSha256, weightsSha256 } = begun;
  const hashes = { heldOutSha256, weightsSha256 };
  const told = { version: 1, settings, manifest, programs: PROGRAMS, ...hashes, curve, benchmarks, before } as const;
  const result = bestStepOf(training) < curve.length ? best : weights;
  return {
    ...(await checkpointFiles(chosen, checkpoint, table, result)),
    [STATE]: base64(stateFile({ told, weights, averages: await trainer.averages(), best })),
  };
}

const storedOf = (tensors: ReadonlyMap<string, WrittenTensor>): Tensors =>
  parseSafetensors(safetensorsOf(tensors), 'best');

const writtenOf = (tensors: Tensors): ReadonlyMap<string, WrittenTensor> =>
  new Map([...tensors].map(([name, tensor]) => [name, { shape: tensor.shape, values: readFloats(tensor) }]));
