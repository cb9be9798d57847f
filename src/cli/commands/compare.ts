import { type Command, Option } from 'commander';
import { compareByTime, compareInOrder } from '../../trace/compare';
import { communicationRule } from '../../trace/kernel_kinds';
import { traceRuns } from '../../trace/trace_runs';
import { traceSpans } from '../../trace/trace_spans';
import { InputError } from '../../words/error';
import { phrase } from '../../words/phrase';
import { tracesAt } from '../trace_files';
import { comparisonTable } from '../trace_report';

export function addCompare(program: Command): void {
  program
    .command('compare')
    .description('what two runs of which there are Chrome traces spent on each kind of kernel, and of each collective')
    .argument('<first>', 'a trace, or a folder of one a rank; gzipped or not')
    .argument('<second>', 'the other')
    .addOption(
      new Option('--by <way>', 'all kernels, or those that both have, matched by name in order')
        .choices(['time', 'order'])
        .default('time'),
    )
    .option('--comm <regex>', 'kernels that communicate beside those that are known, by their names')
    .action(async (first: string, second: string, { by, comm }: { by: 'time' | 'order'; comm?: string }) => {
      const communicates = communicationRule(comm ?? '');
      const spansAt = async (path: string) => {
        const runs = traceRuns(await tracesAt([path], (sentence) => console.error(sentence)));
        if (runs.length > 1) throw new InputError(phrase`${path} has traces of ${runs.length} runs; give one of them.`);
        return traceSpans(runs[0]!.files, communicates).spans;
      };
      const [own, other] = [await spansAt(first), await spansAt(second)];
      const compared = by === 'time' ? compareByTime(own, other) : compareInOrder(own, other);
      if (!compared)
        throw new InputError(phrase`The kernels of the runs differ too much to be matched; compare them by time.`);
      console.log(comparisonTable(compared));
    });
}
