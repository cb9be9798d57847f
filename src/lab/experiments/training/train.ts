import { median } from 'simple-statistics';
import type { Cluster } from '../../../cluster/cluster';
import { switchesFor } from '../../../connectivity/farskip';
import { FROM_CONFIG } from '../../../connectivity/methods';
import type { Checkpoint } from '../../../model/checkpoint';
import { has, readFile, type Source } from '../../../model/source';
import { safetensorsOf } from '../../../model/write_safetensors';
import { USUAL_ADAMW } from '../../../program/lower_pass';
import { InputError } from '../../../words/error';
import type { Frozen } from '../../../words/frozen';
import { phrase } from '../../../words/phrase';
import { z } from '../../../words/zod';
import { chooseModel } from '../../setup/choose_model';
import { connectivityOf } from '../../setup/find_model';
import { deploy, type Lab } from '../../setup/lab';
import { weightsIn } from '../../setup/trained_weights';
import { createTrainer, type Trainer } from '../../setup/trainer';
import { lossOver } from '../evaluation';
import { type Emit, type Experiment, tellRemark } from '../experiment';
import { RunSettings } from '../run_settings';
import { RATE_SCHEDULES, rateShare } from './rates';
import { windowsOf } from './windows';

const { model, parallel, ranks, seed } = RunSettings.shape;
const connectivity = RunSettings.shape.connectivity.element;
const count = z.number().int().min(1);

export const TrainSettings = z.object({
  model,
  connectivity,
  parallel,
  ranks,
  seed,
  /** A text file. */
  data: z.string().min(1),
  /** The connectivity of the teacher, the same weights as they are at first; null: the text alone teaches. */
  teacher: connectivity.nullable(),
  /** Times the squared distance of the streams from the teacher's after each layer. */
  intermediate: z.number().min(0).max(1e3),
  steps: count.max(1e6),
  /** Tokens of a step, and of a sequence, and in how many passes a step is done. */
  batch: count.max(2 ** 22),
  length: z.number().int().min(2).max(4096),
  passes: count.max(1024),
  /** AdamW's highest rate, and its decay of weights; the norm that gradients are held to. */
  rate: z.number().positive().max(10),
  decay: z.number().min(0).max(1),
  clip: z.number().positive().max(1e6).nullable(),
  /** Steps in which the rate rises, and how it goes on. */
  warmup: z.number().int().min(0).max(1e6),
  schedule: z.enum(RATE_SCHEDULES),
  recompute: z.boolean(),
  /** Whether the checkpoint's files are part of the result. */
  keep: z.boolean(),
});
export type TrainSettings = Frozen<z.output<typeof TrainSettings>>;

/** Before a step: its loss, the norm of its gradients, and the rate that it is made with. */
export type CurvePoint = {
  readonly step: number;
  readonly loss: number;
  readonly gradientNorm: number | null;
  readonly rate: number;
};

export type Trained = {
  readonly settings: TrainSettings;
  readonly textTokens: number;
  readonly curve: readonly CurvePoint[];
  /** Mean next-token cross-entropy over what was held out; after a stop it is not looked at again. */
  readonly heldOut: { readonly before: number; readonly after: number | null; readonly windows: number };
  /** By the host's clock, median over the steps but the first. */
  readonly tokensPerSecond: number;
  /** It was stopped before its last step. */
  readonly stopped: boolean;
  /** By name, in base64. */
  readonly files: Readonly<Record<string, string>>;
};

/**
 * Trains a model on a text, or distils it from itself in another connectivity: the same curve for the same settings on
 * the same GPU. A stop gives what was reached. Throws InputError for settings that can't be met.
 */
export const trainExperiment: Experiment<TrainSettings, Trained> = {
  settings: TrainSettings,
  paths: ['model', 'data'],
  run: train,
};

