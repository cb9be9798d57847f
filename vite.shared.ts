import { execFileSync } from 'node:child_process';

/** Constants that every build and test run gets. */
export const define = { __COMMIT__: JSON.stringify(commit()) };

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown'; // built from an archive, outside git
  }
}
