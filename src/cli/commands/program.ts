import { type Command, Option } from 'commander';
import { DEFAULT_RUN_SETTINGS } from '../../lab/experiments/run_settings';
import { printProgram } from '../../program/print_program';
import { diskSource } from '../disk';
import { integer } from '../options';
import { programOf, timeSchedules } from '../program_of';
import { writeJson } from '../write_files';
import { CONNECTIVITIES, modelAt, type Options, parallelOption, SITE, wireOption } from './command';

export function addProgram(program: Command): void {
  program
    .command('program')
    .description('what a model is lowered to: a line a value that comes from outside or is kept, a line an operation')
    .argument('<model>', 'a preset, or the path or address of a checkpoint folder')
    .option('--connectivity <name>', CONNECTIVITIES, 'farskip')
    .option('--ranks <n>', 'emulated devices', integer, DEFAULT_RUN_SETTINGS.ranks)
    .addOption(parallelOption())
    .addOption(wireOption())
    .addOption(new Option('--all-reduce <way>', 'of tp').choices(['direct', 'ring']).default('direct'))
    .option('--cached', 'with key-value caches, as for decoding', false)
    .option('--layers <n>', 'as if it had so many, its last one repeated', integer)
    .option('--micro-batches <n>', 'batches that one program computes beside one another', integer, 1)
    .option('--time', 'instead of the program, how long its overlapped schedule and its bound take to be found', false)
    .option('--json <file>', 'write those times to a file')
    .action(async (model: string, options: Options) => {
      const { connectivity, ranks, parallel, wire, allReduce, cached, layers, microBatches, time, json } = options;
      const found = await programOf(
        { source: diskSource(SITE), dropped: null },
        {
          model: modelAt(model),
          connectivity,
          plan: { kind: parallel, ranks },
          options: { wire, allReduce, logits: 'last', cached },
          depth: layers ?? null,
          microBatches,
        },
      );
      if (!time) {
        console.log(printProgram(found));
        return;
      }
      const times = timeSchedules(found);
      console.log(
        `${times.operations} operations: overlapped schedule in ${times.scheduleS.toFixed(2)} s, bound in ${times.boundS.toFixed(2)} s`,
      );
      writeJson(json, times);
    });
}
