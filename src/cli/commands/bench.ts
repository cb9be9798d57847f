import type { Command } from 'commander';
import { InputError } from '../../words/error';
import { phrase } from '../../words/phrase';
import { LIBRARIES, type LibraryName, timeAgainst } from '../against';
import { againstTable, hostTable, kernelRateTable, transferTable } from '../bench_report';
import { integer, list, number } from '../options';
import { runExperiment } from '../run_experiment';
import { writeJson } from '../write_files';
import { type Options, withWhere } from './command';

export function addBench(program: Command): void {
  const command = program
    .command('bench')
    .enablePositionalOptions()
    .description(
      'how many bytes a second go between devices and the host, and from device to device through it, each way that there is',
    )
    .option(
      '--mib <list>',
      'sizes of what each device sends at a time',
      (text) => list(text).map(number),
      [0.25, 1, 4, 16],
    )
    .option('--devices <n>', 'GPU devices at work at once', integer, 4)
    .option('--worker-each', 'a worker for each device instead of one for all (Chromium only)', false)
    .option('--json <file>', 'write everything to a file');
  withWhere(command).action(async ({ json, mib, devices, workerEach, ...where }: Options) => {
    if (workerEach && where.runtime === 'node')
      throw new InputError(
        phrase`In Node there is one worker for all devices; leave --worker-each out or run in Chromium.`,
      );
    const settings = { mib, devices, workerEach };
    const rates = await runExperiment('bench', settings, where);
    console.log(transferTable(rates));
    writeJson(json, { settings, rates });
  });
  addKernels(command);
  addHost(command);
}

/** In a terminal one waits. */
const NO_LIMIT_MS = 1e9;

function addKernels(bench: Command): void {
  const command = bench
    .command('kernels')
    .description('how quick each kernel is at the shapes of models, beside what this GPU does at most')
    .option('--kernels <list>', 'only these', list, [])
    .option('--most-gflop <n>', 'leave out shapes of more, for slow GPUs', number, 1e6)
    .option('--all-variants', 'every variant that this GPU can run, not only the one that is chosen', false)
    .option('--against <list>', `instead, matrix products beside other libraries: ${LIBRARIES.join(', ')}`, libraries)
    .option('--model <model>', 'the products of a prefill of this model instead, on one device')
    .option('--tokens <n>', 'tokens of that prefill', integer, 2048)
    .option('--json <file>', 'write everything to a file');
  withWhere(command).action(
    async ({ json, kernels, mostGflop, allVariants, model: id, tokens, against, ...where }: Options) => {
      if (against) {
        const rates = await timeAgainst(against, where.gpu ?? 'hardware', mostGflop);
        console.log(againstTable(rates));
        writeJson(json, rates);
        return;
      }
      const variants = allVariants ? 'all' : 'chosen';
      const result = await runExperiment(
        'kernels',
        { kernels, mostGflop, mostMs: NO_LIMIT_MS, variants, model: id ? { id, tokens } : null },
        where,
      );
      console.log(kernelRateTable(result));
      writeJson(json, result);
    },
  );
}

function addHost(bench: Command): void {
  const command = bench
    .command('host')
    .description('what launching kernels and hearing of them costs')
    .option('--launches <n>', 'launches in a row', integer, 512)
    .option('--samples <n>', 'of so many samples the medians count', integer, 9)
    .option('--json <file>', 'write everything to a file');
  withWhere(command).action(async ({ json, launches, samples, ...where }: Options) => {
    const costs = await runExperiment('host', { launches, samples }, where);
    console.log(hostTable(costs));
    writeJson(json, costs);
  });
}

function libraries(text: string): LibraryName[] {
  const named = list(text);
  const unknown = named.find((name) => !(LIBRARIES as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new InputError(phrase`The library "${unknown}" is not known; known are ${LIBRARIES.join(', ')}.`);
  return named as LibraryName[];
}
