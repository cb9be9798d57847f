import type { Cluster } from '../../../cluster/cluster';
import type { Connectivity } from '../../../connectivity/connectivity';
import { FROM_CONFIG } from '../../../connectivity/methods';
import type { Checkpoint } from '../../../model/checkpoint';
import { parseSafetensors } from '../../../model/safetensors';
import { readFile } from '../../../model/source';
import type { Loss } from '../../../program/lower_training';
import { InputError } from '../../../words/error';
import type { Frozen } from '../../../words/frozen';
import { phrase } from '../../../words/phrase';
import { z } from '../../../words/zod';
import { type ChosenModel, chooseModel } from '../../setup/choose_model';
import { connectivityOf } from '../../setup/find_model';
import { interruptionIn, reasonOf } from '../../setup/interruption';
import { type Deployed, deploy, type Lab } from '../../setup/lab';
import { type Manifest, manifestOf } from '../../setup/manifest';
import { createScorer } from '../../setup/scorer';
import { sequencesOf } from '../check';
import { openCorpus } from '../corpora/corpus';
import { differentItems, TASKS } from '../corpora/tasks';
import type { Ended } from '../ended';
import { type Emit, type Experiment, tellRemark } from '../experiment';
import { RunSettings } from '../run_settings';
import { lossOver, type MeanLoss } from './mean_loss';
import { type Asked, scoreTasks, type TaskScore } from './score_tasks';

/** What is known of a model. */
export type Evaluated = {
  /** Next-token cross-entropy over windows, where there are any. */
  readonly next: MeanLoss | null;
  /** Divergence from the first model, over the same windows; null for the first, and for models of other shapes. */
  readonly divergence: number | null;
  /** Answers to the made tasks, where they are asked. */
  readonly tasks: readonly TaskScore[] | null;
};
/** Of the models in their order; of the first of them, where it was cut short. */
export type Evaluation = {
  readonly manifest: Manifest;
  readonly models: readonly Evaluated[];
  readonly ended: Ended | null;
};

const { model, ranks, connectivity } = RunSettings.shape;

export const EvaluateSettings = z.object({
  model: z.array(model).min(1).max(32),
  /** Of each model; `config` takes the FarSkip keys of the checkpoint's own config. */
  connectivity: z.array(connectivity.element),
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
  paths: ['model', 'val', 'data'],
  async run(lab, settings, emit, signal) {
    const { tasks, ranks } = settings;
    // All of what can be wrong with a model, before any is evaluated.
    const models = await Promise.all(settings.model.map((_, i) => chosenAt(lab, settings, i, emit)));
    const asked: Asked | null =
      tasks &&
      TASKS.map((task, i) => ({ task, items: differentItems(task, tasks.seed + i, tasks.items, 'evaluation') }));
    const deployed = ({ checkpoint }: Chosen) => deploy(lab, checkpoint, { kind: 'ep', ranks }, { signal });
    const first = { ...models[0]!, ...(await deployed(models[0]!)) };
    const evaluated: Evaluated[] = [];
    let ended: Ended | null = null;
    try {
      for (const [i, own] of models.entries()) {
        const part = { number: i + 1, of: models.length };
        const onDone = (done: number, total: number) =>
          emit({ kind: 'progress', doing: { phase: 'evaluating', model: own.name }, done, total, part });
        const { cluster } = i === 0 ? first : await deployed(own);
        try {
          const model = { ...own, cluster };
          evaluated.push(await evaluate(lab, model, first, settings, asked, { signal, onDone }));
        } finally {
          if (i > 0) cluster.destroy();
        }
      }
    } catch (cause) {
      const reason = signal ? await reasonOf(cause, signal) : cause;
      const kind = interruptionIn(reason, signal);
      // What was found before is not lost with what follows.
      if (!kind || evaluated.length === 0) throw reason;
      ended = { kind, asked: models.length };
    } finally {
      first.cluster.destroy();
    }
    return { manifest: manifestOf(lab, tasks?.seed ?? 0, []), models: evaluated, ended };
  },
};

type Chosen = {
  readonly name: string;
  readonly chosen: ChosenModel;
  readonly checkpoint: Checkpoint;
  readonly table: Connectivity;
};
type Opened = Chosen & Deployed;

async function chosenAt(lab: Lab, settings: EvaluateSettings, at: number, emit: Emit): Promise<Chosen> {
  const name = settings.model[at]!;
  const chosen = await chooseModel(lab, name, false);
  const checkpoint = await chosen.checkpointOf(FROM_CONFIG);
  tellRemark(checkpoint, emit);
  if (settings.tasks && !chosen.tokenizer.readsText)
    throw new InputError(phrase`The checkpoint has no tokenizer.json, so that it can't read the tasks' questions.`);
  return { name, chosen, checkpoint, table: connectivityOf(settings.connectivity[at] ?? FROM_CONFIG, checkpoint) };
}

type Telling = {
  readonly signal: AbortSignal | undefined;
  readonly onDone: (done: number, total: number) => void;
};

async function evaluate(
  lab: Lab,
  own: Opened,
  first: Opened,
  settings: EvaluateSettings,
  asked: Asked | null,
  telling: Telling,
): Promise<Evaluated> {
  const windows = await windowsFor(lab, own, settings);
  const over = (loss: Loss, teacher?: Cluster) =>
    lossOver(lab, own, own.table, windows!, loss, { ...telling, ...(teacher && { teacher }) });
  const isFirst = own.cluster === first.cluster;
  const alike = JSON.stringify(own.checkpoint.spec) === JSON.stringify(first.checkpoint.spec);
  const from = { kind: 'divergence', teacher: first.table, frozen: true } as const;
  return {
    next: windows && (await over({ kind: 'next token' })),
    divergence: windows && !isFirst && alike ? (await over(from, first.cluster)).loss : null,
    tasks: asked && (await answersOf(lab, own, asked, telling)),
  };
}

async function windowsFor(
  lab: Lab,
  { chosen }: Opened,
  { val, data, length }: EvaluateSettings,
): Promise<readonly (readonly number[])[] | null> {
  if (val !== null) return windowsIn(lab, val);
  return data === null ? null : (await openCorpus(lab.source, data, chosen.tokenizer, { length, seed: 0 })).heldOut;
}

async function windowsIn(lab: Lab, val: string): Promise<number[][]> {
  const windows = parseSafetensors(await readFile(lab.source, val), lab.source.nameOf(val)).get('input_ids');
  if (windows?.shape.length !== 2 || windows.shape.includes(0))
    throw new InputError(phrase`${val} should have a tensor input_ids [windows, tokens].`);
  return sequencesOf(windows);
}

async function answersOf(lab: Lab, model: Opened, asked: Asked, { signal, onDone }: Telling): Promise<TaskScore[]> {
  const scorer = await createScorer(lab, model, model.table, { kind: 'next token' });
  try {
    return await scoreTasks(scorer, model.chosen.tokenizer, asked, signal, onDone);
  } finally {
    scorer.destroy();
  }
}
