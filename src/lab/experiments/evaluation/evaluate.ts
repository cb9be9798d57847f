import type { Cluster } from '../../../cluster/cluster';
import type { Connectivity } from '../../../connectivity/connectivity';
import { parseSafetensors } from '../../../model/safetensors';
import { readFile } from '../../../model/source';
import type { Loss } from '../../../program/lower_training';
import { InputError } from '../../../words/error';
import type { Frozen } from '../../../words/frozen';
import { phrase } from '../../../words/phrase';
import { z } from '../../../words/zod';
import { chooseModel } from '../../setup/choose_model';
import { connectivityOf } from '../../setup/find_model';
import { type Deployed, deploy, type Lab } from '../../setup/lab';
import { type Manifest, manifestOf } from '../../setup/manifest';
import { createScorer } from '../../setup/scorer';
import { sequencesOf } from '../check';
import { openCorpus } from '../corpora/corpus';
import { type Emit, type Experiment, tellRemark } from '../experiment';
import { RunSettings } from '../run_settings';
import { lossOver, type MeanLoss } from './mean_loss';
import { scoreTasks, type TaskScore } from './score_tasks';

/** What is known of a model. */
export type Evaluated = {
  readonly model: string;
  readonly connectivity: string;
  /** Next-token cross-entropy over windows, where there are any. */
  readonly next: MeanLoss | null;
  /** Divergence from the first model, over the same windows; null for the first, and for models of other shapes. */
  readonly divergence: number | null;
  /** Answers to the made tasks, where they are asked. */
  readonly tasks: readonly TaskScore[] | null;
};
export type Evaluation = { readonly manifest: Manifest; readonly models: readonly Evaluated[] };

const { model, ranks, connectivity } = RunSettings.shape;

export const EvaluateSettings = z.object({
  /** Each under a connectivity; `config` takes the FarSkip keys of the checkpoint's own config. */
  models: z
    .array(z.object({ model, connectivity: connectivity.element }))
    .min(1)
    .max(32),
  /** A safetensors file with `input_ids` [windows, tokens]; or what is held out of a corpus, in windows of `length`. */
  val: z.string().nullable(),
  data: z.string().nullable(),
  length: z.number().int().min(2).max(4096),
  /** Items of each made task, drawn from a seed. */
  tasks: z.object({ items: z.number().int().min(1).max(100_000), seed: z.number().int() }).nullable(),
  ranks,
});
export type EvaluateSettings = Frozen<z.output<typeof EvaluateSettings>>;

/** Evaluates models beside the first of them. */
export const evaluateExperiment: Experiment<EvaluateSettings, Evaluation> = {
  settings: EvaluateSettings,
  paths: ['val', 'data'],
  async run(lab, settings, emit, signal) {
    let first: Opened | null = null;
    const models: Evaluated[] = [];
    try {
      for (const named of settings.models) {
        const own = await openModel(lab, named, settings, emit, signal);
        first ??= own;
        try {
          models.push(await evaluate(lab, own, first, settings, emit, signal));
        } finally {
          if (own !== first) own.deployed.cluster.destroy();
        }
      }
    } finally {
      first?.deployed.cluster.destroy();
    }
    return { manifest: manifestOf(lab, settings.tasks?.seed ?? 0, []), models };
  },
};

type Opened = EvaluateSettings['models'][number] & {
  readonly deployed: Deployed;
  readonly table: Connectivity;
  readonly chosen: Awaited<ReturnType<typeof chooseModel>>;
};

async function openModel(
  lab: Lab,
  named: EvaluateSettings['models'][number],
  { ranks }: EvaluateSettings,
  emit: Emit,
  signal: AbortSignal | undefined,
): Promise<Opened> {
  const chosen = await chooseModel(lab, named.model, false);
  const checkpoint = await chosen.checkpointOf('config');
  tellRemark(checkpoint, emit);
  const table = connectivityOf(named.connectivity, checkpoint);
  return { ...named, chosen, table, deployed: await deploy(lab, checkpoint, { kind: 'ep', ranks }, { signal }) };
}

async function evaluate(
  lab: Lab,
  own: Opened,
  first: Opened,
  { val, data, length, tasks }: EvaluateSettings,
  emit: Emit,
  signal: AbortSignal | undefined,
): Promise<Evaluated> {
  const { model, connectivity, deployed, table, chosen } = own;
  const onDone = (done: number, total: number) =>
    emit({ kind: 'progress', doing: { phase: 'evaluating', model }, done, total, part: null });
  const windows =
    val !== null
      ? await windowsIn(lab, val)
      : data !== null
        ? (await openCorpus(lab.source, data, chosen.tokenizer, { length, seed: 0 })).heldOut
        : null;
  const over = (loss: Loss, teacher?: Cluster) =>
    lossOver(lab, deployed, table, windows!, loss, { signal, onDone, ...(teacher && { teacher }) });
  const alike = JSON.stringify(deployed.checkpoint.spec) === JSON.stringify(first.deployed.checkpoint.spec);
  const from = { kind: 'divergence', teacher: first.table, frozen: true } as const;
  return {
    model,
    connectivity,
    next: windows && (await over({ kind: 'next token' })),
    divergence: windows && own !== first && alike ? (await over(from, first.deployed.cluster)).loss : null,
    tasks: tasks && (await answersOf(lab, own, tasks, signal, onDone)),
  };
}

async function windowsIn(lab: Lab, val: string): Promise<number[][]> {
  const windows = parseSafetensors(await readFile(lab.source, val), lab.source.nameOf(val)).get('input_ids');
  if (windows?.shape.length !== 2 || windows.shape.includes(0))
    throw new InputError(phrase`${val} should have a tensor input_ids [windows, tokens].`);
  return sequencesOf(windows);
}

async function answersOf(
  lab: Lab,
  { deployed, table, chosen }: Opened,
  asked: { readonly items: number; readonly seed: number },
  signal: AbortSignal | undefined,
  onDone: (done: number, total: number) => void,
): Promise<TaskScore[]> {
  if (!chosen.tokenizer.readsText)
    throw new InputError(phrase`The checkpoint has no tokenizer.json, so that it can't read the tasks' questions.`);
  const scorer = await createScorer(lab, deployed, table, { kind: 'next token' });
  try {
    return await scoreTasks(scorer, chosen.tokenizer, asked, signal, onDone);
  } finally {
    scorer.destroy();
  }
}
