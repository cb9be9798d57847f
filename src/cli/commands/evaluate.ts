import type { Command } from 'commander';
import { FROM_CONFIG } from '../../connectivity/methods';
import { integer } from '../options';
import { runExperiment } from '../run_experiment';
import { CONNECTIVITIES, file, folder, type Options, withWhere } from './command';

export function addEvaluate(program: Command): void {
  const command = program
    .command('eval')
    .description('mean next-token cross-entropy of a checkpoint over windows of tokens')
    .argument('<dir>', 'checkpoint folder')
    .option('--connectivity <name>', CONNECTIVITIES, FROM_CONFIG)
    .requiredOption('--val <file>', 'safetensors file with input_ids [windows, tokens]')
    .option('--ranks <n>', 'emulated devices', integer, 1);
  withWhere(command).action(async (dir: string, { connectivity, val, ranks, ...where }: Options) => {
    const settings = { folder: folder(dir), connectivity, val: file(val), ranks };
    const { loss, sequences, tokens } = await runExperiment('evaluation', settings, where);
    console.log(`${loss.toFixed(4)} mean cross-entropy over ${tokens} tokens of ${sequences} windows`);
  });
}