async function train(lab: Lab, settings: TrainSettings, emit: Emit, signal?: AbortSignal): Promise<Trained> {
  const { batch, length, passes } = settings;
  if (batch % length !== 0)
    throw new InputError(phrase`A batch of ${batch} tokens is no whole number of sequences of ${length}.`);
  if ((batch / length) % passes !== 0)
    throw new InputError(phrase`${batch / length} sequences can't be done in ${passes} passes of as many each.`);
  const chosen = await chooseModel(lab, settings.model, false);
  // The model's own weights, also where there are others that were made for the connectivity.
  const checkpoint = await chosen.checkpointOf(FROM_CONFIG);
  tellRemark(checkpoint, emit);
  if (!chosen.tokenizer.readsText)
    throw new InputError(phrase`The checkpoint has no tokenizer.json, so that it can't read a text to learn from.`);
  const tokens = chosen.tokenizer.encode(new TextDecoder().decode(await readFile(lab.source, settings.data)));
  const windows = windowsOf(tokens, length, settings.seed);
  const plan = { kind: settings.parallel, ranks: settings.ranks };
  const table = connectivityOf(settings.connectivity, checkpoint);
  const student = await deploy(lab, checkpoint, plan, { signal });
  let teacher: Cluster | null = null;
  try {
    if (settings.teacher) teacher = (await deploy(lab, checkpoint, plan, { signal })).cluster;
    const evaluated = async () => (await lossOver(lab, student, table, windows.heldOut, () => {}, signal)).loss;
    const before = await evaluated();
    const { clip, recompute, intermediate } = settings;
    const trainer = await createTrainer(lab, student, table, {
      loss: teacher
        ? {
            kind: 'divergence',
            teacher: connectivityOf(settings.teacher!, checkpoint),
            frozen: true,
            ...(intermediate > 0 && { intermediate }),
          }
        : { kind: 'next token' },
      adamw: { ...USUAL_ADAMW, decay: settings.decay },
      clip,
      recompute,
      passes,
      ...(teacher && { teacher }),
    });
    const { curve, times, stopped } = await stepsOf(settings, windows.next, trainer, emit, signal);
    trainer.destroy();
    const after = stopped ? null : await evaluated();
    return {
      settings,
      textTokens: tokens.length,
      curve,
      heldOut: { before, after, windows: windows.heldOut.length },
      tokensPerSecond: times.length < 2 ? 0 : batch / (median(times.slice(1)) / 1000),
      stopped,
      files: settings.keep ? await filesOf(checkpoint, chosen.source, table, await weightsIn(lab, student)) : {},
    };
  } finally {
    teacher?.destroy();
    student.cluster.destroy();
  }
}

async function stepsOf(
  { steps, batch, length, warmup, schedule, rate: highest }: TrainSettings,
  next: (count: number) => number[][],
  trainer: Trainer,
  emit: Emit,
  signal: AbortSignal | undefined,
): Promise<{ readonly curve: CurvePoint[]; readonly times: number[]; readonly stopped: boolean }> {
  const curve: CurvePoint[] = [];
  const times: number[] = [];
  for (let step = 0; step < steps; step++) {
    const loss = curve.at(-1)?.loss ?? null;
    emit({ kind: 'progress', doing: { phase: 'training', step, loss }, done: step, total: steps, part: null });
    // Between steps only: a step is made whole or not at all.
    if (signal?.aborted) return { curve, times, stopped: true };
    const rate = highest * rateShare(schedule, step, steps, warmup);
    const since = performance.now();
    const { loss: own, gradientNorm } = await trainer.step(next(batch / length), rate);
    times.push(performance.now() - since);
    if (!Number.isFinite(own))
      throw new InputError(phrase`The loss is no number any more in step ${step + 1}; use a lower rate.`);
    curve.push({ step, loss: own, gradientNorm, rate });
  }
  return { curve, times, stopped: false };
}

/** A checkpoint's folder, as transformers and this lab open it. */
async function filesOf(
  { config, spec }: Checkpoint,
  source: Source | null,
  table: ReturnType<typeof connectivityOf>,
  weights: Awaited<ReturnType<typeof weightsIn>>,
): Promise<Record<string, string>> {
  const own = { ...(config as object), ...switchesFor(spec, table), dtype: 'float32' };
  const files: Record<string, string> = {
    'config.json': base64(new TextEncoder().encode(`${JSON.stringify(own, null, 2)}\n`)),
    'model.safetensors': base64(safetensorsOf(weights)),
  };
  for (const name of ['tokenizer.json', 'tokenizer_config.json'])
    if (source && (await has(source, name))) files[name] = base64(await readFile(source, name));
  return files;
}

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(text);
}
