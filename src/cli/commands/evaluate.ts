import type { Command } from 'commander';
import { FROM_CONFIG, isConnectivity } from '../../connectivity/methods';
import { CORPORA, isCorpus } from '../../lab/experiments/corpora/corpus';
import { chanceOf, TASKS } from '../../lab/experiments/corpora/tasks';
import { earlyEvaluation } from '../../lab/experiments/ended';
import { differenceOf } from '../../lab/experiments/evaluation/difference';
import type { Evaluated } from '../../lab/experiments/evaluation/evaluate';
import { averageOf, shareOf } from '../../lab/experiments/evaluation/score_tasks';
import { InputError } from '../../words/error';
import { english, phrase } from '../../words/phrase';
import { failEarly } from '../early';
import { integer } from '../options';
import { runExperiment } from '../run_experiment';
import { table } from '../table';
import { writeJson } from '../write_files';
import { CONNECTIVITIES, file, modelAt, type Options, withWhere } from './command';

export function addEvaluate(program: Command): void {
  const command = program
    .command('evaluate')
    .alias('eval')
    .description(
      'loss of checkpoints over windows of tokens, and their answers to made tasks, beside the first of them',
    )
    .argument('<models...>', 'presets or checkpoint folders, each with @connectivity where that is another')
    .option('--connectivity <name>', `where none is said: ${CONNECTIVITIES}`, FROM_CONFIG)
    .option('--val <file>', 'safetensors file with input_ids [windows, tokens]')
    .option('--data <what>', `windows of what is held out of ${CORPORA.join(', ')}, or of a text file`)
    .option('--length <tokens>', 'tokens of such a window', integer, 256)
    .option('--tasks <items>', 'ask so many items of each of the made tasks', integer)
    .option('--seed <n>', 'of the items', integer, 1)
    .option('--ranks <n>', 'emulated devices', integer, 1)
    .option('--json <file>', 'write everything, and of each item whether it was right');
  withWhere(command).action(async (models: string[], options: Options) => {
    const { connectivity, val, data, length, tasks, seed, ranks, json, ...where } = options;
    if ([val, data, tasks].every((own) => own === undefined))
      throw new InputError(phrase`Say what is asked: --val FILE, --data WHAT or --tasks ITEMS.`);
    if (val !== undefined && data !== undefined) throw new InputError(phrase`--data stands in the place of --val.`);
    const named = models.map((model) => modelNamed(model, connectivity));
    const settings = {
      model: named.map(({ model }) => model),
      connectivity: named.map((own) => own.connectivity),
      val: val === undefined ? null : file(val),
      data: data === undefined || isCorpus(data) ? (data ?? null) : file(data),
      length,
      tasks: tasks === undefined ? null : { items: tasks, seed },
      ranks,
    };
    const evaluation = await runExperiment('evaluation', settings, where);
    const told = evaluation.models.map((own, i) => ({ ...named[i]!, ...own }));
    console.log(evaluationTable(told));
    writeJson(json, { ...evaluation, models: told });
    failEarly(earlyEvaluation(evaluation));
  });
}

function modelNamed(named: string, usual: string): { readonly model: string; readonly connectivity: string } {
  const at = named.lastIndexOf('@');
  const own = named.slice(at + 1);
  return at > 0 && isConnectivity(own)
    ? { model: modelAt(named.slice(0, at)), connectivity: own }
    : { model: modelAt(named), connectivity: usual };
}

type Named = Evaluated & { readonly model: string; readonly connectivity: string };

function evaluationTable(models: readonly Named[]): string {
  return [...models.flatMap((own) => lossLines(own, models.length > 1)), ...taskLines(models)].join('\n');
}

const nameOf = ({ model, connectivity }: Named) =>
  connectivity === FROM_CONFIG ? model : `${model} (${connectivity})`;

function lossLines(own: Named, named: boolean): string[] {
  if (!own.next) return [];
  const { loss, tokens, sequences } = own.next;
  const divergence = own.divergence === null ? '' : `; divergence from the first ${own.divergence.toFixed(4)}`;
  const over = `mean cross-entropy over ${tokens} tokens of ${sequences} windows`;
  return [`${named ? `${nameOf(own)}: ` : ''}${loss.toFixed(4)} ${over}${divergence}`];
}

const percent = (share: number) => (100 * share).toFixed(1);

/** Shares of right answers in per cent, a model a column; and the mean differences from the first, pair by pair. */
function taskLines(models: readonly Named[]): string[] {
  const [first] = models;
  if (!first?.tasks) return [];
  const rows = TASKS.map((task, i) => [
    english(task.name),
    String(first.tasks![i]!.right.length),
    percent(chanceOf(task)),
    ...models.map(({ tasks }) => percent(shareOf(tasks![i]!.right))),
  ]);
  const chance = TASKS.reduce((sum, task) => sum + chanceOf(task), 0) / TASKS.length;
  const average = ['average', '', percent(chance), ...models.map(({ tasks }) => percent(averageOf(tasks!)))];
  const differences = models.slice(1).map(({ tasks }) => {
    const { mean, low, high } = differenceOf(first.tasks!, tasks!);
    return `${(100 * mean).toFixed(1)} [${(100 * low).toFixed(1)}, ${(100 * high).toFixed(1)}]`;
  });
  return [
    table(
      ['made task, % right', 'items', 'chance', ...models.map(nameOf)],
      [...rows, average, ['from the first, points [95 %]', '', '', '', ...differences]],
    ),
  ];
}
