import type { Command } from 'commander';
import { fromChromeTraces } from '../../trace/read_trace';
import { overlapTable } from '../report';
import { readText } from './command';

export function addOverlap(program: Command): void {
  program
    .command('overlap')
    .description('how much communication lies under computation in Chrome traces: ours, or those of PyTorch profiles')
    .argument('<files...>', 'one file, or one a rank; gzipped or not')
    .action(async (files: string[]) => {
      const traces = await Promise.all(files.map(async (name) => ({ name, text: await readText(name) })));
      console.log(overlapTable(fromChromeTraces(traces)));
    });
}
