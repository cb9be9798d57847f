import { readFileSync } from 'node:fs';

/** Lines of one function of a file, as Stryker wants to be told them. */
function linesOf(file, name) {
  const lines = readFileSync(file, 'utf8').split('\n');
  const first = lines.findIndex((line) => line.startsWith(`export function ${name}(`));
  return `${file}:${first + 1}-${lines.indexOf('}', first) + 1}`;
}

/**
 * `npm run test:mutation`: which faults the tests of numbers and schedules would notice. It changes an operator, a
 * condition, a constant … of these files, one at a time, and runs the tests that reach it.
 */
export default {
  mutate: [
    'src/trace/{intervals,rounds,overlap,gaps,exposure,operation_times,clock,range_sums,layers,windows,span}.ts',
    'src/cluster/pass_spans.ts',
    linesOf('src/cluster/recorder.ts', 'createRecorder'),
    'src/schedule/{bound,machine,ranks,list,overlapped,schedule}.ts',
    'src/lab/statistics/*.ts',
    'src/lab/experiments/measurement/{bounds,paid,imbalance,numbers_of,kept_run,calibration,kernel_times}.ts',
  ],
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'vitest.mutation.config.ts', related: false },
  coverageAnalysis: 'perTest',
  concurrency: 2,
  // Of constants at the top of files every test would have to be run again.
  ignoreStatic: true,
  timeoutMS: 3000,
  ignorePatterns: ['build', 'dist', 'docs', 'public', 'reports'],
  reporters: ['progress', 'clear-text', 'html'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  htmlReporter: { fileName: 'reports/mutation.html' },
  // Stryker would rewrite paths in tsconfig.json by an interface that TypeScript 7 has not; none lead out of it.
  tsconfigFile: 'none',
  tempDirName: '.stryker-tmp',
  thresholds: { high: 95, low: 90, break: 85 },
};
