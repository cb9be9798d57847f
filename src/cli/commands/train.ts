import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { CORPORA, isCorpus } from '../../lab/experiments/corpora/corpus';
import { DEFAULT_RUN_SETTINGS } from '../../lab/experiments/run_settings';
import type { Files } from '../../lab/experiments/training/checkpoint_files';
import { RATE_SCHEDULES } from '../../lab/experiments/training/rates';
import { RECIPE_IDS, recipeOf } from '../../lab/experiments/training/recipes';
import { STATE } from '../../lab/experiments/training/state';
import type { Trained } from '../../lab/experiments/training/train';
import { InputError } from '../../words/error';
import { phrase } from '../../words/phrase';
import { failEarly } from '../early';
import { integer, number } from '../options';
import { runExperiment } from '../run_experiment';
import { table } from '../table';
import { makeFolder, replaceFile, writeJson } from '../write_files';
import { CONNECTIVITIES, file, modelAt, type Options, parallelOption, withWhere } from './command';

export function addTrain(program: Command): void {
  for (const distils of [false, true]) {
    const command = program
      .command(distils ? 'distill' : 'train')
      .description(
        distils
          ? 'distil a checkpoint into another connectivity, from itself as it is'
          : 'train a checkpoint, or an untrained preset',
      )
      .argument('<model>', 'a preset, or the path or address of a checkpoint folder')
      .option('--recipe <name>', `settings of a name, unless they are given too: ${RECIPE_IDS.join(', ')}`)
      .option('--data <what>', `${CORPORA.join(', ')}, or a text file, whose last twentieth is held out`)
      .option('--fresh', 'draw the weights anew', false)
      .option('--connectivity <name>', CONNECTIVITIES, 'farskip')
      .option('--steps <n>', 'steps', integer, 100)
      .option('--batch <tokens>', 'tokens of a step', integer, 1024)
      .option('--length <tokens>', 'tokens of a sequence', integer, 64)
      .option('--passes <n>', 'passes that a step is done in', integer, 1)
      .option('--rate <r>', "AdamW's highest rate", number, 1e-3)
      .option('--warmup <steps>', 'steps in which the rate rises', integer, 10)
      .addOption(new Option('--schedule <name>', 'how the rate goes on then').choices(RATE_SCHEDULES).default('cosine'))
      .option('--decay <d>', "AdamW's decay of weights", number, 0.1)
      .option('--clip <norm>', 'what the norm of gradients is held to', number, 1)
      .option('--frozen-embedding', 'leave the embedding as it is', false)
      .option('--recompute', 'compute layers again for the backward pass, not hold them', false)
      .option(
        '--benchmark-every <steps>',
        'ask the made tasks with written answers; end when they gain no more',
        integer,
      )
      .option('--benchmark-items <n>', 'items of each such task', integer, 50)
      .option('--patience <n>', 'benchmarks that may gain nothing', integer, 20)
      .option('--delta <share>', 'what counts as a gain, in right answers', number, 0.02)
      .addOption(parallelOption())
      .option('--ranks <n>', 'emulated devices', integer, 1)
      .option('--seed <n>', 'of the order of the data, and of fresh weights', integer, DEFAULT_RUN_SETTINGS.seed)
      .option('--out <folder>', `write the checkpoint, and what the training goes on from (${STATE})`)
      .option('--save-every <steps>', 'write them on the way, too', integer)
      .option('--resume <folder>', 'go on from what is there of a training with the same settings')
      .option('--json <file>', 'write the curve and the losses held out');
    if (distils)
      command
        .option('--teacher <name>', 'connectivity of the teacher', 'regular')
        .option('--intermediate <factor>', 'of the squared distance of the streams after each layer', number, 0);
    withWhere(command).action((model: string, options: Options) => train(model, options, command));
  }
}

async function train(model: string, options: Options, command: Command): Promise<void> {
  const { out, json } = options;
  const settings = settingsOf(model, options, command);
  // Before anything is trained for it.
  if (out) makeFolder(out);
  const write = (files: Files) => {
    for (const [name, content] of Object.entries(files)) replaceFile(join(out, name), Buffer.from(content, 'base64'));
  };
  const trained = await runExperiment('training', settings, options, (event) => {
    if (event.kind === 'files') write(event.files);
  });
  console.log(trainedTable(trained));
  writeJson(json, trained);
  const done = trained.curve.length;
  failEarly(
    trained.ended === 'stopped' ? phrase`It was stopped after ${done} of ${trained.settings.steps} steps.` : null,
  );
}

