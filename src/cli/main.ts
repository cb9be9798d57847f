import { Command, CommanderError } from 'commander';
import { InputError } from '../words/error';
import { addBench } from './commands/bench';
import { addCheck } from './commands/check';
import { addClaims } from './commands/claims';
import { addCompare } from './commands/compare';
import { addEvaluate } from './commands/evaluate';
import { addGenerate } from './commands/generate';
import { addMeasure } from './commands/measure';
import { addOverlap } from './commands/overlap';
import { addPage } from './commands/page';
import { addProgram } from './commands/program';
import { addTrain } from './commands/train';
import { checkWritable } from './write_files';

/** Options that name a file to be written. */
const FILES = ['json', 'save', 'trace'];

const program = new Command('lab')
  .description('FarSkip Lab from a terminal')
  // Options behind a command are its own.
  .enablePositionalOptions()
  .exitOverride()
  .configureOutput({ outputError: () => {} })
  .showSuggestionAfterError(false)
  .hook('preAction', (_, command) => {
    for (const option of FILES) {
      const path = command.opts()[option];
      if (path) checkWritable(path);
    }
  });
for (const add of [
  addMeasure,
  addOverlap,
  addCompare,
  addCheck,
  addEvaluate,
  addGenerate,
  addBench,
  addProgram,
  addTrain,
  addPage,
  addClaims,
])
  add(program);

if (process.argv.length <= 2) program.outputHelp();
else
  program.parseAsync().catch((cause: unknown) => {
    if (cause instanceof CommanderError) {
      if (cause.exitCode === 0) return;
      fail(cause.message.replace(/^error: /, ''));
    } else if (cause instanceof InputError) fail(cause.message);
    else throw cause;
  });

function fail(message: string): void {
  console.error(message);
  process.exitCode = 2;
}
