import type { Command } from 'commander';
import { communicationRule } from '../../trace/kernel_kinds';
import { traceRuns } from '../../trace/trace_runs';
import { hasCommunication, traceOverlaps } from '../../trace/trace_spans';
import { tracesAt } from '../trace_files';
import { overlapTable } from '../trace_report';

export function addOverlap(program: Command): void {
  program
    .command('overlap')
    .description('how much communication lies under computation in Chrome traces: ours, or those of PyTorch profiles')
    .argument('<files...>', 'traces of one run or several, a file or one a rank, and folders of them; gzipped or not')
    .option('--comm <regex>', 'kernels that communicate beside those that are known, by their names')
    .action(async (paths: string[], { comm }: { comm?: string }) => {
      const communicates = communicationRule(comm ?? '');
      const traces = await tracesAt(paths, (sentence) => console.error(sentence));
      const runs = traceRuns(traces);
      const lost = traces.reduce((sum, trace) => sum + trace.lost, 0);
      if (lost > 0) console.error(`${lost} kernels have no time: the profiler lost them, and they are left out.`);
      for (const { name, files } of runs) {
        if (runs.length > 1) console.log(`${name}:`);
        console.log(overlapTable(traceOverlaps(files, communicates)));
        if (!hasCommunication(files, communicates))
          console.error(`No kernel of ${name} is known to communicate; --comm REGEX says which do.`);
      }
    });
}