/** The settings that a command line says: what is typed counts before the recipe, and that before what is usual. */
function settingsOf(model: string, options: Options, command: Command): object {
  const { recipe, out, json, gpu, runtime, timestamps, resume, ...usual } = options;
  const { benchmarkEvery, benchmarkItems: items, patience, delta, saveEvery = null, ...own } = usual;
  const { teacher = null, intermediate = 0 } = own;
  const typed = Object.keys(own).filter((name) => isTyped(command, name));
  const settings = {
    ...{ ...own, teacher, intermediate },
    ...(recipe !== undefined && recipeNamed(recipe, command.name())),
    ...Object.fromEntries(typed.map((name) => [name, own[name]])),
  };
  if (settings.data === undefined)
    throw new InputError(phrase`Say what is learnt from: --data ${CORPORA.join(', ')}, or a text file.`);
  const named = modelAt(model);
  if (out && resolve(out) === named)
    throw new InputError(phrase`${out} is the model that is trained; give another folder, or it would be lost.`);
  const ofBenchmarks = ['benchmarkItems', 'patience', 'delta'].find((name) => isTyped(command, name));
  if (ofBenchmarks && benchmarkEvery === undefined)
    throw new InputError(phrase`--patience, --delta and --benchmark-items need --benchmark-every.`);
  if (saveEvery !== null && !out) throw new InputError(phrase`--save-every needs --out, the folder to write to.`);
  return {
    ...settings,
    model: named,
    data: isCorpus(settings.data) ? settings.data : file(settings.data),
    benchmark: benchmarkEvery === undefined ? null : { every: benchmarkEvery, items, patience, delta },
    keep: out !== undefined,
    saveEvery,
    resume: resume === undefined ? null : file(join(resolve(resume), STATE)),
  };
}

const isTyped = (command: Command, name: string) => command.getOptionValueSource(name) === 'cli';

function recipeNamed(name: string, task: string): object {
  const recipe = recipeOf(name);
  if (recipe && !recipe.teacher && task === 'distill')
    throw new InputError(phrase`The recipe ${name} has no teacher; use "train".`);
  if (recipe) return recipe;
  throw new InputError(phrase`There is no recipe ${name}; there are ${RECIPE_IDS.join(', ')}.`);
}

/** Rows of the curve that are told at most. */
const ROWS = 12;

function trainedTable(trained: Trained): string {
  const { curve, heldOut, tokensPerSecond, textTokens, benchmarks, step, ended } = trained;
  const every = Math.max(1, Math.ceil(curve.length / ROWS));
  const rows = curve
    .filter(({ step }) => step % every === 0 || step === curve.length - 1)
    .map(({ step, loss, gradientNorm, rate }) => [
      String(step + 1),
      loss.toFixed(4),
      gradientNorm === null ? '-' : gradientNorm.toFixed(3),
      rate.toExponential(2),
    ]);
  const { before, after, windows } = heldOut;
  const beforeAndAfter = (told: (of: typeof before) => number | null) =>
    [before, ...(after ? [after] : [])].map((own) => told(own)!.toFixed(4)).join(' before, ') +
    (after ? ' after' : ' before (it was stopped before they were looked at again)');
  const lines = [
    table(['step', 'loss', 'norm of gradients', 'rate'], rows),
    [
      `${curve.length} steps${ended === 'all steps' ? '' : `, ${ended}`}`,
      ...(textTokens > 0 ? [`${textTokens} tokens of text`] : []),
      ...(tokensPerSecond === null ? [] : [`${tokensPerSecond.toFixed(0)} tokens a second`]),
    ].join('; '),
    `held out, ${windows} windows: ${beforeAndAfter(({ loss }) => loss)}`,
  ];
  if (before.divergence !== null)
    lines.push(`divergence from the teacher there: ${beforeAndAfter(({ divergence }) => divergence)}`);
  if (benchmarks.length > 0) {
    const told = benchmarks.map(({ step, score }) => `${(100 * score).toFixed(1)} % after ${step}`).join(', ');
    lines.push(`benchmark: ${told}; the weights are those after step ${step}`);
    if (benchmarks.every(({ score }) => score === 0)) lines.push('No task was answered: nothing was told by them.');
  }
  return lines.join('\n');
}
