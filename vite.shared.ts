import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Constants that every build and test run gets. */
export const define = { __COMMIT__: JSON.stringify(commit()), __KERNELS__: JSON.stringify(kernels()) };

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

/** What tells one set of kernels from another: the first digits of a hash of all of `kernels/`. */
function kernels(): string {
  const hash = createHash('sha256');
  const files = readdirSync('kernels', { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.(wgsl|ts)$/.test(file),
  );
  for (const file of files.sort()) hash.update(file).update(readFileSync(join('kernels', file)));
  return hash.digest('hex').slice(0, 12);
}
