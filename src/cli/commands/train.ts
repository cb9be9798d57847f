import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { DEFAULT_RUN_SETTINGS } from '../../lab/experiments/run_settings';
import { RATE_SCHEDULES } from '../../lab/experiments/training/rates';
import type { Trained } from '../../lab/experiments/training/train';
import { phrase } from '../../words/phrase';
import { failEarly } from '../early';
import { integer, number } from '../options';
import { runExperiment } from '../run_experiment';
import { table } from '../table';
import { writeJson, writeTo } from '../write_files';
import { CONNECTIVITIES, file, modelAt, type Options, parallelOption, withWhere } from './command';

export function addTrain(program: Command): void {
  for (const distils of [false, true]) {
    const command = program
      .command(distils ? 'distill' : 'train')
      .description(
        distils
          ? 'distil a checkpoint into another connectivity, from itself as it is'
          : 'train a checkpoint, or an untrained preset, on a text',
      )
      .argument('<model>', 'a preset, or the path or address of a checkpoint folder')
      .requiredOption('--data <file>', 'a text; its last twentieth is held out')
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
      .option('--recompute', 'compute layers again for the backward pass, not hold them', false)
      .addOption(parallelOption())
      .option('--ranks <n>', 'emulated devices', integer, 1)
      .option('--seed <n>', 'of the order of the text', integer, DEFAULT_RUN_SETTINGS.seed)
      .option('--out <folder>', 'write the checkpoint: config.json, model.safetensors, tokenizer')
      .option('--json <file>', 'write the curve and the losses held out');
    if (distils)
      command
        .option('--teacher <name>', 'connectivity of the teacher', 'regular')
        .option('--intermediate <factor>', 'of the squared distance of the streams after each layer', number, 0);
    withWhere(command).action(async (model: string, options: Options) => {
      const { data, out, json, gpu, runtime, timestamps, teacher = null, intermediate = 0, ...own } = options;
      // Before anything is trained for it.
      if (out) mkdirSync(out, { recursive: true });
      const keep = out !== undefined;
      const settings = { ...own, model: modelAt(model), data: file(data), teacher, intermediate, keep };
      const { files, ...trained } = await runExperiment('training', settings, { gpu, runtime, timestamps });
      console.log(trainedTable(trained));
      writeJson(json, trained);
      for (const [name, content] of Object.entries(files)) writeTo(join(out, name), Buffer.from(content, 'base64'));
      failEarly(trained.stopped ? phrase`It was stopped after ${trained.curve.length} of ${own.steps} steps.` : null);
    });
  }
}

/** Rows of the curve that are told at most. */
const ROWS = 12;

function trainedTable({ curve, heldOut, tokensPerSecond, stopped, textTokens }: Omit<Trained, 'files'>): string {
  const every = Math.max(1, Math.ceil(curve.length / ROWS));
  const rows = curve
    .filter(({ step }) => step % every === 0 || step === curve.length - 1)
    .map(({ step, loss, gradientNorm, rate }) => [
      String(step + 1),
      loss.toFixed(4),
      gradientNorm === null ? '-' : gradientNorm.toFixed(3),
      rate.toExponential(2),
    ]);
  const after = heldOut.after === null ? '' : `, ${heldOut.after.toFixed(4)} after`;
  return [
    table(['step', 'loss', 'norm of gradients', 'rate'], rows),
    `${stopped ? 'stopped; ' : ''}${textTokens} tokens of text; ${tokensPerSecond.toFixed(0)} tokens a second`,
    `held out, ${heldOut.windows} windows: ${heldOut.before.toFixed(4)} before${after}`,
  ].join('\n');
}
