// Runs the suites of `npm test`, or those of `npm run test:long`, on SwiftShader and ends with one line: N passed, N
// failed.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { swiftshaderEnvironment } from '../build/cli/environment.js';

const [task, ...args] = process.argv.slice(2);
const report = 'build/test-report.json';
rmSync(report, { force: true });
const { status } = spawnSync(
  'node_modules/.bin/vitest',
  ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...args],
  {
    stdio: 'inherit',
    env: { ...process.env, ...swiftshaderEnvironment(), TEST_LENGTH: task === 'test:long' ? 'long' : 'short' },
  },
);
const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
// A file that could not be loaded counts as a failure though none of its tests ran.
const broken = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length;
console.log(`${numPassedTests} passed, ${numFailedTests + broken} failed`);
process.exit(status || (numPassedTests > 0 ? 0 : 1));
