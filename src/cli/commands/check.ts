import { readdirSync } from 'node:fs';
import type { Command } from 'commander';
import type { CheckRow } from '../../lab/experiments/check';
import { InputError } from '../../words/error';
import { phrase } from '../../words/phrase';
import { integer } from '../options';
import { checkTable } from '../report';
import { runExperiment } from '../run_experiment';
import { folder, type Options, parallelOption, withWhere } from './command';

export function addCheck(program: Command): void {
  const command = program
    .command('check')
    .description("compare folders' forward passes, gradients and steps of AdamW with their expected.*.safetensors")
    .argument('<dirs...>', 'checkpoint folders')
    .option('--ranks <n>', 'emulated devices', integer, 1)
    .addOption(parallelOption());
  withWhere(command).action(async (dirs: string[], { ranks, parallel, ...where }: Options) => {
    const rows: CheckRow[] = [];
    for (const dir of dirs) {
      const plan = { kind: parallel, ranks };
      const settings = { folder: folder(dir), connectivities: connectivitiesIn(dir), plan };
      // Named as it was given.
      rows.push(...(await runExperiment('check', settings, where)).map((row) => ({ ...row, folder: dir })));
    }
    console.log(checkTable(rows));
    if (rows.some(({ status }) => status === 'failed')) process.exitCode = 1;
  });
}

function connectivitiesIn(dir: string): string[] {
  const names = readdirSync(dir).flatMap((name) => /^expected\.(.+)\.safetensors$/.exec(name)?.[1] ?? []);
  if (names.length === 0) throw new InputError(phrase`${dir} has no expected.*.safetensors to check against.`);
  return names.sort();
}
